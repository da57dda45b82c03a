//! Bootstrap tokens (`id.secret`), which live in Secrets of type `bootstrap.kubernetes.io/token`: how they are written, and
//! when and for what they count.
use jiff::Timestamp;
use std::{collections::BTreeSet, time::Duration};

/// The type of the Secrets, and the namespace that they count in.
pub const SECRET_TYPE: &str = "bootstrap.kubernetes.io/token";
pub const NAMESPACE: &str = "kube-system";
/// Keys of a Secret's data.
pub const ID: &str = "token-id";
pub const SECRET: &str = "token-secret";
pub const EXPIRATION: &str = "expiration";
pub const EXTRA_GROUPS: &str = "auth-extra-groups";
pub const USED_FOR_SIGNING: &str = "usage-bootstrap-signing";
pub const USED_FOR_AUTHENTICATION: &str = "usage-bootstrap-authentication";

const NAME_PREFIX: &str = "bootstrap-token-";
const ID_CHARS: usize = 6;
const SECRET_CHARS: usize = 16;
const GROUP: &str = "system:bootstrappers";
const GROUP_CHARS_MAX: usize = 256;

fn is_word(text: &str, chars: usize) -> bool {
    text.len() == chars && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Id and secret of a token that is written as one.
pub fn parse(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.split_once('.')?;
    (is_word(id, ID_CHARS) && is_word(secret, SECRET_CHARS)).then_some((id, secret))
}

/// The name of the Secret that holds the token with this id.
pub fn secret_name(id: &str) -> String {
    format!("{NAME_PREFIX}{id}")
}

/// The id in a Secret's name.
pub fn id_of_name(name: &str) -> Option<&str> {
    name.strip_prefix(NAME_PREFIX).filter(|id| is_word(id, ID_CHARS))
}

/// Until when a token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Never,
    In(Duration),
    Over,
}

/// What the text under [`EXPIRATION`] says; one that is no time says that it is over.
pub fn expiry(text: &str, now: Timestamp) -> Expiry {
    if text.is_empty() {
        return Expiry::Never;
    }
    let left = text.parse::<Timestamp>().ok().and_then(|end| Duration::try_from(end.duration_since(now)).ok());
    left.filter(|left| !left.is_zero()).map_or(Expiry::Over, Expiry::In)
}

/// The groups of who shows a token, from the text under [`EXTRA_GROUPS`]; None if one is not of the form that is allowed.
pub fn groups(extra: &str) -> Option<Vec<String>> {
    let mut groups = BTreeSet::from([GROUP.to_owned()]);
    for group in extra.split(',').filter(|_| !extra.is_empty()) {
        let rest = group.strip_prefix(GROUP)?.strip_prefix(':')?;
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b':' || b == b'-';
        let ends_well = rest.bytes().last().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if rest.len() > GROUP_CHARS_MAX || !rest.bytes().all(allowed) || !ends_well {
            return None;
        }
        groups.insert(group.to_owned());
    }
    Some(groups.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_from_other_texts() {
        assert_eq!(parse("abcdef.0123456789abcdef"), Some(("abcdef", "0123456789abcdef")));
        for other in ["abcde.0123456789abcdef", "abcdef.0123456789abcde", "ABCDEF.0123456789abcdef", "abcdef0", ""] {
            assert_eq!(parse(other), None, "{other}");
        }
        assert_eq!(id_of_name(&secret_name("abcdef")), Some("abcdef"));
        assert_eq!(id_of_name("bootstrap-token-abcdefg"), None);
    }

    #[test]
    fn a_token_ends_at_its_time() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(expiry("", now), Expiry::Never);
        assert_eq!(expiry("2026-01-01T01:00:30+01:00", now), Expiry::In(Duration::from_secs(30)));
        for over in ["2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "tomorrow"] {
            assert_eq!(expiry(over, now), Expiry::Over, "{over}");
        }
    }

    #[test]
    fn only_groups_of_bootstrappers_are_given() {
        let check = |extra: &str, expected: Option<&[&str]>| {
            assert_eq!(
                groups(extra).as_deref(),
                expected.map(|it| it.iter().map(ToString::to_string).collect::<Vec<_>>()).as_deref()
            );
        };
        check("", Some(&["system:bootstrappers"]));
        let extra = "system:bootstrappers:b,system:bootstrappers:a-1";
        check(extra, Some(&["system:bootstrappers", "system:bootstrappers:a-1", "system:bootstrappers:b"]));
        for bad in ["system:masters", "system:bootstrappers:", "system:bootstrappers:a-", "system:bootstrappers:a,"] {
            check(bad, None);
        }
    }
}
