//! Real traffic between network namespaces: servers that tell who they are and whom they saw, and clients that ask them.
//! A test program becomes a helper by calling [`run_if_helper`] first.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query},
    rr::{Name, RecordType},
};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Lines, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

/// Where the servers listen.
pub const PORT: u16 = 9_000;
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);
/// A talk waits so long for each answer, and goes on no longer than that.
const TALK_ANSWER_WITHIN: Duration = Duration::from_millis(200);
const TALK_TIME: Duration = Duration::from_secs(240);

/// `serve NAME`: tells every TCP and UDP client the server's name and the client's address.
/// `ask tcp|udp FROM TO COUNT PORT`: a line for each answer, or the kind of the error.
/// `talk FROM TO`: UDP packets from one port on and on, a line for each answer that is another one than that before.
/// `resolve tcp|udp SERVER TYPE NAME`: the code of a name server's answer and its records, sorted.
/// `get TO PATH`: the whole answer to a GET over HTTP.
pub fn run_if_helper(arguments: &[String]) -> bool {
    match arguments {
        [_, verb, name] if verb == "serve" => serve(name),
        [_, verb, protocol, from, to, count, port] if verb == "ask" => {
            let (count, port): (u16, u16) = (count.parse().unwrap(), port.parse().unwrap());
            (port..port + count).for_each(|port| println!("{}", ask_once(protocol, (from, port), to)));
        }
        [_, verb, from, to] if verb == "talk" => talk(from, to).unwrap_or_else(|error| println!("{error}")),
        [_, verb, protocol, server, kind, name] if verb == "resolve" => {
            println!("{}", resolve(protocol, server, kind, name).unwrap_or_else(|error| kind_of(&error)));
        }
        [_, verb, to, path] if verb == "get" => {
            println!("{}", get(to, path).unwrap_or_else(|error| kind_of(&error)));
        }
        _ => return false,
    }
    true
}

fn kind_of(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "refused".into(),
        std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => "silence".into(),
        other => format!("{other:?}"),
    }
}

fn get(to: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address(to), ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text).map(|_| text)
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("address and port")
}

fn talk(from: &str, to: &str) -> std::io::Result<()> {
    let (socket, end) = (UdpSocket::bind(from)?, Instant::now() + TALK_TIME);
    socket.set_read_timeout(Some(TALK_ANSWER_WITHIN))?;
    let (mut last, mut buffer) = (String::new(), [0; 64]);
    while Instant::now() < end {
        // An error of the packet before is told with the next one.
        let heard = socket.send_to(b"?", to).and_then(|_| socket.recv(&mut buffer));
        let heard = heard.map_or_else(|error| kind_of(&error), |length| text(&buffer[..length]));
        if heard != last {
            println!("{heard}");
            last = heard;
        }
        while socket.recv(&mut buffer).is_ok() {}
    }
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn serve(name: &str) {
    let (tcp, udp) = (TcpListener::bind(("0.0.0.0", PORT)).unwrap(), UdpSocket::bind(("0.0.0.0", PORT)).unwrap());
    println!("ready");
    let own = name.to_owned();
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((_, from)) = udp.recv_from(&mut buffer) {
            _ = udp.send_to(format!("{own} saw {}", from.ip()).as_bytes(), from);
        }
    });
    for stream in tcp.incoming().flatten() {
        let from = stream.peer_addr().map(|from| from.ip().to_string()).unwrap_or_default();
        _ = (&stream).write_all(format!("{name} saw {from}").as_bytes());
    }
}

fn ask_once(protocol: &str, from: (&str, u16), to: &str) -> String {
    let answer = if protocol == "tcp" { ask_tcp(from.0, to) } else { ask_udp(from, to) };
    answer.unwrap_or_else(|error| kind_of(&error))
}

fn ask_tcp(from: &str, to: &str) -> std::io::Result<String> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&address(&format!("{from}:0")).into())?;
    socket.connect_timeout(&address(to).into(), ANSWER_WITHIN)?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

fn ask_udp(from: (&str, u16), to: &str) -> std::io::Result<String> {
    let socket = UdpSocket::bind(from)?;
    socket.set_read_timeout(Some(ANSWER_WITHIN))?;
    socket.connect(to)?;
    socket.send(b"?")?;
    let mut buffer = [0; 64];
    let length = socket.recv(&mut buffer)?;
    Ok(text(&buffer[..length]))
}

/// A question about a name, from the address `from`; the code and the answers' data, sorted.
fn resolve(protocol: &str, server: &str, kind: &str, name: &str) -> std::io::Result<String> {
    let mut request = Message::new(7, MessageType::Query, OpCode::Query);
    let kind: RecordType = kind.parse().expect("a record type");
    request.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
    let bytes = request.to_vec().expect("a question can be written");
    let reply = if protocol == "tcp" { over_tcp(server, &bytes)? } else { over_udp(server, &bytes)? };
    let reply = Message::from_vec(&reply).map_err(std::io::Error::other)?;
    let mut answers: Vec<String> = reply.answers.iter().map(|it| format!("{} {}", it.record_type(), it.data)).collect();
    answers.sort();
    let code = format!("{:?}", reply.metadata.response_code);
    Ok([code].into_iter().chain(answers).collect::<Vec<_>>().join(", "))
}

fn over_udp(server: &str, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(ANSWER_WITHIN))?;
    socket.connect(server)?;
    socket.send(bytes)?;
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer)?;
    Ok(buffer[..length].to_vec())
}

fn over_tcp(server: &str, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address(server), ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let length = u16::try_from(bytes.len()).expect("questions are short");
    stream.write_all(&[&length.to_be_bytes()[..], bytes].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

fn run(program: &str, arguments: &str) {
    let status = Command::new(program).args(arguments.split_whitespace()).status().unwrap();
    assert!(status.success(), "{program} {arguments}: {status}");
}

/// A process that is ended with the test.
#[derive(Debug)]
pub struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A network namespace: a pod's by its file, or one that a helper holds.
#[derive(Debug)]
pub struct Place {
    network: String,
    _holder: Option<Helper>,
}

impl Place {
    /// Where the caller is.
    pub fn here() -> Self {
        Self { network: "/proc/self/ns/net".into(), _holder: None }
    }

    /// The namespace of the pod with this address, of the containerd under a data folder.
    pub fn of_pod(data: &Path, address: &str) -> Self {
        let dirs = ["io.containerd.grpc.v1.cri/netns", "io.containerd.cri.v1.runtime/netns", "netns"];
        let dirs = dirs.map(|dir| data.join("containerd/state").join(dir));
        let files = dirs.iter().filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten();
        let has = |network: &str| {
            let shown =
                Command::new("nsenter").arg(format!("--net={network}")).args(["ip", "-o", "-4", "addr"]).output();
            String::from_utf8_lossy(&shown.unwrap().stdout).contains(&format!(" {address}/"))
        };
        let mut networks = files.map(|file| file.path().display().to_string());
        Self { network: networks.find(|network| has(network)).expect("the pod has a namespace"), _holder: None }
    }

    /// A namespace that hangs on the node by one link, with addresses of its own.
    pub fn beside(link: &str, node_side: &str, addresses: &[&str], gateway: &str) -> Self {
        let mut holder = Command::new("unshare");
        holder.args(["--net", "--", "sh", "-c", "echo ready; exec sleep infinity"]).stdout(Stdio::piped());
        let mut holder = Helper(holder.spawn().unwrap());
        let mut ready = [0; 6];
        holder.0.stdout.take().unwrap().read_exact(&mut ready).unwrap();
        let pid = holder.0.id();
        let network = format!("/proc/{pid}/ns/net");
        run("ip", &format!("link add {link} type veth peer name eth0 netns {pid}"));
        run("ip", &format!("addr add {node_side} dev {link}"));
        run("ip", &format!("link set {link} up"));
        let inside = |arguments: &str| run("nsenter", &format!("--net={network} ip {arguments}"));
        inside("link set lo up");
        addresses.iter().for_each(|address| inside(&format!("addr add {address} dev eth0")));
        inside("link set eth0 up");
        inside(&format!("route add default via {gateway}"));
        Self { network, _holder: Some(holder) }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.network)).arg(std::env::current_exe().unwrap()).args(arguments);
        command
    }

    pub fn serve(&self, name: &str) -> Helper {
        let mut helper = Helper(self.command(&["serve", name]).stdout(Stdio::piped()).spawn().unwrap());
        helper.0.stdout.take().unwrap().read_exact(&mut [0; 6]).unwrap();
        helper
    }

    /// All different answers to so many questions.
    pub fn ask(&self, protocol: &str, from: &str, to: &str, count: u16) -> BTreeSet<String> {
        // The kernel remembers for half a minute where packets from a port went: no port is used twice.
        static FIRST_PORT: AtomicU16 = AtomicU16::new(10_000);
        let port = FIRST_PORT.fetch_add(count, Ordering::Relaxed);
        let numbers = [count.to_string(), port.to_string()];
        let output = self.command(&["ask", protocol, from, to, &numbers[0], &numbers[1]]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// What a name server answers: its code and the records, sorted.
    pub fn resolve(&self, protocol: &str, server: &str, kind: &str, name: &str) -> String {
        let output = self.command(&["resolve", protocol, server, kind, name]).output().unwrap();
        text(&output.stdout).trim_end().to_owned()
    }

    /// The whole answer of a web server, or what went wrong.
    pub fn get(&self, to: &str, path: &str) -> String {
        text(&self.command(&["get", to, path]).output().unwrap().stdout)
    }

    /// A client that keeps its port, `address:port`, for UDP.
    pub fn talk(&self, from: &str, to: &str) -> Talk {
        let mut helper = Helper(self.command(&["talk", from, to]).stdout(Stdio::piped()).spawn().unwrap());
        let lines = BufReader::new(helper.0.stdout.take().unwrap()).lines();
        Talk { lines, _helper: helper }
    }
}

/// A client that goes on asking from one port.
#[derive(Debug)]
pub struct Talk {
    lines: Lines<BufReader<ChildStdout>>,
    _helper: Helper,
}

impl Talk {
    /// Waits for an answer; what was heard before it is passed over.
    pub fn until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let mut heard = Vec::new();
        for line in self.lines.by_ref().map_while(Result::ok) {
            if wanted(&line) {
                return line;
            }
            heard.push(line);
        }
        panic!("only heard: {heard:?}");
    }
}
