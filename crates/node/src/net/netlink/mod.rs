//! Netlink: messages written field by field, and a socket that sends them and reads the answers.
pub mod route;
mod socket;
pub use socket::{Received, Socket};

/// The header of every netlink message.
pub const HEADER_BYTES: usize = 16;
/// Set on the type of an attribute that holds attributes.
const NESTED: u16 = 0x8000;

/// Message flags.
pub mod flag {
    pub const REQUEST: u16 = 1;
    pub const ACK: u16 = 4;
    pub const EXCL: u16 = 0x200;
    pub const DUMP: u16 = 0x300;
    pub const CREATE: u16 = 0x400;
    pub const APPEND: u16 = 0x800;
}

/// Messages one after another, as they go to the kernel in one send.
#[derive(Debug, Default, Clone)]
pub struct Messages {
    bytes: Vec<u8>,
    /// Where the last message starts.
    last: usize,
    count: u32,
}

impl Messages {
    /// Appends a message: `header` is the family's own header, `body` writes the attributes. Its sequence number is its
    /// place, counted from 1.
    pub fn push(&mut self, kind: u16, flags: u16, header: &[u8], body: impl FnOnce(&mut Attributes<'_>)) {
        self.last = self.bytes.len();
        self.count += 1;
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend((flags | flag::REQUEST).to_ne_bytes());
        self.bytes.extend(self.count.to_ne_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.extend(header);
        pad(&mut self.bytes);
        body(&mut Attributes(&mut self.bytes));
        let length = u32::try_from(self.bytes.len() - self.last).expect("a message stays below 4 GiB");
        self.bytes[self.last..self.last + 4].copy_from_slice(&length.to_ne_bytes());
    }

    /// Asks the kernel to confirm the last message.
    pub fn acknowledge_last(&mut self) {
        if self.count > 0 {
            let at = self.last + 6;
            let flags = u16::from_ne_bytes([self.bytes[at], self.bytes[at + 1]]) | flag::ACK;
            self.bytes[at..at + 2].copy_from_slice(&flags.to_ne_bytes());
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Number of messages, which is the last one's sequence number.
    pub fn count(&self) -> u32 {
        self.count
    }
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Writer of attributes.
#[derive(Debug)]
pub struct Attributes<'a>(&'a mut Vec<u8>);

impl Attributes<'_> {
    /// Bytes that belong to the enclosing attribute itself, before its own attributes.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        pad(self.0);
    }

    pub fn bytes(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len() + 4).expect("an attribute stays below 64 KiB");
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        pad(self.0);
    }

    /// A text with its terminating zero.
    pub fn text(&mut self, kind: u16, value: &str) {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        self.bytes(kind, &bytes);
    }

    /// A number in the machine's own byte order, as rtnetlink wants it.
    pub fn native(&mut self, kind: u16, value: u32) {
        self.bytes(kind, &value.to_ne_bytes());
    }

    /// A number in network byte order, as nfnetlink wants it.
    pub fn number(&mut self, kind: u16, value: u32) {
        self.bytes(kind, &value.to_be_bytes());
    }

    pub fn long(&mut self, kind: u16, value: u64) {
        self.bytes(kind, &value.to_be_bytes());
    }

    pub fn nest(&mut self, kind: u16, body: impl FnOnce(&mut Attributes<'_>)) {
        let start = self.0.len();
        self.0.extend([0; 2]);
        self.0.extend((kind | NESTED).to_ne_bytes());
        body(&mut Attributes(self.0));
        let length = u16::try_from(self.0.len() - start).expect("an attribute stays below 64 KiB");
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    }
}

/// The attributes in `bytes`: kind without its flag bits, and value. Malformed rest is left out.
pub fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(bytes.get(2..4)?.try_into().ok()?) & 0x3fff;
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// The value of the first attribute of a kind.
pub fn attribute(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).find(|(found, _)| *found == kind).map(|(_, value)| value)
}

/// A text attribute's value without its terminating zero.
pub fn text_of(value: &[u8]) -> String {
    String::from_utf8_lossy(value.strip_suffix(&[0]).unwrap_or(value)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_have_lengths_sequence_numbers_and_padding() {
        let mut messages = Messages::default();
        messages.push(16, flag::CREATE, &[1, 2, 3, 4], |a| a.text(3, "eth0"));
        messages.push(17, 0, &[], |a| a.nest(2, |a| a.native(1, 7)));
        messages.acknowledge_last();
        let bytes = messages.bytes();
        assert_eq!(bytes.len(), 32 + 28);
        assert_eq!(bytes[..4], 32_u32.to_ne_bytes());
        assert_eq!(bytes[32 + 8..32 + 12], 2_u32.to_ne_bytes());
        assert_eq!(bytes[32 + 6..32 + 8], (flag::REQUEST | flag::ACK).to_ne_bytes());
        assert_eq!(attribute(&bytes[20..32], 3).map(text_of).as_deref(), Some("eth0"));
        assert_eq!(attribute(attribute(&bytes[48..], 2).unwrap(), 1), Some(&7_u32.to_ne_bytes()[..]));
    }

    proptest! {
        #[test]
        fn reading_attributes_never_fails(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            prop_assert!(attributes(&bytes).take(1000).count() <= 64);
        }
    }
}
