//! Reads the literal of `json_schema!` in a source of `k8s-openapi`: a JSON object whose values may also be Rust expressions
//! in parentheses.
use std::collections::BTreeMap;

/// Texts of a type; "" where there is none.
#[derive(Debug, Default)]
pub struct Described {
    pub text: String,
    /// By JSON name.
    pub fields: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq)]
enum Token {
    Text(String),
    Sign(char),
}

/// The OpenAPI name and the texts of the type that a source defines; none for sources without a schema.
pub fn described(source: &str) -> Option<(String, Described)> {
    let (_, rest) = source.split_once("fn schema_name()")?;
    let name = tokens(rest).find_map(|token| match token {
        Token::Text(text) => Some(text),
        Token::Sign(_) => None,
    })?;
    let (_, schema) = rest.split_once("json_schema!(")?;
    let mut reader = tokens(schema);
    (reader.next()? == Token::Sign('{')).then_some(())?;
    let mut out = Described::default();
    members(&mut reader, |key, reader| match (key, reader.next()) {
        ("description", Some(Token::Text(text))) => out.text = text,
        ("properties", Some(Token::Sign('{'))) => members(reader, |field, reader| {
            if let Some(text) = description(reader) {
                out.fields.insert(field.to_owned(), text);
            }
        }),
        (_, first) => skip(first, reader),
    });
    Some((name, out))
}

/// The description inside the value that follows: the member of an object, or what an expression inserts by this name.
fn description(reader: &mut dyn Iterator<Item = Token>) -> Option<String> {
    match reader.next()? {
        Token::Sign('{') => {
            let mut found = None;
            members(reader, |key, reader| match (key, reader.next()) {
                ("description", Some(Token::Text(text))) => found = Some(text),
                (_, first) => skip(first, reader),
            });
            found
        }
        Token::Sign('(') => {
            let mut texts = Vec::new();
            balance(reader, |text| texts.push(text));
            let at = texts.iter().position(|text| text == "description")?;
            texts.into_iter().nth(at + 1)
        }
        _ => None,
    }
}

/// Visits the members of an object whose brace has been read; the visitor reads each value.
fn members<'r>(
    reader: &mut (dyn Iterator<Item = Token> + 'r),
    mut visit: impl FnMut(&str, &mut (dyn Iterator<Item = Token> + 'r)),
) {
    while let Some(token) = reader.next() {
        match token {
            Token::Text(key) => {
                // The colon.
                reader.next();
                visit(&key, reader);
            }
            Token::Sign('}') => return,
            Token::Sign(_) => {}
        }
    }
}

fn skip(first: Option<Token>, reader: &mut dyn Iterator<Item = Token>) {
    if let Some(Token::Sign('{' | '[' | '(')) = first {
        balance(reader, |_| {});
    }
}

/// Reads up to the bracket that closes the one just read.
fn balance(reader: &mut dyn Iterator<Item = Token>, mut visit: impl FnMut(String)) {
    let mut depth = 1;
    for token in reader {
        match token {
            Token::Text(text) => visit(text),
            Token::Sign('{' | '[' | '(') => depth += 1,
            Token::Sign('}' | ']' | ')') => depth -= 1,
            Token::Sign(_) => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// String literals and signs; words and numbers are passed over.
fn tokens(source: &str) -> impl Iterator<Item = Token> {
    let mut chars = source.chars();
    std::iter::from_fn(move || {
        loop {
            match chars.next()? {
                '"' => return literal(&mut chars).map(Token::Text),
                sign if "{}[]():,".contains(sign) => return Some(Token::Sign(sign)),
                _ => {}
            }
        }
    })
}

/// The rest of a string literal.
fn literal(chars: &mut std::str::Chars<'_>) -> Option<String> {
    let mut out = String::new();
    loop {
        out.push(match chars.next()? {
            '"' => return Some(out),
            '\\' => match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'u' => escape(chars)?,
                plain => plain,
            },
            other => other,
        });
    }
}

/// The rest of `\u{…}`.
fn escape(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let digits: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}
