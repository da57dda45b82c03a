//! Image references as the container world writes them: `[domain/]path[:tag][@digest]`.
use regex::Regex;
use std::sync::OnceLock;

/// Whether pulling this image means tag `latest`: named so, or named neither tag nor digest. Texts that are no reference
/// mean nothing.
pub fn is_latest(image: &str) -> bool {
    tag_and_digest(image).is_some_and(|(tag, digest)| match tag {
        Some(tag) => tag == "latest",
        None => digest.is_none(),
    })
}

/// Tag and digest of a valid reference.
fn tag_and_digest(image: &str) -> Option<(Option<&str>, Option<&str>)> {
    static REFERENCE: OnceLock<Regex> = OnceLock::new();
    let reference = REFERENCE.get_or_init(|| {
        let component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
        let host = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
        let domain = format!("(?:{host}(?:\\.{host})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?");
        let digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
        Regex::new(&format!(
            "^(?:{domain}/)?{component}(?:/{component})*(?::([A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?:@({digest}))?$"
        ))
        .expect("the expression is a constant")
    });
    let is_bare_id = image.len() == 64 && image.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if is_bare_id || !has_lowercase_path(image) || path_len(image) > PATH_BYTES_MAX {
        return None;
    }
    let found = reference.captures(image)?;
    Some((found.get(1).map(|m| m.as_str()), found.get(2).map(|m| m.as_str())))
}

/// Longest path of a reference, `library/` of single names included.
const PATH_BYTES_MAX: usize = 255;

fn path_len(image: &str) -> usize {
    let is_domain = |first: &str| first == "localhost" || first.contains(['.', ':']) || first.to_lowercase() != first;
    let (path, prefix) = match image.split_once('/') {
        Some((first, rest)) if is_domain(first) => (rest, ""),
        Some(_) => (image, ""),
        None => (image, "library/"),
    };
    prefix.len() + path.split([':', '@']).next().map_or(0, str::len)
}

/// The path after the domain, if the first part is one, may not have capitals.
fn has_lowercase_path(image: &str) -> bool {
    let rest = match image.split_once('/') {
        Some((first, rest)) if first == "localhost" || first.contains(['.', ':']) || first.to_lowercase() != first => {
            rest
        }
        _ => image,
    };
    let path = rest.split([':', '@']).next().unwrap_or_default();
    path.to_lowercase() == path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_is_the_tag_that_nobody_named() {
        let check = |image: &str, latest: bool| assert_eq!(is_latest(image), latest, "{image}");
        check("nginx", true);
        check("nginx:latest", true);
        check("registry.example:5000/a/b", true);
        check("registry.example:5000/a/b:1.2", false);
        check("nginx:1", false);
        check(&format!("nginx@sha256:{}", "a".repeat(64)), false);
        check(&format!("nginx:latest@sha256:{}", "a".repeat(64)), true);
        check("", false);
        check("Nginx", false);
        check("a b", false);
        check(&"a".repeat(64), false);
        check(&"a".repeat(247), true);
        check(&"a".repeat(248), false);
        check(&format!("x.io/{}", "a".repeat(255)), true);
    }
}
