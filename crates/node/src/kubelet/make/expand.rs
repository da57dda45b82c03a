//! `$(NAME)` references in commands, arguments and environment values.

/// Replaces every `$(NAME)` that `lookup` knows; `$$` is a dollar sign and hides what follows; all else stays.
pub fn expand(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('(') {
            match inner.find(')') {
                Some(end) => {
                    let name = &inner[..end];
                    match lookup(name) {
                        Some(value) => out.push_str(&value),
                        None => out.push_str(&format!("$({name})")),
                    }
                    rest = &inner[end + 1..];
                }
                None => {
                    out.push_str("$(");
                    rest = inner;
                }
            }
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn references() {
        let check = |text: &str, want: &str| {
            let lookup = |name: &str| (name == "A").then(|| "a".to_owned());
            assert_eq!(expand(text, lookup), want, "{text}");
        };
        check("x-$(A)-y", "x-a-y");
        check("$(B)", "$(B)");
        check("$$(A)", "$(A)");
        check("$$$(A)", "$a");
        check("$(", "$(");
        check("$(A", "$(A");
        check("a$b$", "a$b$");
        check("$$$$", "$$");
        check("$()", "$()");
    }
}
