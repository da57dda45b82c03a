//! Which texts may be names, labels, keys, ports and the like, with upstream's messages. Every check answers the list of
//! what is wrong, empty when nothing is.

/// Messages of a failed check.
pub type Messages = Vec<String>;

const LABEL_1123: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_MAX: usize = 63;
const SUBDOMAIN_MAX: usize = 253;

fn regex_message(what: &str, regex: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|e| format!("'{e}', ")).collect();
    if examples.is_empty() {
        return format!("{what} (regex used for validation is '{regex}')");
    }
    format!("{what} (e.g. {}regex used for validation is '{regex}')", examples.join(" or "))
}

pub fn max_length(length: usize) -> String {
    format!("must be no more than {length} characters")
}

fn max_bytes(length: usize) -> String {
    format!("must be no more than {length} bytes")
}

pub fn inclusive_range(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

fn is_lower_or_digit(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

/// `edge` at both ends, `inner` between.
fn is_word(text: &str, edge: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) => edge(*first) && edge(*last) && bytes.iter().all(|b| inner(*b)),
        _ => false,
    }
}

fn is_label_text(text: &str) -> bool {
    is_word(text, is_lower_or_digit, |b| is_lower_or_digit(b) || b == b'-')
}

fn is_subdomain_text(text: &str) -> bool {
    text.split('.').all(is_label_text)
}

/// A lowercase RFC 1123 label.
pub fn dns1123_label(value: &str) -> Messages {
    let mut out = Messages::new();
    if value.len() > LABEL_MAX {
        out.push(max_length(LABEL_MAX));
    }
    if !is_label_text(value) {
        out.push(if is_subdomain_text(value) {
            "must not contain dots".into()
        } else {
            regex_message(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                LABEL_1123,
                &["my-name", "123-abc"],
            )
        });
    }
    out
}

/// A lowercase RFC 1123 subdomain.
pub fn dns1123_subdomain(value: &str) -> Messages {
    let mut out = Messages::new();
    if value.len() > SUBDOMAIN_MAX {
        out.push(max_length(SUBDOMAIN_MAX));
    }
    if !is_subdomain_text(value) {
        out.push(regex_message(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            &format!("{LABEL_1123}(\\.{LABEL_1123})*"),
            &["example.com"],
        ));
    }
    out
}

/// A subdomain whose labels may hold underscores: search paths of a pod's DNS.
pub fn dns1123_subdomain_with_underscore(value: &str) -> Messages {
    let label = |text: &str| {
        let text = text.strip_prefix('_').unwrap_or(text);
        is_word(text, is_lower_or_digit, |b| is_lower_or_digit(b) || b == b'-' || b == b'_')
    };
    let mut out = Messages::new();
    if value.len() > SUBDOMAIN_MAX {
        out.push(max_length(SUBDOMAIN_MAX));
    }
    if !value.split('.').all(label) {
        let regex = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
        out.push(regex_message(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
            &format!("{regex}(\\.{regex})*"),
            &["example.com"],
        ));
    }
    out
}

/// A DNS-1035 label: begins with a letter.
pub fn dns1035_label(value: &str) -> Messages {
    let mut out = Messages::new();
    if value.len() > LABEL_MAX {
        out.push(max_length(LABEL_MAX));
    }
    if !(is_label_text(value) && value.starts_with(|c: char| c.is_ascii_lowercase())) {
        out.push(regex_message(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    out
}

/// A name that can stand in a URL path: RBAC kinds.
pub fn path_segment(value: &str) -> Messages {
    if value == "." || value == ".." {
        return vec![format!("may not be '{value}'")];
    }
    ["/", "%"].iter().filter(|bad| value.contains(**bad)).map(|bad| format!("may not contain '{bad}'")).collect()
}

const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_KEY_TEXT: &str =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_KEY_EXAMPLES: &[&str] = &["MyName", "my.name", "123-abc"];

fn is_label_word(text: &str) -> bool {
    is_word(text, |b| b.is_ascii_alphanumeric(), |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A qualified name: `[prefix/]name`, as label keys, resource names and finalizers are.
pub fn qualified_name(value: &str) -> Messages {
    let mut out = Messages::new();
    let parts: Vec<&str> = value.split('/').collect();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                out.push("prefix part must be non-empty".into());
            } else {
                out.extend(dns1123_subdomain_bytes(prefix).into_iter().map(|m| format!("prefix part {m}")));
            }
            *name
        }
        _ => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                regex_message(LABEL_KEY_TEXT, LABEL_KEY, LABEL_KEY_EXAMPLES)
            )];
        }
    };
    if name.is_empty() {
        out.push("name part must be non-empty".into());
    } else if name.len() > LABEL_MAX {
        out.push(format!("name part {}", max_bytes(LABEL_MAX)));
    }
    if !is_label_word(name) {
        out.push(format!("name part {}", regex_message(LABEL_KEY_TEXT, LABEL_KEY, LABEL_KEY_EXAMPLES)));
    }
    out
}

/// The subdomain check with upstream's newer wording, in which lengths are bytes.
pub fn dns1123_subdomain_bytes(value: &str) -> Messages {
    let mut out = dns1123_subdomain(value);
    if value.len() > SUBDOMAIN_MAX {
        out[0] = max_bytes(SUBDOMAIN_MAX);
    }
    out
}

/// A label's value: empty or a word.
pub fn label_value(value: &str) -> Messages {
    let mut out = Messages::new();
    if value.len() > LABEL_MAX {
        out.push(max_bytes(LABEL_MAX));
    }
    if !value.is_empty() && !is_label_word(value) {
        out.push(regex_message(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            &format!("({LABEL_KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    out
}

fn dot_names(value: &str) -> Option<String> {
    match value {
        "." => Some("must not be '.'".into()),
        ".." => Some("must not be '..'".into()),
        v if v.starts_with("..") => Some("must not start with '..'".into()),
        _ => None,
    }
}

/// A key of a ConfigMap or Secret.
pub fn config_map_key(value: &str) -> Messages {
    let mut out = Messages::new();
    if value.len() > SUBDOMAIN_MAX {
        out.push(max_length(SUBDOMAIN_MAX));
    }
    let ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if value.is_empty() || !value.bytes().all(ok) {
        out.push(regex_message(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    out.extend(dot_names(value));
    out
}

/// The reason of a condition.
pub fn condition_reason(value: &str) -> Messages {
    const REGEX: &str = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let starts = value.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if starts && is_word(value, word, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b',' | b':')) {
        return Messages::new();
    }
    let what = "a condition reason must start with alphabetic character, optionally followed by a string of \
                alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
    vec![regex_message(what, REGEX, &["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"])]
}

/// The name of an environment variable: printable ASCII without `=`.
pub fn env_var(value: &str) -> Messages {
    let mut out = Messages::new();
    if value.is_empty() {
        out.push("environment variable name must be non-empty".into());
    }
    if value.chars().any(|c| !(' '..='~').contains(&c) || c == '=') {
        out.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='".into(),
        );
    }
    out
}

/// The name of a container's or Service's port, at most 15 characters.
pub fn port_name(value: &str) -> Messages {
    let mut out = Messages::new();
    if value.len() > 15 {
        out.push(max_length(15));
    }
    if value.is_empty() || !value.bytes().all(|b| is_lower_or_digit(b) || b == b'-') {
        out.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !value.bytes().any(|b| b.is_ascii_lowercase()) {
        out.push("must contain at least one letter (a-z)".into());
    }
    if value.contains("--") {
        out.push("must not contain consecutive hyphens".into());
    }
    if value.starts_with('-') || value.ends_with('-') {
        out.push("must not begin or end with a hyphen".into());
    }
    out
}

pub fn port_number(port: i64) -> Messages {
    in_range(port, 1, 65535)
}

pub fn in_range(value: i64, low: i64, high: i64) -> Messages {
    if (low..=high).contains(&value) { Messages::new() } else { vec![inclusive_range(low, high)] }
}

/// A user or group id.
pub fn user_id(id: i64) -> Messages {
    in_range(id, 0, i64::from(i32::MAX))
}

pub fn percent(value: &str) -> Messages {
    match value.strip_suffix('%') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => Messages::new(),
        _ => vec![regex_message(
            "a valid percent string must be a numeric string followed by an ending '%'",
            "[0-9]+%",
            &["1%", "93%"],
        )],
    }
}

pub fn http_header(value: &str) -> Messages {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Messages::new();
    }
    vec![regex_message(
        "a valid HTTP header must consist of alphanumeric characters or '-'",
        "[-A-Za-z0-9]+",
        &["X-Header-Name"],
    )]
}

/// How `metadata.generateName` is checked: a trailing dash stands for what will be generated.
pub fn mask_trailing_dash(name: &str) -> String {
    match name.strip_suffix('-') {
        // Upstream cuts the character before the dash too, so that "a-" reads "a".
        Some(rest) if !rest.is_empty() => {
            let mut kept: String = rest.to_owned();
            kept.pop();
            kept.push('a');
            kept
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_pass_and_fail() {
        let check = |rule: fn(&str) -> Messages, good: &[&str], bad: &[&str]| {
            for text in good {
                assert_eq!(rule(text), Messages::new(), "{text}");
            }
            for text in bad {
                assert!(!rule(text).is_empty(), "{text}");
            }
        };
        let long = "a".repeat(64);
        check(dns1123_label, &["a", "a-b", "1"], &["", "A", "a.b", "-a", "a-", "a_b", &long]);
        check(dns1123_subdomain, &["a", "a.b-c.d1"], &["", "a..b", ".a", "a.", "A.b", "a.-b"]);
        check(dns1035_label, &["a1"], &["1a", ""]);
        check(path_segment, &["system:x", ""], &[".", "..", "a/b", "a%b"]);
        check(qualified_name, &["a", "a.b/C_d", "Ab.c"], &["", "/a", "a/", "a/b/c", "A/b", "-a", &long]);
        check(label_value, &["", "A.b-c_1"], &["-a", "a b", &long]);
        check(config_map_key, &["a.b", "_x"], &["", "..", ".", "..a", "a/b"]);
        check(env_var, &["a b", "1"], &["", "a=b", "é"]);
        check(port_name, &["http", "a-1"], &["", "1", "-a", "a--b", "abcdefghijklmnop"]);
        check(percent, &["1%", "100%"], &["%", "1", "a%"]);
        check(http_header, &["X-A"], &["", "a b"]);
    }

    #[test]
    fn messages_are_upstreams() {
        assert_eq!(
            qualified_name("a/b/c")[0],
            "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        );
        assert_eq!(dns1123_label("a.b"), ["must not contain dots"]);
    }

    #[test]
    fn generated_names_end_where_the_dash_was() {
        assert_eq!(mask_trailing_dash("web-"), "wea");
        assert_eq!(mask_trailing_dash("-"), "-");
        assert_eq!(mask_trailing_dash("web"), "web");
    }
}
