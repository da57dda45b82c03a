//! Lines of a log as CRI writes them: `time stream tag text`. Pure.
use jiff::Timestamp;

/// What a reader asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub follow: bool,
    pub previous: bool,
    pub timestamps: bool,
    pub tail: Option<u64>,
    pub since: Option<Timestamp>,
    pub limit_bytes: Option<u64>,
    /// `stdout` or `stderr`; None: both.
    pub stream: Option<String>,
}

/// Where the last `lines` lines of a log begin. A last line without an end counts as one.
pub fn tail_start(log: &[u8], lines: u64) -> usize {
    if lines == 0 {
        return log.len();
    }
    let end = if log.last() == Some(&b'\n') { log.len() - 1 } else { log.len() };
    let mut seen = 0;
    for at in (0..end).rev() {
        if log[at] == b'\n' {
            seen += 1;
            if seen == lines {
                return at + 1;
            }
        }
    }
    0
}

/// One line (with its end, if it has one) as the reader gets it; None if it is not for them.
pub fn shown(line: &[u8], options: &Options) -> Option<Vec<u8>> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let mut parts = text.splitn(4, |byte| *byte == b' ');
    let (time, stream, tag) = (parts.next()?, parts.next()?, parts.next()?);
    let content = parts.next().unwrap_or_default();
    if options.stream.as_deref().is_some_and(|wanted| wanted.as_bytes() != stream) {
        return None;
    }
    if let Some(since) = options.since {
        let at: Timestamp = std::str::from_utf8(time).ok()?.parse().ok()?;
        if at < since {
            return None;
        }
    }
    let mut out = Vec::with_capacity(line.len());
    if options.timestamps {
        out.extend_from_slice(time);
        out.push(b' ');
    }
    out.extend_from_slice(content);
    if tag.first() != Some(&b'P') {
        out.push(b'\n');
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str =
        "2026-01-01T00:00:01.5Z stdout F one\n2026-01-01T00:00:02Z stderr P tw\n2026-01-01T00:00:03Z stderr F o\n";

    fn read(options: &Options) -> String {
        let from = options.tail.map_or(0, |lines| tail_start(LOG.as_bytes(), lines));
        let lines = LOG[from..].split_inclusive('\n').filter_map(|line| shown(line.as_bytes(), options));
        String::from_utf8(lines.collect::<Vec<_>>().concat()).unwrap()
    }

    #[test]
    fn options() {
        let check = |options: Options, want: &str| assert_eq!(read(&options), want, "{options:?}");
        check(Options::default(), "one\ntwo\n");
        check(Options { tail: Some(1), ..Options::default() }, "o\n");
        check(Options { tail: Some(0), ..Options::default() }, "");
        check(Options { stream: Some("stdout".into()), ..Options::default() }, "one\n");
        check(Options { since: "2026-01-01T00:00:02Z".parse().ok(), ..Options::default() }, "two\n");
        let both = Options { timestamps: true, tail: Some(3), stream: Some("stdout".into()), ..Options::default() };
        check(both, "2026-01-01T00:00:01.5Z one\n");
    }
}
