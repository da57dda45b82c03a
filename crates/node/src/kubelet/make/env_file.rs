//! Files of variables that `fileKeyRef` reads: `NAME='value'`, the value in single quotes and perhaps over several lines, as
//! a POSIX shell takes it.

/// Why a file is none of these; lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("invalid environment variable format at line {0}: missing '='")]
    NoEquals(usize),
    #[error("invalid environment variable format at line {0}: empty variable name")]
    NoName(usize),
    #[error("invalid environment variable format at line {0}: whitespace before '=' is not allowed")]
    SpaceBefore(usize),
    #[error("invalid environment variable format at line {0}: value must be enclosed in single quotes")]
    Unquoted(usize),
    #[error("invalid environment variable format at line {0}: unexpected content after closing quote")]
    After(usize),
    #[error("invalid environment variable format starting at line {0}: unclosed single quote")]
    Unclosed(usize),
}

const SPACE: [char; 2] = [' ', '\t'];

/// The variable's value; "" where it is not there, or empty. What follows it in the file is not read.
///
/// # Errors
/// The file is malformed before the variable ends.
pub fn value(text: &str, key: &str) -> Result<String, FileError> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    while let Some((number, line)) = lines.next() {
        let line = line.trim_start_matches(SPACE);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, rest) = line.split_once('=').ok_or(FileError::NoEquals(number))?;
        if name.trim_end_matches(SPACE).is_empty() {
            return Err(FileError::NoName(number));
        }
        if name.ends_with(SPACE) {
            return Err(FileError::SpaceBefore(number));
        }
        // A shell takes the value to be empty here.
        if rest.starts_with(SPACE) {
            if name == key {
                return Ok(String::new());
            }
            continue;
        }
        let mut rest = rest.strip_prefix('\'').ok_or(FileError::Unquoted(number))?;
        let (mut value, mut last) = (String::new(), number);
        let after = loop {
            if let Some((end, after)) = rest.split_once('\'') {
                value.push_str(end);
                break after.trim_start_matches(SPACE);
            }
            value.push_str(rest);
            value.push('\n');
            (last, rest) = lines.next().ok_or(FileError::Unclosed(number))?;
        };
        if !after.is_empty() && !after.starts_with('#') {
            return Err(FileError::After(last));
        }
        if name == key {
            return Ok(value);
        }
    }
    Ok(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_a_shell_takes_them() {
        let check = |text: &str, key: &str, want: Result<&str, FileError>| {
            assert_eq!(value(text, key), want.map(str::to_owned), "{text}");
        };
        check("A='one'\nB='two words' # why\n", "B", Ok("two words"));
        check("# x\n\n  A='1'\n", "A", Ok("1"));
        check("A='first\nsecond'\nB='b'\n", "A", Ok("first\nsecond"));
        check("A='first\nsecond'\nB='b'\n", "B", Ok("b"));
        check("A= 'one'\nB='b'", "A", Ok(""));
        check("A= 'one'\nB='b'", "B", Ok("b"));
        check("A='one'", "C", Ok(""));
        check("A='one'\nnonsense", "A", Ok("one"));
        check("nonsense\nA='one'", "A", Err(FileError::NoEquals(1)));
        check("='x'", "A", Err(FileError::NoName(1)));
        check("A ='x'", "A", Err(FileError::SpaceBefore(1)));
        check("A=x", "A", Err(FileError::Unquoted(1)));
        check("A=\"x\"", "A", Err(FileError::Unquoted(1)));
        check("A='x'y", "A", Err(FileError::After(1)));
        check("\nA='x\ny", "A", Err(FileError::Unclosed(2)));
    }
}
