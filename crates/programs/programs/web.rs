//! Sample application: a web server that shows a message and the name of the pod it runs in, and a client that fetches a
//! page through the pod's own resolver configuration.
//!
//! `web` serves on $PORT (8080): `/healthz` answers "ok", every other path the message. The message is read anew for each
//! request from the file $MESSAGE_FILE, else it is $MESSAGE. `web get URL` prints the body, `web lookup NAME` addresses.
use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

/// Requests served at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 64;
const REQUEST_BYTES_MAX: u64 = 16 << 10;
const IO_TIMEOUT: Duration = Duration::from_secs(10);
/// Wait for one answer of a name server, and how often it is asked.
const DNS_TIMEOUT: Duration = Duration::from_secs(2);
const DNS_ATTEMPTS: u32 = 3;

mod signal {
    pub const SIGINT: i32 = 2;
    pub const SIGTERM: i32 = 15;
    unsafe extern "C" {
        safe fn _exit(code: i32) -> !;
        fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    }
    extern "C" fn end(_: i32) {
        _exit(0);
    }
    /// The first process of a container is deaf to signals that it does not handle.
    pub fn end_on(number: i32) {
        // SAFETY: `end` calls only _exit, which may be called in a signal handler.
        unsafe { signal(number, end) };
    }
}

fn main() -> ExitCode {
    signal::end_on(signal::SIGTERM);
    signal::end_on(signal::SIGINT);
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] => serve(),
        ["get", url] => get(url).map(|body| print!("{body}")),
        ["lookup", name] => lookup(name).map(|found| found.iter().for_each(|address| println!("{address}"))),
        _ => Err(io::Error::other("usage: web | web get URL | web lookup NAME")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("web: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8080);
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?;
    println!("serving on port {port}");
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if OPEN.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
            let _ = answer(&stream);
            OPEN.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        thread::spawn(move || {
            let _ = answer(&stream);
            OPEN.fetch_sub(1, Ordering::Relaxed);
        });
    }
    Ok(())
}

fn answer(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(IO_TIMEOUT))?;
    stream.set_write_timeout(Some(IO_TIMEOUT))?;
    let mut reader = BufReader::new(stream.take(REQUEST_BYTES_MAX));
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = request.split_whitespace().nth(1).unwrap_or("/").to_owned();
    let body = if path == "/healthz" { "ok\n".to_owned() } else { page() };
    if path != "/healthz" {
        println!("{} {path}", stream.peer_addr()?.ip());
    }
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn page() -> String {
    let message = match env::var("MESSAGE_FILE") {
        Ok(path) => fs::read_to_string(&path).unwrap_or_else(|error| format!("{path}: {error}")),
        Err(_) => env::var("MESSAGE").unwrap_or_else(|_| "Hello from Skeg".to_owned()),
    };
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}\npod: {}\n", message.trim_end(), host.trim_end())
}

/// Fetches `http://HOST[:PORT]/PATH` and returns the body.
fn get(url: &str) -> io::Result<String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| io::Error::other("only http:// is spoken"))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| io::Error::other(format!("{port} is no port")))?),
        None => (authority, 80),
    };
    let mut last = io::Error::other(format!("{host}: no address"));
    for address in lookup(host)? {
        match TcpStream::connect_timeout(&SocketAddr::new(address.into(), port), IO_TIMEOUT) {
            Ok(stream) => return fetch(stream, authority, path),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn fetch(mut stream: TcpStream, authority: &str, path: &str) -> io::Result<String> {
    stream.set_read_timeout(Some(IO_TIMEOUT))?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("no HTTP answer"))?;
    let status = head.split_whitespace().nth(1).unwrap_or_default();
    if status == "200" { Ok(body.to_owned()) } else { Err(io::Error::other(format!("HTTP status {status}: {body}"))) }
}

struct Resolver {
    servers: Vec<IpAddr>,
    search: Vec<String>,
    ndots: usize,
}

impl Resolver {
    fn read() -> io::Result<Self> {
        let mut resolver = Self { servers: Vec::new(), search: Vec::new(), ndots: 1 };
        for line in fs::read_to_string("/etc/resolv.conf")?.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => resolver.servers.extend(words.filter_map(|word| word.parse::<IpAddr>().ok())),
                Some("search") => resolver.search = words.map(str::to_owned).collect(),
                Some("options") => {
                    let ndots = words.filter_map(|word| word.strip_prefix("ndots:")?.parse().ok()).next_back();
                    resolver.ndots = ndots.unwrap_or(resolver.ndots);
                }
                _ => {}
            }
        }
        Ok(resolver)
    }

    /// Full names to try, in order.
    fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(full) = name.strip_suffix('.') {
            return vec![full.to_owned()];
        }
        let mut names: Vec<String> = self.search.iter().map(|suffix| format!("{name}.{suffix}")).collect();
        let dots = name.matches('.').count();
        names.insert(if dots >= self.ndots { 0 } else { names.len() }, name.to_owned());
        names
    }
}

fn lookup(name: &str) -> io::Result<Vec<Ipv4Addr>> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    let resolver = Resolver::read()?;
    let mut failure = io::Error::other(format!("{name}: not found"));
    for full in resolver.candidates(name) {
        for server in &resolver.servers {
            match ask(*server, &full) {
                Ok(found) if found.is_empty() => {}
                Ok(found) => return Ok(found),
                Err(error) => failure = io::Error::other(format!("{full}: {server}: {error}")),
            }
        }
    }
    Err(failure)
}

/// Asks one server for the IPv4 addresses of a full name.
fn ask(server: IpAddr, name: &str) -> io::Result<Vec<Ipv4Addr>> {
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect((server, 53))?;
    socket.set_read_timeout(Some(DNS_TIMEOUT))?;
    let id = socket.local_addr()?.port();
    let mut query = Vec::from(id.to_be_bytes());
    query.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length));
        query.push(length.ok_or_else(|| io::Error::other("not a domain name"))?);
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 1, 0, 1]);
    let mut answer = [0; 1500];
    let mut failure = io::Error::from(io::ErrorKind::TimedOut);
    for _ in 0..DNS_ATTEMPTS {
        socket.send(&query)?;
        match socket.recv(&mut answer) {
            Ok(length) if answer[..2] == query[..2] => {
                return addresses(&answer[..length], query.len()).ok_or_else(|| io::Error::other("malformed answer"));
            }
            Ok(_) => {}
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The A records of an answer whose header and question take `start` bytes.
fn addresses(message: &[u8], start: usize) -> Option<Vec<Ipv4Addr>> {
    let u16_at = |at: usize| Some(u16::from_be_bytes(message.get(at..at + 2)?.try_into().ok()?));
    let (mut at, mut found) = (start, Vec::new());
    for _ in 0..u16_at(6)? {
        loop {
            match *message.get(at)? {
                0 => break at += 1,
                length if length >= 0xc0 => break at += 2,
                length => at += usize::from(length) + 1,
            }
        }
        let (kind, length) = (u16_at(at)?, usize::from(u16_at(at + 8)?));
        let data = message.get(at + 10..at + 10 + length)?;
        if let (1, &[a, b, c, d]) = (kind, data) {
            found.push(Ipv4Addr::new(a, b, c, d));
        }
        at += 10 + length;
    }
    Some(found)
}
