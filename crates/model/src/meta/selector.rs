//! Label selectors: their texts, their objects, and what they match.
use crate::{Value, meta::names};
use std::{collections::BTreeMap, fmt};

/// A conjunction of requirements over labels, or the selector that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
    nothing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    pub key: String,
    pub operator: Operator,
    /// Sorted, without repetitions.
    pub values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    In,
    NotIn,
    Equals,
    DoubleEquals,
    NotEquals,
    GreaterThan,
    LessThan,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    pub fn everything() -> Self {
        Self::default()
    }

    pub fn nothing() -> Self {
        Self { requirements: Vec::new(), nothing: true }
    }

    /// Parses the text form of query parameters and statuses, e.g. `a=b,c in (d,e),!f`.
    ///
    /// # Errors
    /// Upstream's text of what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut requirements = Parser::new(text).parse()?;
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self { requirements, nothing: false })
    }

    /// A plain map, as Services and ReplicationControllers have it. All entries must be equal.
    pub fn from_map<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut requirements: Vec<_> = labels
            .into_iter()
            .map(|(key, value)| Requirement { key: key.into(), operator: Operator::Equals, values: vec![value.into()] })
            .collect();
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Self { requirements, nothing: false }
    }

    /// A `LabelSelector` object: null matches nothing, `{}` everything.
    ///
    /// # Errors
    /// An operator that is none, or values that its operator does not take.
    pub fn from_object(selector: &Value) -> Result<Self, String> {
        if selector.is_null() {
            return Ok(Self::nothing());
        }
        let labels = selector["matchLabels"].as_object();
        let pairs = labels.into_iter().flatten().map(|(k, v)| (k.as_str(), v.as_str().unwrap_or_default()));
        let mut all = Self::from_map(pairs);
        for expression in selector["matchExpressions"].as_array().map_or(&[][..], Vec::as_slice) {
            let operator = match expression["operator"].as_str().unwrap_or_default() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(format!("{} is not a valid label selector operator", super::go::quote(other))),
            };
            let values = expression["values"].as_array().map_or(&[][..], Vec::as_slice);
            let values = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            all.requirements.push(Requirement::new(expression["key"].as_str().unwrap_or_default(), operator, values)?);
        }
        all.requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(all)
    }

    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.matches_by(|key| labels.get(key).map(String::as_str))
    }

    /// Whether labels given as a tree's map (null: none) match.
    pub fn matches_value(&self, labels: &Value) -> bool {
        self.matches_by(|key| labels.get(key).and_then(Value::as_str))
    }

    fn matches_by<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.nothing && self.requirements.iter().all(|r| r.matches(label(&r.key)))
    }

    /// Whether it restricts nothing.
    pub fn is_everything(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }

    pub fn is_nothing(&self) -> bool {
        self.nothing
    }

    /// A label that whatever matches must have, and the values it may have; None when there is no such label.
    pub fn required_label(&self) -> Option<(&str, &[String])> {
        let equal = |it: &&Requirement| matches!(it.operator, Operator::In | Operator::Equals | Operator::DoubleEquals);
        let required = self.requirements.iter().find(equal)?;
        Some((&required.key, &required.values))
    }

    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, requirement) in self.requirements.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

impl Requirement {
    /// # Errors
    /// A key or value that is no label's, or a number of values that the operator does not take.
    pub fn new(key: &str, operator: Operator, mut values: Vec<String>) -> Result<Self, String> {
        values.sort();
        values.dedup();
        let mut errors = super::field_error::Errors::new();
        let wrong = names::qualified_name(key);
        if !wrong.is_empty() {
            errors.invalid("key", key, wrong.join("; "));
        }
        let shown = super::go::Printed(serde_json::to_string(&values).expect("strings are JSON"));
        match operator {
            Operator::In | Operator::NotIn if values.is_empty() => {
                errors.invalid("values", shown, "for 'in', 'notin' operators, values set can't be empty");
            }
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if values.len() != 1 => {
                errors.invalid("values", shown, "exact-match compatibility requires one single value");
            }
            Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
                errors.invalid("values", shown, "values set must be empty for exists and does not exist");
            }
            Operator::GreaterThan | Operator::LessThan => {
                if values.len() != 1 {
                    errors.invalid("values", shown, "for 'Gt', 'Lt' operators, exactly one value is required");
                }
                for (i, value) in values.iter().enumerate().filter(|(_, v)| v.parse::<i64>().is_err()) {
                    let why = "for 'Gt', 'Lt' operators, the value must be an integer";
                    errors.invalid(format!("values[{i}]"), value, why);
                }
            }
            _ => {}
        }
        for (i, value) in values.iter().enumerate() {
            let wrong = names::label_value(value);
            if !wrong.is_empty() {
                errors.invalid(format!("values[{i}][{key}]"), value, wrong.join("; "));
            }
        }
        if errors.is_empty() { Ok(Self { key: key.into(), operator, values }) } else { Err(errors.aggregate()) }
    }

    /// Whether a label's value, or its absence, is wanted.
    pub fn matches(&self, value: Option<&str>) -> bool {
        let listed = |v: &str| self.values.iter().any(|own| own == v);
        let number = |text: &str| text.parse::<i64>().ok();
        let compared = |wanted: fn(&i64, &i64) -> bool| {
            value
                .and_then(number)
                .zip(self.values.first().and_then(|v| number(v)))
                .is_some_and(|(have, bound)| wanted(&have, &bound))
        };
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => value.is_some_and(listed),
            Operator::NotIn | Operator::NotEquals => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => compared(i64::gt),
            Operator::LessThan => compared(i64::lt),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let values = self.values.join(",");
        match self.operator {
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A key or value; `in` and `notin` where a value may stand.
    Word(&'a str),
    /// `=`, `==`, `!=`, `>`, `<`, `!`, `(`, `)`, `,`.
    Symbol(&'a str),
    /// Symbols that mean nothing, with upstream's text.
    Unknown(&'a str),
    End,
}

impl Token<'_> {
    fn literal(self) -> String {
        match self {
            Self::Word(text) | Self::Symbol(text) => text.to_owned(),
            Self::Unknown(text) => format!("error expected: keyword found '{text}'"),
            Self::End => String::new(),
        }
    }
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
}

const SYMBOLS: &[&str] = &["==", "!=", "=", "!", ">", "<", "(", ")", ","];
const BINARY_OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

fn is_symbol(c: char) -> bool {
    matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start_matches(is_space);
        while !rest.is_empty() {
            let (token, length) = if rest.starts_with(is_symbol) {
                match SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
                    Some(symbol) => (Token::Symbol(&rest[..symbol.len()]), symbol.len()),
                    None => (Token::Unknown(&rest[..1]), 1),
                }
            } else {
                let end = rest.find(|c| is_symbol(c) || is_space(c)).unwrap_or(rest.len());
                (Token::Word(&rest[..end]), end)
            };
            tokens.push(token);
            rest = rest[length..].trim_start_matches(is_space);
        }
        tokens.push(Token::End);
        Self { tokens, next: 0 }
    }

    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.next).copied().unwrap_or(Token::End)
    }

    fn take(&mut self) -> Token<'a> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn parse(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                Token::Word(_) | Token::Symbol("!") => {
                    let one = self.requirement().map_err(|e| format!("unable to parse requirement: {e}"))?;
                    requirements.push(one);
                    match self.take() {
                        Token::End => return Ok(requirements),
                        Token::Symbol(",") => {
                            let after = self.peek();
                            if !matches!(after, Token::Word(_) | Token::Symbol("!")) {
                                return Err(format!("found '{}', expected: identifier after ','", after.literal()));
                            }
                        }
                        other => {
                            return Err(format!("found '{}', expected: ',' or 'end of string'", other.literal()));
                        }
                    }
                }
                Token::End => return Ok(requirements),
                other => {
                    return Err(format!("found '{}', expected: !, identifier, or 'end of string'", other.literal()));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let mut absent = false;
        let mut token = self.take();
        if token == Token::Symbol("!") {
            absent = true;
            token = self.take();
        }
        let Token::Word(key) = token else {
            return Err(format!("found '{}', expected: identifier", token.literal()));
        };
        let wrong = names::qualified_name(key);
        if !wrong.is_empty() {
            return Err(format!("<nil>: Invalid value: {}: {}", super::go::quote(key), wrong.join("; ")));
        }
        if absent {
            return Requirement::new(key, Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Requirement::new(key, Operator::Exists, Vec::new());
        }
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact_value()?],
        };
        Requirement::new(key, operator, values)
    }

    fn operator(&mut self) -> Result<Operator, String> {
        Ok(match self.take() {
            Token::Word("in") => Operator::In,
            Token::Word("notin") => Operator::NotIn,
            Token::Symbol("=") => Operator::Equals,
            Token::Symbol("==") => Operator::DoubleEquals,
            Token::Symbol("!=") => Operator::NotEquals,
            Token::Symbol(">") => Operator::GreaterThan,
            Token::Symbol("<") => Operator::LessThan,
            other => return Err(format!("found '{}', expected: {BINARY_OPERATORS}", other.literal())),
        })
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.take();
        if open != Token::Symbol("(") {
            return Err(format!("found '{}' expected: '('", open.literal()));
        }
        match self.peek() {
            Token::Word(_) | Token::Symbol(",") => self.value_list(),
            Token::Symbol(")") => {
                self.take();
                Ok(vec![String::new()])
            }
            other => Err(format!("found '{}', expected: ',', ')' or identifier", other.literal())),
        }
    }

    /// Up to and including the closing parenthesis; empty places between commas are empty values.
    fn value_list(&mut self) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        loop {
            match self.take() {
                Token::Word(value) => {
                    values.push(value.to_owned());
                    match self.peek() {
                        Token::Symbol(",") => {}
                        Token::Symbol(")") => break,
                        other => return Err(format!("found '{}', expected: ',' or ')'", other.literal())),
                    }
                }
                Token::Symbol(",") => {
                    if values.is_empty() {
                        values.push(String::new());
                    }
                    if self.peek() == Token::Symbol(")") {
                        values.push(String::new());
                        break;
                    }
                    if self.peek() == Token::Symbol(",") {
                        values.push(String::new());
                    }
                }
                other => return Err(format!("found '{}', expected: ',', or identifier", other.literal())),
            }
        }
        self.take();
        Ok(values)
    }

    fn exact_value(&mut self) -> Result<String, String> {
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Ok(String::new());
        }
        match self.take() {
            Token::Word(value) => Ok(value.to_owned()),
            other => Err(format!("found '{}', expected: identifier", other.literal())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn texts_match_and_print() {
        let have = labels(&[("a", "b"), ("n", "5"), ("empty", "")]);
        let check = |text: &str, matches: bool, printed: &str| {
            let selector = LabelSelector::parse(text).unwrap();
            assert_eq!(selector.matches(&have), matches, "{text}");
            assert_eq!(selector.to_string(), printed);
        };
        check("", true, "");
        check(" a = b ", true, "a=b");
        check("a==b,n>4", true, "a==b,n>4");
        check("n<5", false, "n<5");
        check("a!=b", false, "a!=b");
        check("z!=b", true, "z!=b");
        check("z, a", false, "a,z");
        check("!z", true, "!z");
        check("a in (c, b)", true, "a in (b,c)");
        check("a notin (c)", true, "a notin (c)");
        check("empty=", true, "empty=");
        check("in in (in,notin)", false, "in in (in,notin)");
        check("a in ()", false, "a in ()");
        check("empty in (,x)", true, "empty in (,x)");
    }

    #[test]
    fn bad_texts_are_refused_in_upstreams_words() {
        let check = |text: &str, want: &str| assert_eq!(LabelSelector::parse(text).unwrap_err(), want);
        check("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
        check("a,", "found '', expected: identifier after ','");
        check("=", "found '=', expected: !, identifier, or 'end of string'");
        check("a in b", "unable to parse requirement: found 'b' expected: '('");
        check("a in (b", "unable to parse requirement: found '', expected: ',' or ')'");
        check("a=b c", "found 'c', expected: ',' or 'end of string'");
        check(
            "a>b",
            "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
        );
    }

    #[test]
    fn objects_match() {
        let check = |object: Value, have: &[(&str, &str)], matches: bool| {
            assert_eq!(LabelSelector::from_object(&object).unwrap().matches(&labels(have)), matches, "{object}");
        };
        check(Value::Null, &[], false);
        check(json!({}), &[("x", "y")], true);
        check(json!({"matchLabels": {"a": "b"}}), &[("a", "b"), ("c", "d")], true);
        check(json!({"matchLabels": {"a": "b"}}), &[("a", "c")], false);
        let expression = json!({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]});
        check(expression, &[], true);
        check(json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]}), &[], false);
        assert!(LabelSelector::from_object(&json!({"matchExpressions": [{"key": "a", "operator": "Is"}]})).is_err());
    }
}
