//! Replies as messages: made of answers, fitted to what the asker can take.
use super::{
    answer::{Answer, soa},
    zone::Zone,
};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};

/// What a client takes over UDP without saying more.
const UDP_BYTES: u16 = 512;
/// What is sent over UDP at most: no link of today's carries less unfragmented.
const UDP_BYTES_MAX: u16 = 1232;

/// A reply to a request with everything but its content.
pub fn reply(request: &Message, code: ResponseCode) -> Message {
    let mut reply = Message::new(request.metadata.id, MessageType::Response, request.metadata.op_code);
    reply.metadata.recursion_desired = request.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    reply.metadata.checking_disabled = request.metadata.checking_disabled;
    reply.metadata.response_code = code;
    reply.queries.clone_from(&request.queries);
    if let Some(edns) = &request.edns {
        let mut own = Edns::new();
        own.set_max_payload(UDP_BYTES_MAX);
        own.set_dnssec_ok(edns.flags().dnssec_ok);
        reply.edns = Some(own);
    }
    reply
}

/// The reply to a request that is answered from the zone; None where others must be asked.
pub fn from_zone(request: &Message, answer: Answer, zone: &Zone) -> Option<Message> {
    let (code, denied) = match answer {
        Answer::Found { answers, additionals } => {
            let mut reply = reply(request, ResponseCode::NoError);
            reply.metadata.authoritative = true;
            reply.answers = answers;
            reply.additionals = additionals;
            spread(&mut reply);
            return Some(reply);
        }
        Answer::NoData => (ResponseCode::NoError, true),
        Answer::NoName => (ResponseCode::NXDomain, true),
        Answer::Refused => (ResponseCode::Refused, false),
        Answer::NotReady => (ResponseCode::ServFail, false),
        Answer::Alias { .. } | Answer::Elsewhere => return None,
    };
    let mut reply = reply(request, code);
    if denied {
        reply.metadata.authoritative = true;
        reply.authorities.push(soa(zone));
    }
    Some(reply)
}

/// Starts the list of addresses elsewhere each time, so that clients that take the first spread themselves.
pub fn spread(reply: &mut Message) {
    let aliases = reply.answers.iter().take_while(|record| record.record_type().is_cname()).count();
    let addresses = &mut reply.answers[aliases..];
    if addresses.len() > 1 && addresses.iter().all(|record| record.record_type().is_ip_addr()) {
        let by = usize::from(reply.metadata.id) % addresses.len();
        addresses.rotate_left(by);
    }
}

/// The largest reply that a request's sender takes over UDP.
pub fn udp_limit(request: &Message) -> usize {
    let offered = request.edns.as_ref().map_or(UDP_BYTES, Edns::max_payload);
    usize::from(offered.clamp(UDP_BYTES, UDP_BYTES_MAX))
}

/// The bytes of a reply within a limit: records that don't fit are left out, and answers left out are announced.
pub fn encode(mut reply: Message, limit: usize) -> Option<Vec<u8>> {
    loop {
        let bytes = reply.to_vec().ok()?;
        if bytes.len() <= limit {
            return Some(bytes);
        }
        if !reply.additionals.is_empty() {
            reply.additionals.clear();
            continue;
        }
        reply.metadata.truncation = true;
        let keep = (reply.answers.len() * limit / bytes.len()).min(reply.answers.len().saturating_sub(1));
        if reply.answers.is_empty() && reply.authorities.is_empty() {
            return Some(bytes).filter(|bytes| bytes.len() <= limit);
        }
        reply.answers.truncate(keep);
        if keep == 0 {
            reply.authorities.clear();
        }
    }
}

/// What is wrong with a request, if anything is.
pub fn refusal(request: &Message) -> Option<ResponseCode> {
    if request.metadata.op_code != OpCode::Query {
        return Some(ResponseCode::NotImp);
    }
    if request.queries.len() != 1 {
        return Some(ResponseCode::FormErr);
    }
    request.edns.as_ref().is_some_and(|edns| edns.version() != 0).then_some(ResponseCode::BADVERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::{
        op::Query,
        rr::{Name, RData, Record, RecordType, rdata::A},
    };
    use std::net::Ipv4Addr;

    #[test]
    fn long_replies_are_cut_and_say_so() {
        let name = Name::from_ascii("db.default.svc.cluster.local.").unwrap();
        let mut request = Message::new(7, MessageType::Query, OpCode::Query);
        request.add_query(Query::query(name.clone(), RecordType::A));
        let mut full = reply(&request, ResponseCode::NoError);
        full.answers =
            (0..200).map(|n| Record::from_rdata(name.clone(), 30, RData::A(A(Ipv4Addr::new(10, 0, 0, n))))).collect();
        let bytes = encode(full.clone(), udp_limit(&request)).unwrap();
        assert!(bytes.len() <= 512);
        let cut = Message::from_vec(&bytes).unwrap();
        assert!(cut.metadata.truncation && cut.answers.len() > 10, "{}", cut.answers.len());
        let whole = Message::from_vec(&encode(full, usize::from(u16::MAX)).unwrap()).unwrap();
        assert!(!whole.metadata.truncation && whole.answers.len() == 200);
    }
}
