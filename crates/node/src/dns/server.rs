//! The DNS server of a node: UDP and TCP on one port, the cluster's domain from the informers' zone, the rest forwarded.
use super::{
    answer::{Answer, answer},
    forward::{Forwarder, servers_in},
    message::{self, encode, refusal, reply, udp_limit},
    publish::publish,
    zone::{Zone, service_entry, slice_entry},
};
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
};
use k8s_openapi::api::{
    core::v1::{Namespace, Service},
    discovery::v1::EndpointSlice,
};
use parking_lot::RwLock;
use skeg_client::{Client, Selection, Tasks, gvr_of, informer::informer, informer::metadata_informer};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Replies being worked on at once over UDP; packets beyond wait in the socket's buffer.
const UDP_REPLIES_MAX: usize = 2_048;
const TCP_CONNECTIONS_MAX: usize = 256;
/// A TCP client that asks nothing for this long is cut off.
const TCP_IDLE: Duration = Duration::from_secs(10);
const UDP_BYTES_MAX: usize = 4_096;
/// `systemd-resolved`'s list of outer servers; the ordinary file then names only its own loopback address.
const RESOLVED_CONF: &str = "/run/systemd/resolve/resolv.conf";

#[derive(Debug, Clone)]
pub struct DnsConfig {
    pub client: Client,
    /// An address of the node that pods reach, and a port; a port of 0 is any free one.
    pub listen: SocketAddr,
    /// The address that pods are told: that of Service `kube-dns`.
    pub cluster_ip: IpAddr,
    /// `cluster.local`
    pub domain: String,
    pub node_name: String,
    /// The node's own resolver configuration, for names outside of the cluster.
    pub resolv_conf: PathBuf,
    pub seed: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    #[error("cluster DNS cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cluster DNS: {0}")]
    Io(#[from] io::Error),
}

/// What every question needs.
#[derive(Debug)]
struct Resolver {
    zone: Arc<RwLock<Zone>>,
    forwarder: Forwarder,
}

/// Serves until the token is cancelled.
pub async fn run_dns(config: DnsConfig, token: CancellationToken) -> Result<(), DnsError> {
    let (udp, tcp) = bind(config.listen).await?;
    let listen = udp.local_addr()?;
    let tasks = Tasks::new(token.child_token());
    let zone = Arc::new(RwLock::new(Zone::new(&config.domain, vec![config.cluster_ip])));
    follow(&config, &zone, &tasks);
    let own = [config.cluster_ip, listen.ip()];
    let outer = {
        let config = config.clone();
        tokio::task::spawn_blocking(move || outer_servers(&config, &own))
    };
    let forwarder = Forwarder::new(outer.await.map_err(io::Error::other)?);
    tasks.spawn(publish(config, listen));
    serve((udp, tcp), zone, forwarder, &tasks);
    token.cancelled().await;
    tasks.shutdown().await;
    Ok(())
}

/// Answers on both sockets until the tasks end.
pub fn serve((udp, tcp): (UdpSocket, TcpListener), zone: Arc<RwLock<Zone>>, forwarder: Forwarder, tasks: &Tasks) {
    let resolver = Arc::new(Resolver { zone, forwarder });
    tasks.spawn(serve_udp(Arc::new(udp), resolver.clone(), tasks.clone()));
    tasks.spawn(serve_tcp(tcp, resolver, tasks.clone()));
}

/// Both sockets on one port.
pub async fn bind(listen: SocketAddr) -> Result<(UdpSocket, TcpListener), DnsError> {
    let failed = |address| move |source| DnsError::Listen { address, source };
    let udp = UdpSocket::bind(listen).await.map_err(failed(listen))?;
    let address = udp.local_addr()?;
    let tcp = TcpListener::bind(address).await.map_err(failed(address))?;
    Ok((udp, tcp))
}

fn outer_servers(config: &DnsConfig, own: &[IpAddr]) -> Vec<SocketAddr> {
    let read = |path: &std::path::Path| servers_in(&std::fs::read_to_string(path).unwrap_or_default(), own);
    let servers = read(&config.resolv_conf);
    let loopback_only = servers.iter().all(|server| server.ip().is_loopback());
    let resolved = if loopback_only { read(RESOLVED_CONF.as_ref()) } else { Vec::new() };
    let servers = if resolved.is_empty() { servers } else { resolved };
    if servers.is_empty() {
        let path = config.resolv_conf.display();
        tracing::warn!("{path} names no name server: names outside of the cluster will not be found");
    }
    servers
}

/// Keeps the zone in step with the API.
fn follow(config: &DnsConfig, zone: &Arc<RwLock<Zone>>, tasks: &Tasks) {
    let client = &config.client;
    let services = informer::<Service>(client.clone(), Selection::default(), tasks, config.seed);
    let slices = informer::<EndpointSlice>(client.clone(), Selection::default(), tasks, config.seed ^ 1);
    let namespaces =
        metadata_informer(client.clone(), gvr_of::<Namespace>(), Selection::default(), tasks, config.seed ^ 2);
    let into = zone.clone();
    services.on_change(move |change| {
        let entry = change.new.and_then(|service| service_entry(service));
        into.write().set_service(change.key, entry);
    });
    let into = zone.clone();
    slices.on_change(move |change| {
        let entry = change.new.and_then(|slice| slice_entry(slice));
        into.write().set_slice(change.key, entry);
    });
    let into = zone.clone();
    namespaces.on_change(move |change| into.write().set_namespace(change.key, change.new.is_some()));
    let zone = zone.clone();
    tasks.spawn(async move {
        let all = async { (services.synced().await, slices.synced().await, namespaces.synced().await) };
        if let (Ok(()), Ok(()), Ok(())) = all.await {
            zone.write().synced = true;
        }
    });
}

async fn serve_udp(socket: Arc<UdpSocket>, resolver: Arc<Resolver>, tasks: Tasks) {
    let slots = Arc::new(Semaphore::new(UDP_REPLIES_MAX));
    let mut buffer = vec![0; UDP_BYTES_MAX];
    loop {
        let (length, from) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // An earlier reply could not be delivered.
            Err(error) => {
                tracing::debug!(%error, "receiving a question");
                continue;
            }
        };
        let Some(request) = read(&buffer[..length]) else { continue };
        let request = match request {
            Ok(request) => request,
            Err(refused) => {
                _ = socket.send_to(&refused, from).await;
                continue;
            }
        };
        let limit = udp_limit(&request);
        if let Some(reply) = resolver.at_once(&request) {
            send(&socket, reply, limit, from).await;
            continue;
        }
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let (socket, resolver) = (socket.clone(), resolver.clone());
        tasks.spawn(async move {
            let reply = resolver.outward(&request).await;
            send(&socket, reply, limit, from).await;
            drop(slot);
        });
    }
}

async fn send(socket: &UdpSocket, reply: Message, limit: usize, to: SocketAddr) {
    if let Some(bytes) = encode(reply, limit)
        && let Err(error) = socket.send_to(&bytes, to).await
    {
        tracing::debug!(%error, %to, "sending an answer");
    }
}

/// A request; an `Err` is what a malformed one is answered with, None is not to be answered.
fn read(bytes: &[u8]) -> Option<Result<Message, Vec<u8>>> {
    const RESPONSE: u8 = 0x80;
    const HEADER: usize = 12;
    if bytes.len() < HEADER || bytes[2] & RESPONSE != 0 {
        return None;
    }
    Some(Message::from_vec(bytes).map_err(|_| {
        let id = u16::from_be_bytes([bytes[0], bytes[1]]);
        Message::error_msg(id, OpCode::Query, ResponseCode::FormErr).to_vec().unwrap_or_default()
    }))
}

async fn serve_tcp(listener: TcpListener, resolver: Arc<Resolver>, tasks: Tasks) {
    const PAUSE: Duration = Duration::from_millis(100);
    let slots = Arc::new(Semaphore::new(TCP_CONNECTIONS_MAX));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let resolver = resolver.clone();
                tasks.spawn(async move {
                    // A client that goes away or is silent ends its connection.
                    let _ = converse(stream, &resolver).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection for DNS");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn converse(mut stream: TcpStream, resolver: &Resolver) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        timeout(TCP_IDLE, stream.read_exact(&mut length)).await??;
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        timeout(TCP_IDLE, stream.read_exact(&mut bytes)).await??;
        let reply = match read(&bytes) {
            None => return Ok(()),
            Some(Err(refused)) => refused,
            Some(Ok(request)) => {
                let reply = match resolver.at_once(&request) {
                    Some(reply) => reply,
                    None => resolver.outward(&request).await,
                };
                encode(reply, usize::from(u16::MAX)).unwrap_or_default()
            }
        };
        let length = u16::try_from(reply.len()).map_err(io::Error::other)?;
        timeout(TCP_IDLE, stream.write_all(&[&length.to_be_bytes()[..], &reply].concat())).await??;
    }
}

impl Resolver {
    /// The reply, unless somebody else must be asked for it.
    fn at_once(&self, request: &Message) -> Option<Message> {
        if let Some(code) = refusal(request) {
            return Some(reply(request, code));
        }
        let query = request.queries.first()?;
        let zone = self.zone.read();
        message::from_zone(request, answer(query.name(), query.query_type(), &zone), &zone)
    }

    async fn outward(&self, request: &Message) -> Message {
        let Some(query) = request.queries.first() else { return reply(request, ResponseCode::FormErr) };
        let found = answer(query.name(), query.query_type(), &self.zone.read());
        if let Answer::Alias { answers, target } = found {
            return self.alias(request, answers, target, query.query_type()).await;
        }
        match self.forwarder.resolve(request).await {
            Some(outer) => {
                let mut reply = reply(request, outer.metadata.response_code);
                reply.answers = outer.answers;
                reply.authorities = outer.authorities;
                reply.additionals = outer.additionals;
                message::spread(&mut reply);
                reply
            }
            None => reply(request, ResponseCode::ServFail),
        }
    }

    /// An alias of a Service with what its target outside of the domain stands for.
    async fn alias(
        &self,
        request: &Message,
        answers: Vec<hickory_proto::rr::Record>,
        target: Name,
        kind: RecordType,
    ) -> Message {
        let mut onward = Message::new(request.metadata.id, MessageType::Query, OpCode::Query);
        onward.metadata.recursion_desired = true;
        onward.add_query(Query::query(target, kind));
        let Some(outer) = self.forwarder.resolve(&onward).await else {
            return reply(request, ResponseCode::ServFail);
        };
        let mut reply = reply(request, ResponseCode::NoError);
        reply.metadata.authoritative = true;
        reply.answers = answers;
        reply.answers.extend(outer.answers);
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::zone::{Kind, ServiceEntry};
    use hickory_proto::op::Edns;
    use proptest::prelude::*;

    fn question(name: &str, id: u16) -> Vec<u8> {
        let mut request = Message::new(id, MessageType::Query, OpCode::Query);
        request.add_query(Query::query(Name::from_ascii(name).unwrap(), RecordType::A));
        request.to_vec().unwrap()
    }

    async fn ask_udp(server: SocketAddr, bytes: &[u8]) -> Message {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(bytes, server).await.unwrap();
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).await.unwrap();
        Message::from_vec(&buffer[..length]).unwrap()
    }

    #[tokio::test]
    async fn both_transports_answer() {
        let (udp, tcp) = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let server = udp.local_addr().unwrap();
        let mut zone = Zone::new("cluster.local", Vec::new());
        zone.synced = true;
        zone.set_namespace("default", true);
        let kind = Kind::Cluster(vec!["10.96.0.7".parse().unwrap()]);
        let ports = vec![crate::dns::zone::PortEntry { name: String::new(), protocol: "tcp".into(), port: Some(80) }];
        zone.set_service("default/web", Some(ServiceEntry { kind, ports }));
        let tasks = Tasks::new(CancellationToken::new());
        serve((udp, tcp), Arc::new(RwLock::new(zone)), Forwarder::new(Vec::new()), &tasks);
        let reply = ask_udp(server, &question("web.default.svc.cluster.local.", 1)).await;
        assert!(reply.metadata.authoritative && reply.answers.len() == 1);
        let reply = ask_udp(server, &question("none.default.svc.cluster.local.", 2)).await;
        assert_eq!((reply.metadata.response_code, reply.authorities.len()), (ResponseCode::NXDomain, 1));
        let reply = ask_udp(server, &question("example.org.", 3)).await;
        assert_eq!(reply.metadata.response_code, ResponseCode::ServFail);
        let reply = ask_udp(server, &[0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63]).await;
        assert_eq!((reply.metadata.id, reply.metadata.response_code), (9, ResponseCode::FormErr));
        let mut stream = TcpStream::connect(server).await.unwrap();
        for id in [4, 5] {
            let bytes = question("web.default.svc.cluster.local.", id);
            let length = u16::try_from(bytes.len()).unwrap();
            stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat()).await.unwrap();
            let mut reply = vec![0; usize::from(stream.read_u16().await.unwrap())];
            stream.read_exact(&mut reply).await.unwrap();
            let reply = Message::from_vec(&reply).unwrap();
            assert_eq!((reply.metadata.id, reply.answers.len()), (id, 1));
        }
        tasks.shutdown().await;
    }

    #[tokio::test]
    async fn a_long_answer_is_cut_over_udp_and_whole_over_tcp() {
        use crate::dns::zone::{EndpointEntry, SliceEntry};
        let (udp, tcp) = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let server = udp.local_addr().unwrap();
        let mut zone = example();
        let port = crate::dns::zone::PortEntry { name: "sql".into(), protocol: "tcp".into(), port: Some(5432) };
        zone.set_service("default/db", Some(ServiceEntry { kind: Kind::Headless, ports: vec![port.clone()] }));
        let endpoint = |n: u8| EndpointEntry { address: [10, 244, 0, n].into(), host: format!("db-{n}") };
        let endpoints = (0..100).map(endpoint).collect();
        zone.set_slice("default/db-1", Some(SliceEntry { service: "default/db".into(), endpoints, ports: vec![port] }));
        let tasks = Tasks::new(CancellationToken::new());
        serve((udp, tcp), Arc::new(RwLock::new(zone)), Forwarder::new(Vec::new()), &tasks);
        let asking = |payload: Option<u16>, version: u8| {
            let mut request = Message::from_vec(&question("db.default.svc.cluster.local.", 7)).unwrap();
            request.edns = payload.map(|size| {
                let mut edns = Edns::new();
                edns.set_max_payload(size).set_version(version);
                edns
            });
            request.to_vec().unwrap()
        };
        let mut counts = Vec::new();
        for payload in [None, Some(4096), Some(100)] {
            let reply = ask_udp(server, &asking(payload, 0)).await;
            assert!(reply.metadata.truncation && reply.edns.is_some() == payload.is_some(), "{payload:?}");
            counts.push(reply.answers.len());
        }
        assert!(counts[0] > 5 && counts[1] > counts[0] && counts[2] > 5, "{counts:?}");
        let reply = ask_udp(server, &asking(Some(1232), 1)).await;
        assert_eq!(u16::from(reply.metadata.response_code), u16::from(ResponseCode::BADVERS));
        let mut stream = TcpStream::connect(server).await.unwrap();
        let bytes = asking(None, 0);
        let length = u16::try_from(bytes.len()).unwrap();
        stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat()).await.unwrap();
        let mut reply = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut reply).await.unwrap();
        let reply = Message::from_vec(&reply).unwrap();
        assert_eq!((reply.metadata.truncation, reply.answers.len()), (false, 100));
        tasks.shutdown().await;
    }

    fn example() -> Zone {
        let mut zone = Zone::new("cluster.local", vec!["10.96.0.10".parse().unwrap()]);
        zone.synced = true;
        zone.set_namespace("default", true);
        let port =
            |n: u16| crate::dns::zone::PortEntry { name: format!("p{n}"), protocol: "tcp".into(), port: Some(n) };
        let kind = Kind::Cluster(vec!["10.96.0.7".parse().unwrap()]);
        zone.set_service("default/web", Some(ServiceEntry { kind, ports: (1..60).map(port).collect() }));
        zone
    }

    proptest! {
        /// Whatever arrives is passed over, refused or answered within what its sender takes; the reply is its own.
        #[test]
        fn mutated_questions_do_no_harm(
            kind in prop_oneof![Just(RecordType::A), Just(RecordType::SRV), Just(RecordType::PTR), any::<u16>().prop_map(RecordType::from)],
            name in prop_oneof![
                Just("web.default.svc.cluster.local.".to_owned()),
                Just("_p1._tcp.web.default.svc.cluster.local.".to_owned()),
                Just("7.0.96.10.in-addr.arpa.".to_owned()),
                "(_?[a-z0-9]([a-z0-9-]{0,17}[a-z0-9])?\\.){1,6}cluster\\.local\\.",
            ],
            edns in proptest::option::of(any::<u16>()),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in proptest::option::of(any::<prop::sample::Index>()),
            tail in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut request = Message::new(0x1234, MessageType::Query, OpCode::Query);
            request.add_query(Query::query(Name::from_ascii(&name).unwrap(), kind));
            request.edns = edns.map(|size| {
                let mut edns = Edns::new();
                edns.set_max_payload(size);
                edns
            });
            let mut bytes = request.to_vec().unwrap();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.extend(tail);
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let resolver = Resolver { zone: Arc::new(RwLock::new(example())), forwarder: Forwarder::new(Vec::new()) };
            let (reply, limit) = match read(&bytes) {
                None => return Ok(()),
                Some(Err(refused)) => (Some(refused), 512),
                Some(Ok(request)) => {
                    let limit = udp_limit(&request);
                    (resolver.at_once(&request).and_then(|reply| encode(reply, limit)), limit)
                }
            };
            if let Some(reply) = reply {
                prop_assert!(reply.len() <= limit && reply[..2] == bytes[..2] && reply[2] & 0x80 != 0);
            }
        }

        #[test]
        fn any_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
            _ = read(&bytes);
        }
    }
}
