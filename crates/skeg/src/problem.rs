//! Errors as people see them: one line that says what is wrong and what to do.

/// The error and its causes in one line; a cause that repeats what was said is left out.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(|cause| cause.to_string().replace('\n', " ")) {
        if line.contains(&cause) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&cause);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_in_one_line_without_repetition() {
        let error = anyhow::anyhow!("no\nspace").context("cannot write x: no space").context("cannot start");
        assert_eq!(one_line(&error), "cannot start: cannot write x: no space");
        let error = anyhow::anyhow!("a").context("b");
        assert_eq!(one_line(&error), "b: a");
    }
}
