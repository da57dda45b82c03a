//! Upstream's continue token: base64 of `{"v":"meta.k8s.io/v1","rv":N,"start":KEY}`.
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use serde::{Deserialize, Serialize};
use skeg_model::status::Status;

const VERSION: &str = "meta.k8s.io/v1";

/// As lenient as Go's: bits behind the last byte do not matter.
const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Continue {
    #[serde(default)]
    v: String,
    #[serde(default)]
    pub rv: i64,
    /// Key inside the ring to go on from, inclusive.
    #[serde(default)]
    pub start: String,
}

/// A token that goes on right behind `last` in the state at `revision`.
pub(super) fn encode(revision: u64, last: &str) -> String {
    let rv = i64::try_from(revision).unwrap_or(i64::MAX);
    let token = Continue { v: VERSION.into(), rv, start: format!("{last}\0") };
    BASE64.encode(serde_json::to_vec(&token).expect("a token of plain fields serialises"))
}

pub(super) fn decode(token: &str) -> Result<Continue, Status> {
    parse(token).map_err(|why| Status::bad_request(format!("invalid continue token: {why}")))
}

fn parse(token: &str) -> Result<Continue, String> {
    let json = BASE64.decode(token).map_err(|e| format!("continue key is not valid: {}", base64_error(&e)))?;
    let token: Continue =
        serde_json::from_slice(&json).map_err(|e| format!("continue key is not valid: {}", json_error(&e, &json)))?;
    if token.v != VERSION {
        return Err(format!("continue key is not valid: server does not recognize this encoded version {}", token.v));
    }
    if token.rv == 0 {
        return Err(format!("continue key is not valid: incorrect encoded start resourceVersion (version {VERSION})"));
    }
    if token.start.is_empty() {
        return Err(format!("continue key is not valid: encoded start key empty (version {VERSION})"));
    }
    Ok(token)
}

/// Go's words for a bad base64 text.
fn base64_error(error: &base64::DecodeError) -> String {
    let offset = match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        base64::DecodeError::InvalidLength(length) => *length,
        base64::DecodeError::InvalidPadding => 0,
    };
    format!("illegal base64 data at input byte {offset}")
}

/// Go's words for a bad JSON text.
fn json_error(error: &serde_json::Error, json: &[u8]) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".into();
    }
    let at = error.column().saturating_sub(1);
    let c = json.get(at).copied().map_or('?', char::from);
    if at == 0 { format!("invalid character '{c}' looking for beginning of value") } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let token = decode(&encode(7, "ns/a")).unwrap();
        assert_eq!((token.rv, token.start.as_str()), (7, "ns/a\0"));
    }

    #[track_caller]
    fn check(token: &str, message: &str) {
        assert_eq!(decode(token).unwrap_err().message, message);
    }

    #[test]
    fn bad_tokens() {
        check(
            "abc",
            "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
        );
        let empty = BASE64.encode("{}");
        check(
            &empty,
            "invalid continue token: continue key is not valid: server does not recognize this encoded version ",
        );
    }
}
