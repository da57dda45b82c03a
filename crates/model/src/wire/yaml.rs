//! YAML to [`Raw`] as upstream reads it: YAML 1.1 scalars, merge keys, the first document of a stream, keys sorted as its
//! conversion to JSON sorts them, and error texts of the same parser family.
pub use super::yaml_write::write;
use super::{json::DEPTH_MAX, raw::Raw, yaml_scalar};
use serde_saphyr::granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, Tag};
use std::{borrow::Cow, collections::BTreeMap};

/// Bounds what aliases can blow a document up to.
const NODES_MAX: usize = 1_000_000;

/// A YAML document as JSON would hold it.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Invariant: keys of every object are sorted and unique; of duplicates the last won.
    pub raw: Raw<'static>,
    /// Upstream's message about duplicate keys, if there are any.
    pub duplicates: Option<String>,
}

/// Why a text is not YAML: upstream's whole message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct YamlError(pub String);

/// Reads the first document; an empty stream is `null`.
///
/// # Errors
/// The text is not YAML, has keys that JSON cannot have, or nests too deep.
pub fn parse(text: &[u8]) -> Result<Document, YamlError> {
    let text = std::str::from_utf8(text).map_err(|_| YamlError("yaml: invalid leading UTF-8 octet".into()))?;
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')) {
        return Err(YamlError("yaml: control characters are not allowed".into()));
    }
    let mut reader =
        Reader { text, parser: Parser::new_from_str(text), anchors: BTreeMap::new(), duplicates: Vec::new(), nodes: 0 };
    let raw = reader.document()?;
    let duplicates = (!reader.duplicates.is_empty())
        .then(|| format!("yaml: unmarshal errors:\n  {}", reader.duplicates.join("\n  ")));
    Ok(Document { raw, duplicates })
}

type Events<'t> = Parser<'t, serde_saphyr::granit_parser::StrInput<'t>>;

struct Reader<'t> {
    text: &'t str,
    parser: Events<'t>,
    anchors: BTreeMap<usize, Raw<'static>>,
    duplicates: Vec<String>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), YamlError> {
        loop {
            match self.parser.next() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok(event)) => return Ok(event),
                Some(Err(error)) => return Err(self.explain(&error)),
                None => return Ok((Event::StreamEnd, Span::default())),
            }
        }
    }

    fn document(&mut self) -> Result<Raw<'static>, YamlError> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(Raw::Null),
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (event, span) => return self.node(event, &span, DEPTH_MAX),
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Raw<'static>, YamlError> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(YamlError("yaml: document contains excessive aliasing".into()));
        }
        let depth = depth.checked_sub(1).ok_or_else(|| YamlError("yaml: exceeded max depth".into()))?;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => (anchor, scalar(&text, style, tag.as_deref())?),
            Event::SequenceStart(_, anchor, _) => (anchor, self.sequence(depth)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.mapping(depth)?),
            Event::Alias(id) => (0, self.alias(id, span)?),
            _ => {
                return Err(YamlError(format!("yaml: line {}: did not find expected node content", span.start.line())));
            }
        };
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn alias(&mut self, id: usize, span: &Span) -> Result<Raw<'static>, YamlError> {
        let value = self.anchors.get(&id).ok_or_else(|| {
            YamlError(format!("yaml: anchor '{}' value contains itself", self.alias_name(span.start.index())))
        })?;
        self.nodes += size(value);
        Ok(value.clone())
    }

    fn sequence(&mut self, depth: usize) -> Result<Raw<'static>, YamlError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Raw::Array(items)),
                (event, span) => items.push(self.node(event, &span, depth)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Raw<'static>, YamlError> {
        let mut entries: BTreeMap<String, Raw<'static>> = BTreeMap::new();
        let mut merged: Vec<(Cow<'static, str>, Raw<'static>)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
            let key = self.node(event, &span, depth)?;
            let line = span.start.line();
            let (event, span) = self.next()?;
            let value = self.node(event, &span, depth)?;
            if is_merge {
                merge_into(&mut merged, value)?;
                continue;
            }
            let key = key_text(key, &value)?;
            if entries.contains_key(&key) {
                self.duplicates.push(format!("line {line}: key {key:?} already set in map"));
            }
            entries.insert(key, value);
        }
        for (key, value) in merged {
            entries.entry(key.into_owned()).or_insert(value);
        }
        Ok(Raw::Object(entries.into_iter().map(|(key, value)| (Cow::Owned(key), value)).collect()))
    }

    /// The parser's complaint in upstream's words, with the line that upstream would name.
    fn explain(&self, error: &ScanError) -> YamlError {
        let marker = error.marker();
        // Lines counted from zero. Parser errors name the line before, scanner errors the line itself.
        let here = marker.line().saturating_sub(1);
        let end = self.text.matches('\n').count();
        let forced_end = end + usize::from(!self.text.ends_with('\n'));
        let (problem, line, in_parser): (Cow<'_, str>, usize, bool) = match error.kind() {
            ErrorKind::UnclosedFlowCollection { .. } if self.text.trim_end().ends_with(['[', '{', ',']) => {
                ("did not find expected node content".into(), forced_end, true)
            }
            ErrorKind::UnclosedFlowCollection { open } => (flow_end(*open), forced_end, true),
            ErrorKind::MismatchedFlowCollectionEnd { open, .. } => (flow_end(*open), here, true),
            ErrorKind::InvalidColonPlacement => (flow_end('['), here, true),
            ErrorKind::UnclosedQuotedScalar => ("found unexpected end of stream".into(), end, false),
            ErrorKind::InvalidQuotedScalarIndent if marker.index() >= self.text.len() => {
                ("found unexpected end of stream".into(), end, false)
            }
            ErrorKind::UnexpectedCharacter { .. } | ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => {
                ("found character that cannot start any token".into(), here, false)
            }
            ErrorKind::SimpleKeyExpected => ("could not find expected ':'".into(), here + 1, false),
            ErrorKind::TabInPlainScalar => ("found a tab character that violates indentation".into(), here + 1, false),
            ErrorKind::UnknownAnchor => {
                return YamlError(format!("yaml: unknown anchor '{}' referenced", self.alias_name(marker.index())));
            }
            _ => {
                let info = error.info();
                let problem = match info.split_once(", ") {
                    Some((context, problem)) if context.starts_with("while ") => problem.to_owned(),
                    _ => info,
                };
                let in_parser = problem.starts_with("did not find expected") && !problem.contains("comment");
                (problem.into(), here, in_parser)
            }
        };
        YamlError(match (line, in_parser) {
            (0, _) => format!("yaml: {problem}"),
            (line, true) => format!("yaml: line {line}: {problem}"),
            (line, false) => format!("yaml: line {}: {problem}", line + 1),
        })
    }

    /// Name of the alias that stands at this character.
    fn alias_name(&self, at: usize) -> String {
        self.text.chars().skip(at + 1).take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect()
    }
}

fn flow_end(open: char) -> Cow<'static, str> {
    if open == '[' { "did not find expected ',' or ']'" } else { "did not find expected ',' or '}'" }.into()
}

/// Number of nodes of a value.
fn size(raw: &Raw<'_>) -> usize {
    match raw {
        Raw::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Raw::Object(entries) => 1 + entries.iter().map(|(_, value)| size(value)).sum::<usize>(),
        _ => 1,
    }
}

/// Entries of a merge key's map, or of its list of maps; what came first wins.
fn merge_into(merged: &mut Vec<(Cow<'static, str>, Raw<'static>)>, value: Raw<'static>) -> Result<(), YamlError> {
    match value {
        Raw::Object(entries) => {
            for (key, value) in entries {
                if !merged.iter().any(|(k, _)| *k == key) {
                    merged.push((key, value));
                }
            }
            Ok(())
        }
        Raw::Array(items) => items.into_iter().try_for_each(|item| merge_into(merged, item)),
        _ => Err(YamlError("yaml: map merge requires map or sequence of maps as the value".into())),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Raw<'static>, YamlError> {
    let tag = tag.map(|tag| (tag.core_suffix().map(str::to_owned), tag.original()));
    let value = match &tag {
        None if style == ScalarStyle::Plain => yaml_scalar::resolve(text),
        None => Raw::String(Cow::Owned(text.to_owned())),
        Some((Some(core), original)) => {
            return yaml_scalar::tagged(core, text)
                .ok_or_else(|| YamlError(format!("yaml: cannot decode !!str `{text}` as a {original}")));
        }
        Some((None, original)) if original == "!!binary" => yaml_scalar::binary(text)
            .ok_or_else(|| YamlError("yaml: !!binary value contains invalid base64 data".into()))?,
        Some(_) => Raw::String(Cow::Owned(text.to_owned())),
    };
    if let Raw::Number(number) = &value
        && (number.contains("inf") || number == "NaN")
    {
        let name = number.replace("inf", "Inf");
        let sign = if name.starts_with('-') || name == "NaN" { "" } else { "+" };
        return Err(YamlError(format!("json: unsupported value: {sign}{name}")));
    }
    Ok(value)
}

/// A key as JSON text.
fn key_text(key: Raw<'static>, value: &Raw<'_>) -> Result<String, YamlError> {
    match key {
        Raw::String(text) | Raw::Number(text) => Ok(text.into_owned()),
        Raw::Bool(b) => Ok(b.to_string()),
        Raw::Null => {
            let shown = value.clone().into_value();
            Err(YamlError(format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {shown}")))
        }
        Raw::Array(_) | Raw::Object(_) => Err(YamlError(format!("yaml: invalid map key: {}", key.into_value()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(yaml: &str, expected: &str) {
        let found = match parse(yaml.as_bytes()) {
            Ok(document) => document.raw.into_value().to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{yaml:?}");
    }

    #[test]
    fn documents() {
        check("", "null");
        check("# only a comment\n", "null");
        check("---\na: 1\n---\nb: 2\n", r#"{"a":1}"#);
        check("text", r#""text""#);
        check("{\"a\": 1, \"b\": [true, null]}", r#"{"a":1,"b":[true,null]}"#);
        check("a: |\n  x\n  y\nb: >-\n  p\n  q\n", r#"{"a":"x\ny\n","b":"p q"}"#);
        check("a: '1'\nb: \"t\\x41\\u00e9\\n\"\nc: 'it''s'", r#"{"a":"1","b":"tAé\n","c":"it's"}"#);
        check("a:\n- b\n c", r#"{"a":["b c"]}"#);
        check("1: a\ntrue: b\n1.5: c\n", r#"{"1":"a","1.5":"c","true":"b"}"#);
        check("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2", r#"{"a":{"b":1},"c":{"b":1},"d":{"b":1,"e":2}}"#);
        check(
            "a: !!str 1\nb: !!int \"2\"\nc: !foo x\nd: !!binary aGk=\ne: ! 1",
            r#"{"a":"1","b":2,"c":"x","d":"hi","e":"1"}"#,
        );
    }

    #[test]
    fn duplicates_are_named() {
        let document = parse(b"k: 1\nk: 2\nm:\n  z: 1\n  z: 2\n").unwrap();
        assert_eq!(document.raw.into_value().to_string(), r#"{"k":2,"m":{"z":2}}"#);
        assert_eq!(
            document.duplicates.as_deref(),
            Some(
                "yaml: unmarshal errors:\n  line 2: key \"k\" already set in map\n  line 5: key \"z\" already set in map"
            )
        );
    }

    #[test]
    fn errors_are_upstreams() {
        check("a: [b", "yaml: line 1: did not find expected ',' or ']'");
        check("a: {b", "yaml: line 1: did not find expected ',' or '}'");
        check(
            "apiVersion: v1\nkind: ConfigMap\n metadata: x\n",
            "yaml: line 3: mapping values are not allowed in this context",
        );
        check("a: b: c", "yaml: mapping values are not allowed in this context");
        check("a: *x", "yaml: unknown anchor 'x' referenced");
        check("- a\nb: 1", "yaml: line 1: did not find expected '-' indicator");
        check("a: \"x", "yaml: found unexpected end of stream");
        check("a: 1\nb\nc: 2", "yaml: line 3: could not find expected ':'");
        check("a: @x", "yaml: found character that cannot start any token");
        check("a: [b}\n", "yaml: did not find expected ',' or ']'");
        check("a: 1\n- b\n", "yaml: line 1: did not find expected key");
        check("a:\n  b: 1\n c: 2\n", "yaml: line 2: did not find expected key");
        check("a: 'x\n", "yaml: line 2: found unexpected end of stream");
        check("a: 1\n\tb: 2\n", "yaml: line 2: found a tab character that violates indentation");
        check("x: [1, 2\ny: 3\n", "yaml: line 1: did not find expected ',' or ']'");
        check("a: |x\n", "yaml: did not find expected comment or line break");
        check("a: b\u{1}", "yaml: control characters are not allowed");
        check("a: .nan", "json: unsupported value: NaN");
        check("a: -.inf", "json: unsupported value: -Inf");
        check("a: &a [*a]", "yaml: anchor 'a' value contains itself");
    }

    #[test]
    fn aliases_cannot_explode() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let item = format!("*a{}", i - 1);
            text += &format!("a{i}: &a{i} [{}]\n", vec![item; 10].join(", "));
        }
        check(&text, "yaml: document contains excessive aliasing");
    }
}
