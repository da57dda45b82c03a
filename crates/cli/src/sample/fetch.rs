//! Plain requests to the sample, as any program on the machine would make them.
use anyhow::{Context, bail};
use hickory_proto::{
    op::{Message, Query},
    rr::{Name, RData, RecordType},
};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// The body of `GET /` at `address`.
pub async fn page(address: SocketAddr) -> anyhow::Result<String> {
    timeout(PATIENCE, get(address)).await.with_context(|| format!("{address} gave no answer in {PATIENCE:?}"))?
}

async fn get(address: SocketAddr) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is no HTTP")?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        _ => bail!("{address} answered {:?}", head.lines().next().unwrap_or_default()),
    }
}

/// Asks the name server at `server` for the IPv4 address of `name`.
pub async fn resolve(server: IpAddr, name: &str) -> anyhow::Result<IpAddr> {
    let mut question = Message::query();
    question.add_query(Query::query(Name::from_ascii(name)?, RecordType::A));
    let socket = UdpSocket::bind("0.0.0.0:0").await?;
    socket.connect((server, 53)).await?;
    socket.send(&question.to_vec()?).await?;
    let mut buffer = [0; 1500];
    let length = timeout(PATIENCE, socket.recv(&mut buffer))
        .await
        .with_context(|| format!("the cluster's DNS at {server} gave no answer in {PATIENCE:?}"))??;
    let answer = Message::from_vec(&buffer[..length])?;
    let address = answer.answers.iter().find_map(|record| match &record.data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        _ => None,
    });
    address.with_context(|| format!("the cluster's DNS at {server} knows no address of {name}"))
}
