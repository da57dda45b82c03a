//! Replies of outer name servers, kept for as long as they allow and never longer than [`KEEP_MAX`].
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{DNSClass, RData, RecordType},
};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// CoreDNS's usual `cache 30`.
pub const KEEP_MAX: Duration = Duration::from_secs(30);
/// Replies kept; the oldest makes room.
const REPLIES_MAX: usize = 9_984;
/// Their bytes as messages; the oldest makes room.
const BYTES_MAX: usize = 16 << 20;

/// What a reply answers: the name in lower case, type, class and whether DNSSEC records were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    name: String,
    kind: RecordType,
    class: DNSClass,
    dnssec: bool,
}

impl Key {
    /// None for a request that does not hold exactly one question.
    pub fn of(request: &Message) -> Option<Self> {
        let [query] = &request.queries[..] else { return None };
        Some(Self {
            name: query.name().to_ascii().to_ascii_lowercase(),
            kind: query.query_type(),
            class: query.query_class(),
            dnssec: request.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok),
        })
    }
}

#[derive(Debug)]
struct Kept {
    reply: Message,
    bytes: usize,
    at: Instant,
    until: Instant,
}

#[derive(Debug, Default)]
pub struct Cache {
    replies: HashMap<Key, Kept>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl Cache {
    /// A kept reply, its times shortened by its age.
    pub fn get(&self, key: &Key, now: Instant) -> Option<Message> {
        let kept = self.replies.get(key).filter(|kept| now < kept.until)?;
        let age = u32::try_from((now - kept.at).as_secs()).unwrap_or(u32::MAX);
        let mut reply = kept.reply.clone();
        for record in reply.answers.iter_mut().chain(&mut reply.authorities).chain(&mut reply.additionals) {
            record.ttl = record.ttl.saturating_sub(age);
        }
        Some(reply)
    }

    pub fn put(&mut self, key: Key, reply: &Message, now: Instant) {
        let (Some(time), Ok(encoded)) = (time_to_keep(reply), reply.to_vec()) else { return };
        let kept = Kept { reply: reply.clone(), bytes: encoded.len(), at: now, until: now + time };
        self.bytes += kept.bytes;
        match self.replies.insert(key.clone(), kept) {
            Some(old) => self.bytes -= old.bytes,
            None => self.order.push_back(key),
        }
        while self.order.len() > REPLIES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= self.replies.remove(&oldest).map_or(0, |kept| kept.bytes);
        }
    }
}

fn time_to_keep(reply: &Message) -> Option<Duration> {
    if reply.metadata.truncation
        || !matches!(reply.metadata.response_code, ResponseCode::NoError | ResponseCode::NXDomain)
    {
        return None;
    }
    let seconds = if reply.answers.is_empty() {
        reply.authorities.iter().find_map(|record| match &record.data {
            RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
            _ => None,
        })?
    } else {
        reply.answers.iter().map(|record| record.ttl).min()?
    };
    Some(Duration::from_secs(seconds.into()).min(KEEP_MAX)).filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::{
        op::{MessageType, OpCode, Query},
        rr::{Name, Record, rdata::A},
    };
    use std::net::Ipv4Addr;

    fn request(name: &str) -> Message {
        let mut request = Message::new(1, MessageType::Query, OpCode::Query);
        request.add_query(Query::query(Name::from_ascii(name).unwrap(), RecordType::A));
        request
    }

    fn reply(ttl: u32) -> Message {
        let mut reply = Message::new(1, MessageType::Response, OpCode::Query);
        let data = RData::A(A(Ipv4Addr::LOCALHOST));
        reply.answers.push(Record::from_rdata(Name::from_ascii("a.").unwrap(), ttl, data));
        reply
    }

    #[test]
    fn replies_age_and_leave() {
        let (mut cache, start) = (Cache::default(), Instant::now());
        let key = Key::of(&request("A.")).unwrap();
        cache.put(key.clone(), &reply(20), start);
        let at = |seconds| cache.get(&Key::of(&request("a.")).unwrap(), start + Duration::from_secs(seconds));
        assert_eq!(at(5).unwrap().answers[0].ttl, 15);
        assert_eq!(at(20), None);
        cache.put(key.clone(), &reply(3600), start);
        assert!(cache.get(&key, start + Duration::from_secs(29)).is_some());
        assert!(cache.get(&key, start + KEEP_MAX).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded_in_bytes() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let mut large = reply(20);
        let record = large.answers[0].clone();
        large.answers.resize(3_000, record);
        for n in 0..1_000 {
            cache.put(Key::of(&request(&format!("n{n}."))).unwrap(), &large, now);
        }
        assert!(cache.bytes <= BYTES_MAX && cache.bytes > BYTES_MAX / 2, "{}", cache.bytes);
        assert_eq!(cache.order.len(), cache.replies.len());
        assert!(cache.get(&Key::of(&request("n0.")).unwrap(), now).is_none());
        assert!(cache.get(&Key::of(&request("n999.")).unwrap(), now).is_some());
    }

    #[test]
    fn negative_replies_are_kept_as_their_terms_say() {
        use hickory_proto::rr::rdata::SOA;
        let (mut cache, now) = (Cache::default(), Instant::now());
        let mut denied = Message::new(1, MessageType::Response, OpCode::Query);
        denied.metadata.response_code = ResponseCode::NXDomain;
        let name = Name::from_ascii("a.").unwrap();
        let terms = SOA::new(name.clone(), name.clone(), 1, 1, 1, 1, 7);
        denied.authorities.push(Record::from_rdata(name, 3_600, RData::SOA(terms)));
        let key = Key::of(&request("none.")).unwrap();
        cache.put(key.clone(), &denied, now);
        assert!(cache.get(&key, now + Duration::from_secs(6)).is_some());
        assert!(cache.get(&key, now + Duration::from_secs(7)).is_none());
    }

    #[test]
    fn refusals_and_empty_replies_without_terms_are_not_kept() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let key = Key::of(&request("a.")).unwrap();
        let mut failed = reply(20);
        failed.metadata.response_code = ResponseCode::ServFail;
        let empty = Message::new(1, MessageType::Response, OpCode::Query);
        for message in [failed, empty, reply(0)] {
            cache.put(key.clone(), &message, now);
            assert_eq!(cache.get(&key, now), None);
        }
    }
}
