//! A netlink socket of the calling thread's network namespace.
use super::{HEADER_BYTES, Messages};
use rustix::{
    io::Errno,
    net::{
        AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, netlink::SocketAddrNetlink, recv,
        send, socket_with, sockopt,
    },
};
use std::{io, os::fd::OwnedFd};

/// Room for one datagram of the kernel's; dumps come in parts below 32 KiB.
const RECEIVE_BYTES: usize = 64 << 10;
/// Room in the kernel for a whole transaction: 5,000 Services take about 10 MB.
const SEND_BUFFER_BYTES: usize = 64 << 20;

const ERROR: u16 = 2;
const DONE: u16 = 3;

/// A message of the kernel's without its netlink header.
#[derive(Debug, Clone)]
pub struct Received {
    pub kind: u16,
    pub payload: Vec<u8>,
}

#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    buffer: Vec<u8>,
}

impl Socket {
    /// None is rtnetlink, whose number is 0.
    pub fn open(protocol: Option<Protocol>) -> io::Result<Self> {
        let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
        bind(&fd, &SocketAddrNetlink::new(0, 0))?;
        // Without the privilege the ordinary buffer stays, which a large transaction then reports as too small.
        let _ = sockopt::set_socket_send_buffer_size_force(&fd, SEND_BUFFER_BYTES);
        Ok(Self { fd, buffer: vec![0; RECEIVE_BYTES] })
    }

    /// Sends messages whose last one asks for an acknowledgement, and returns what the kernel answers before it.
    /// The error of any message is the error of all.
    pub fn transact(&mut self, messages: &Messages) -> io::Result<Vec<Received>> {
        self.transact_until(messages, messages.count())
    }

    /// The same where message `last`, not the last one, asks for the acknowledgement.
    pub fn transact_until(&mut self, messages: &Messages, last: u32) -> io::Result<Vec<Received>> {
        self.send(messages)?;
        self.receive(last)
    }

    fn send(&mut self, messages: &Messages) -> io::Result<()> {
        let sent = retry(|| send(&self.fd, messages.bytes(), SendFlags::empty()))?;
        if sent == messages.bytes().len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }

    /// Reads until the answer to message `last` or the end of a dump. A refused transaction reports each bad message;
    /// the first is returned once the rest is off the socket.
    fn receive(&mut self, last: u32) -> io::Result<Vec<Received>> {
        let mut received = Vec::new();
        loop {
            let (length, _) = retry(|| recv(&self.fd, &mut self.buffer[..], RecvFlags::empty()))?;
            let mut rest = &self.buffer[..length];
            while let Some((head, kind, sequence, payload)) = split(rest) {
                rest = &rest[head.min(rest.len())..];
                match kind {
                    ERROR => {
                        let code = payload.get(..4).and_then(|code| code.try_into().ok()).map_or(0, i32::from_ne_bytes);
                        if code != 0 {
                            self.drain();
                            return Err(io::Error::from_raw_os_error(-code));
                        }
                        if sequence == last {
                            return Ok(received);
                        }
                    }
                    DONE => return Ok(received),
                    _ => received.push(Received { kind, payload: payload.to_vec() }),
                }
            }
        }
    }

    /// Takes further answers of a refused transaction off the socket: they are all there already.
    fn drain(&mut self) {
        let mut scrap = [0_u8; 4096];
        while recv(&self.fd, &mut scrap[..], RecvFlags::DONTWAIT).is_ok() {}
    }
}

fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

/// The first message of a datagram: its padded length, type, sequence number and payload.
fn split(bytes: &[u8]) -> Option<(usize, u16, u32, &[u8])> {
    let length = usize::try_from(u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?)).ok()?;
    let kind = u16::from_ne_bytes(bytes.get(4..6)?.try_into().ok()?);
    let sequence = u32::from_ne_bytes(bytes.get(8..12)?.try_into().ok()?);
    Some((length.next_multiple_of(4), kind, sequence, bytes.get(HEADER_BYTES..length)?))
}
