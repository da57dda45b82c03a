//! Questions that are not the cluster's, asked of the node's own name servers.
use super::cache::{Cache, Key};
use hickory_proto::op::{Message, OpCode};
use parking_lot::Mutex;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    sync::Semaphore,
    time::{Instant, timeout},
};

const PORT: u16 = 53;
/// Questions that are out at once; more are refused, as CoreDNS's `max_concurrent 1000` does.
const OUTSTANDING_MAX: usize = 1_000;
/// Wait for one answer of one server.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Rounds through all servers.
const ROUNDS: usize = 2;
const SERVERS_MAX: usize = 15;
const UDP_BYTES_MAX: usize = 4_096;

#[derive(Debug)]
pub struct Forwarder {
    servers: Vec<SocketAddr>,
    slots: Semaphore,
    cache: Mutex<Cache>,
}

/// The name servers of a `resolv.conf`, without those at `own` addresses: asking those would go round in a circle.
pub fn servers_in(resolv_conf: &str, own: &[IpAddr]) -> Vec<SocketAddr> {
    let words = resolv_conf.lines().map(str::split_whitespace);
    let servers = words.filter_map(|mut words| if words.next() == Some("nameserver") { words.next() } else { None });
    let addresses = servers.filter_map(|text| text.parse::<IpAddr>().ok()).filter(|address| !own.contains(address));
    addresses.map(|address| SocketAddr::new(address, PORT)).take(SERVERS_MAX).collect()
}

impl Forwarder {
    pub fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers, slots: Semaphore::new(OUTSTANDING_MAX), cache: Mutex::new(Cache::default()) }
    }

    /// The reply to a request's question with the request's id, from the cache or a server; None when none answered.
    pub async fn resolve(&self, request: &Message) -> Option<Message> {
        let key = Key::of(request)?;
        let kept = self.cache.lock().get(&key, Instant::now());
        let mut reply = match kept {
            Some(reply) => reply,
            None => {
                let _slot = self.slots.try_acquire().ok()?;
                let reply = self.ask(request).await?;
                self.cache.lock().put(key, &reply, Instant::now());
                reply
            }
        };
        reply.metadata.id = request.metadata.id;
        reply.queries.clone_from(&request.queries);
        Some(reply)
    }

    async fn ask(&self, request: &Message) -> Option<Message> {
        let mut question = Message::query();
        question.metadata.op_code = OpCode::Query;
        question.metadata.recursion_desired = true;
        question.metadata.checking_disabled = request.metadata.checking_disabled;
        question.queries.clone_from(&request.queries);
        question.edns.clone_from(&request.edns);
        for _ in 0..ROUNDS {
            for server in &self.servers {
                match timeout(ANSWER_TIMEOUT, exchange(*server, &question)).await {
                    Ok(Ok(reply)) => return Some(reply),
                    Ok(Err(error)) => tracing::debug!(%server, %error, "name server"),
                    Err(_) => tracing::debug!(%server, "name server did not answer in time"),
                }
            }
        }
        None
    }
}

async fn exchange(server: SocketAddr, question: &Message) -> io::Result<Message> {
    let bytes = question.to_vec().map_err(io::Error::other)?;
    let local: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((local, 0)).await?;
    socket.connect(server).await?;
    socket.send(&bytes).await?;
    let mut buffer = vec![0; UDP_BYTES_MAX];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match Message::from_vec(&buffer[..length]) {
            Ok(reply) if belongs(&reply, question) => {
                if reply.metadata.truncation {
                    return over_tcp(server, &bytes, question).await;
                }
                return Ok(reply);
            }
            // Somebody else's, or forged.
            _ => {}
        }
    }
}

fn belongs(reply: &Message, question: &Message) -> bool {
    reply.metadata.id == question.metadata.id && reply.queries == question.queries
}

async fn over_tcp(server: SocketAddr, bytes: &[u8], question: &Message) -> io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(bytes).await?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).await?;
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut reply).await?;
    let reply = Message::from_vec(&reply).map_err(io::Error::other)?;
    if belongs(&reply, question) { Ok(reply) } else { Err(io::Error::other("the reply is to another question")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses_are_not_asked() {
        let text =
            "# x\nnameserver 10.96.0.10\nnameserver 192.0.2.1 # y\nsearch a b\nnameserver ::1\nnameserver nonsense\n";
        let servers = servers_in(text, &["10.96.0.10".parse().unwrap()]);
        assert_eq!(servers, ["192.0.2.1:53".parse::<SocketAddr>().unwrap(), "[::1]:53".parse().unwrap()]);
    }

    #[tokio::test]
    async fn a_server_is_asked_once_and_then_the_cache() {
        use hickory_proto::{
            op::{MessageType, Query},
            rr::{Name, RData, Record, RecordType, rdata::A},
        };
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let forwarder = Forwarder::new(vec![socket.local_addr().unwrap()]);
        let name = Name::from_ascii("example.org.").unwrap();
        let own = name.clone();
        let server = tokio::spawn(async move {
            let mut buffer = [0; 512];
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let mut reply = Message::from_vec(&buffer[..length]).unwrap();
            reply.metadata.message_type = MessageType::Response;
            let mut forged = reply.clone();
            forged.metadata.id ^= 1;
            reply.answers.push(Record::from_rdata(own, 20, RData::A(A(Ipv4Addr::LOCALHOST))));
            for message in [forged, reply] {
                socket.send_to(&message.to_vec().unwrap(), from).await.unwrap();
            }
        });
        for id in [7, 8] {
            let mut request = Message::new(id, MessageType::Query, OpCode::Query);
            request.add_query(Query::query(name.clone(), RecordType::A));
            let reply = forwarder.resolve(&request).await.unwrap();
            assert_eq!((reply.metadata.id, reply.answers.len()), (id, 1));
        }
        server.await.unwrap();
    }

    use hickory_proto::{
        op::{Edns, MessageType, Query, ResponseCode},
        rr::{
            Name, RData, Record, RecordType,
            rdata::{A, SOA},
        },
    };
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio::net::TcpListener;

    fn request(id: u16) -> Message {
        let mut request = Message::new(id, MessageType::Query, OpCode::Query);
        request.add_query(Query::query(Name::from_ascii("example.org.").unwrap(), RecordType::A));
        request
    }

    /// A name server that answers every packet as `change` has it; counts what it is asked.
    async fn server(change: impl Fn(&mut Message) + Send + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
        serve(UdpSocket::bind("127.0.0.1:0").await.unwrap(), change)
    }

    fn serve(socket: UdpSocket, change: impl Fn(&mut Message) + Send + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
        let (address, asked) = (socket.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = asked.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                count.fetch_add(1, Ordering::SeqCst);
                let mut reply = Message::from_vec(&buffer[..length]).unwrap();
                reply.metadata.message_type = MessageType::Response;
                change(&mut reply);
                socket.send_to(&reply.to_vec().unwrap(), from).await.unwrap();
            }
        });
        (address, asked)
    }

    fn address(last: u8) -> Record {
        let name = Name::from_ascii("example.org.").unwrap();
        Record::from_rdata(name, 20, RData::A(A(Ipv4Addr::new(192, 0, 2, last))))
    }

    #[tokio::test]
    async fn the_next_server_answers_for_one_that_is_down() {
        let down = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let (up, asked) = server(|reply| reply.answers.push(address(1))).await;
        let reply = Forwarder::new(vec![down, up]).resolve(&request(1)).await.unwrap();
        assert_eq!((reply.answers.len(), asked.load(Ordering::SeqCst)), (1, 1));
        assert!(Forwarder::new(vec![down]).resolve(&request(2)).await.is_none(), "nobody is left to ask");
    }

    #[tokio::test]
    async fn a_denial_is_kept_and_a_failure_is_asked_again() {
        let (denying, asked) = server(|reply| {
            reply.metadata.response_code = ResponseCode::NXDomain;
            let root = Name::root();
            let terms = SOA::new(root.clone(), root.clone(), 1, 1, 1, 1, 20);
            reply.authorities.push(Record::from_rdata(root, 60, RData::SOA(terms)));
        })
        .await;
        let (failing, failed) = server(|reply| reply.metadata.response_code = ResponseCode::ServFail).await;
        let (denying, failing) = (Forwarder::new(vec![denying]), Forwarder::new(vec![failing]));
        for id in [1, 2, 3] {
            let reply = denying.resolve(&request(id)).await.unwrap();
            assert_eq!((reply.metadata.id, reply.metadata.response_code), (id, ResponseCode::NXDomain));
            let reply = failing.resolve(&request(id)).await.unwrap();
            assert_eq!((reply.metadata.id, reply.metadata.response_code), (id, ResponseCode::ServFail));
        }
        assert_eq!((asked.load(Ordering::SeqCst), failed.load(Ordering::SeqCst)), (1, 3));
    }

    #[tokio::test]
    async fn a_cut_reply_is_fetched_whole_over_tcp() {
        // One number that is free for both protocols.
        let (socket, listener) = loop {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
                break (socket, listener);
            }
        };
        let (udp, asked) = serve(socket, |reply| reply.metadata.truncation = true);
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; usize::from(stream.read_u16().await.unwrap())];
            stream.read_exact(&mut bytes).await.unwrap();
            let mut reply = Message::from_vec(&bytes).unwrap();
            reply.metadata.message_type = MessageType::Response;
            reply.answers = (0..100).map(address).collect();
            let bytes = reply.to_vec().unwrap();
            let length = u16::try_from(bytes.len()).unwrap();
            stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat()).await.unwrap();
        });
        let forwarder = Forwarder::new(vec![udp]);
        for id in [1, 2] {
            let reply = forwarder.resolve(&request(id)).await.unwrap();
            assert_eq!((reply.answers.len(), reply.metadata.truncation), (100, false));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1, "the whole reply is kept");
    }

    #[tokio::test]
    async fn what_the_asker_takes_is_handed_on() {
        let (server, _) = server(|reply| {
            let size = reply.edns.as_ref().map_or(0, Edns::max_payload);
            reply.answers.push(address(u8::try_from(size / 100).unwrap()));
        })
        .await;
        let mut asking = request(1);
        let mut edns = Edns::new();
        edns.set_max_payload(1_200);
        asking.edns = Some(edns);
        let reply = Forwarder::new(vec![server]).resolve(&asking).await.unwrap();
        assert_eq!(reply.answers[0].data, RData::A(A(Ipv4Addr::new(192, 0, 2, 12))));
    }
}
