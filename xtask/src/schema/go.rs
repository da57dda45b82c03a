//! Reads the type declarations of a gofmt-formatted Go package: structs with tags and markers, named types, string
//! constants, imports, registered kinds.
use anyhow::{Context, Result};
use regex::Regex;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    rc::Rc,
};

#[derive(Debug)]
pub struct Package {
    /// Import path.
    pub path: String,
    /// API group, from `GroupName`.
    pub group: String,
    /// Package name, which is the API version here.
    pub version: String,
    /// What comes before `.TypeName` in OpenAPI names.
    pub model_prefix: String,
    pub types: BTreeMap<String, Decl>,
    /// Values of string constants by their declared type.
    pub constants: BTreeMap<String, BTreeMap<String, Constant>>,
    /// Types that the package registers as kinds of its group and version.
    pub kinds: BTreeSet<String>,
}

#[derive(Debug)]
pub struct Decl {
    pub name: String,
    pub markers: Vec<String>,
    pub imports: Rc<Imports>,
    pub body: Body,
}

#[derive(Debug)]
pub enum Constant {
    Text(String),
    /// The name of another constant, such as `v1.IPv4Protocol`.
    Ref(String),
}

/// Local package name to import path.
pub type Imports = BTreeMap<String, String>;

#[derive(Debug)]
pub enum Body {
    Struct(Vec<FieldDecl>),
    /// The type expression after the name.
    Named(String),
}

#[derive(Debug)]
pub struct FieldDecl {
    /// None for an embedded struct.
    pub name: Option<String>,
    pub expr: String,
    pub tag: String,
    pub markers: Vec<String>,
    /// Has a comment that is more than markers.
    pub documented: bool,
}

impl FieldDecl {
    /// The value of one key of the struct tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        let start = self.tag.find(&format!("{key}:\""))? + key.len() + 2;
        let rest = &self.tag[start..];
        Some(&rest[..rest.find('"')?])
    }

    pub fn marker(&self, key: &str) -> Option<&str> {
        marker(&self.markers, key)
    }
}

/// The value of `+key=value`; "" for a bare `+key`.
pub fn marker<'a>(markers: &'a [String], key: &str) -> Option<&'a str> {
    markers.iter().find_map(|m| {
        let rest = m.strip_prefix(key)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('=') }
    })
}

/// All values of `+key=value`, in order.
pub fn marker_all<'a>(markers: &'a [String], key: &str) -> Vec<&'a str> {
    markers.iter().filter_map(|m| m.strip_prefix(key)?.strip_prefix('=')).collect()
}

pub fn read_package(path: &str, dir: &Path) -> Result<Package> {
    let mut package = Package {
        path: path.into(),
        group: String::new(),
        version: path.rsplit('/').next().unwrap_or_default().into(),
        model_prefix: String::new(),
        types: BTreeMap::new(),
        constants: BTreeMap::new(),
        kinds: BTreeSet::new(),
    };
    let mut files: Vec<_> = std::fs::read_dir(dir)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with(".go") || name.ends_with("_test.go") {
            continue;
        }
        let text = std::fs::read_to_string(&file).with_context(|| format!("read {name}"))?;
        match name.as_str() {
            "zz_generated.model_name.go" => read_model_prefix(&text, &mut package)?,
            "register.go" => read_register(&text, &mut package)?,
            n if n.starts_with("zz_generated") || n == "generated.pb.go" => {}
            _ => FileReader::new(&without_block_comments(&text), &mut package).read(),
        }
    }
    Ok(package)
}

fn read_model_prefix(text: &str, package: &mut Package) -> Result<()> {
    let name = Regex::new(r#"return "(io\.[^"]+)\.\w+""#)?;
    package.model_prefix = name.captures(text).context("no model name")?[1].into();
    Ok(())
}

fn read_register(text: &str, package: &mut Package) -> Result<()> {
    if let Some(group) = Regex::new(r#"GroupName\s*=\s*"([^"]*)""#)?.captures(text) {
        package.group = group[1].into();
    }
    for kind in Regex::new(r"(?m)^\s*&(\w+)\{\},?$")?.captures_iter(text) {
        package.kinds.insert(kind[1].into());
    }
    Ok(())
}

/// Drops comments that begin a line with `/*`.
fn without_block_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        inside |= line.trim_start().starts_with("/*");
        if !inside {
            out.push_str(line);
            out.push('\n');
        } else if line.contains("*/") {
            inside = false;
        }
    }
    out
}

/// Walks the lines of one file.
struct FileReader<'a> {
    lines: std::iter::Peekable<std::str::Lines<'a>>,
    package: &'a mut Package,
    imports: Rc<Imports>,
    markers: Vec<String>,
}

impl<'a> FileReader<'a> {
    fn new(text: &'a str, package: &'a mut Package) -> Self {
        Self { imports: Rc::new(imports(text)), lines: text.lines().peekable(), package, markers: Vec::new() }
    }

    fn read(mut self) {
        while let Some(line) = self.lines.next() {
            if let Some(comment) = line.strip_prefix("//") {
                push_marker(&mut self.markers, comment);
            } else if let Some(rest) = line.strip_prefix("type ") {
                self.declaration(rest);
                self.markers.clear();
            } else if line == "const (" {
                self.constants();
                self.markers.clear();
            } else if let Some(rest) = line.strip_prefix("const ") {
                self.constant(rest);
                self.markers.clear();
            } else if !line.is_empty() {
                self.markers.clear();
            }
        }
    }

    fn declaration(&mut self, rest: &str) {
        let Some((name, expr)) = rest.split_once(' ') else { return };
        let expr = expr.strip_prefix("= ").unwrap_or(expr);
        let body = match expr {
            "struct {" => Body::Struct(self.fields()),
            "struct {}" | "struct{}" => Body::Struct(Vec::new()),
            _ if expr.starts_with("interface") || expr.starts_with("func") => return,
            _ => Body::Named(expr.split("//").next().unwrap_or_default().trim().into()),
        };
        let decl = Decl { name: name.into(), markers: self.markers.clone(), imports: Rc::clone(&self.imports), body };
        self.package.types.insert(name.into(), decl);
    }

    fn fields(&mut self) -> Vec<FieldDecl> {
        let mut fields = Vec::new();
        let mut markers = Vec::new();
        let mut documented = false;
        for line in self.lines.by_ref() {
            if line == "}" {
                break;
            }
            let line = line.trim();
            if let Some(comment) = line.strip_prefix("//") {
                documented |= !matches!(comment.trim().chars().next(), None | Some('+'));
                push_marker(&mut markers, comment);
                continue;
            }
            if let Some(field) = field(line, &mut markers) {
                fields.push(FieldDecl { documented, ..field });
            }
            documented = false;
            markers.clear();
        }
        fields
    }

    fn constants(&mut self) {
        for line in self.lines.by_ref() {
            if line == ")" {
                break;
            }
            constant(line.trim(), self.package);
        }
    }

    fn constant(&mut self, rest: &str) {
        constant(rest, self.package);
    }
}

fn push_marker(markers: &mut Vec<String>, comment: &str) {
    if let Some(marker) = comment.trim().strip_prefix('+') {
        markers.push(marker.trim().into());
    }
}

/// `Name Type = "value"` or `Name = Type("value")`; the value may be another constant.
fn constant(line: &str, package: &mut Package) {
    let Some((left, right)) = line.split_once('=') else { return };
    let right = right.trim();
    let (conversion, right) = match right.split_once('(') {
        Some((ty, rest)) if !ty.contains('"') => (Some(ty), rest),
        _ => (None, right),
    };
    let mut words = left.split_whitespace();
    let (Some(name), Some(ty)) = (words.next(), words.next().or(conversion)) else { return };
    let value = match right.strip_prefix('"').and_then(|v| v.split('"').next()) {
        Some(text) => Constant::Text(text.into()),
        None if conversion.is_some() && right.ends_with(')') => Constant::Ref(right.trim_end_matches(')').into()),
        None => return,
    };
    package.constants.entry(ty.into()).or_default().insert(name.into(), value);
}

/// One line of a struct body; None for a blank line.
fn field(line: &str, markers: &mut Vec<String>) -> Option<FieldDecl> {
    let (left, tag) = match line.split_once('`') {
        Some((left, rest)) => (left, rest.split('`').next().unwrap_or_default()),
        None => (line.split("//").next().unwrap_or_default(), ""),
    };
    let left = left.trim();
    if left.is_empty() {
        return None;
    }
    let (name, expr) = match left.split_once(char::is_whitespace) {
        Some((name, expr)) => (Some(name.to_owned()), expr.trim().to_owned()),
        None => (None, left.to_owned()),
    };
    Some(FieldDecl { name, expr, tag: tag.into(), markers: std::mem::take(markers), documented: false })
}

fn imports(text: &str) -> Imports {
    let mut imports = Imports::new();
    for line in text.lines().skip_while(|l| !l.starts_with("import")).take_while(|l| *l != ")") {
        let line = line.trim().trim_start_matches("import ").trim();
        let Some(path) = line.split('"').nth(1) else { continue };
        let alias = line.split('"').next().unwrap_or_default().trim();
        let name = if alias.is_empty() { path.rsplit('/').next().unwrap_or_default() } else { alias };
        imports.insert(name.into(), path.into());
    }
    imports
}
