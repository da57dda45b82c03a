//! What a machine can check of the project's style: words that promise instead of doing, long files, layers.
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Lines of a source file at most; generated tables and the listed files aside. The list may only shrink.
const FILE_LINES_MAX: usize = 620;
const GENERATED: &[&str] = &["crates/model/src/schema/table.rs", "crates/model/src/schema/table/"];
const LONG_FILES: &[&str] = &[];

/// Shipping code does what it says: words that excuse it for not doing so.
const EXCUSES: &[&str] = &["for now", "simplified", "placeholder", "in a real", "todo:", "fixme", "hack:", "xxx:"];

/// Error texts of upstream's that clients compare, and which hold such words.
const UPSTREAMS_TEXTS: &[&str] = &["`tailLines` and specific `stream` are mutually exclusive for now"];

/// A crate may use these crates of the workspace; dependencies point down.
const LAYERS: &[(&str, &[&str])] = &[
    ("skeg-model", &[]),
    ("skeg-programs", &[]),
    ("skeg-storage", &["skeg-model"]),
    ("skeg-client", &["skeg-model"]),
    ("skeg-server", &["skeg-model", "skeg-storage", "skeg-client"]),
    ("skeg-control", &["skeg-model", "skeg-client"]),
    ("skeg-node", &["skeg-model", "skeg-client", "skeg-programs"]),
    ("skeg-cli", &["skeg-model", "skeg-client"]),
    ("skeg-testing", &["skeg-model", "skeg-storage", "skeg-client", "skeg-server"]),
    (
        "skeg",
        &[
            "skeg-model",
            "skeg-storage",
            "skeg-client",
            "skeg-server",
            "skeg-control",
            "skeg-node",
            "skeg-cli",
            "skeg-programs",
        ],
    ),
    ("xtask", &[]),
];

/// Runs all checks and lists everything that they found.
///
/// # Errors
/// Something was found, or the tree cannot be read.
pub fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the project")?;
    let mut found = Vec::new();
    for path in sources(root)? {
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        found.extend(check_source(&name, &text));
    }
    found.extend(check_layers(&workspace_dependencies(root)?));
    if found.is_empty() {
        return Ok(());
    }
    bail!("{} findings:\n{}", found.len(), found.join("\n"))
}

fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    let mut open = vec![root.join("crates"), root.join("xtask")];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("reading {}", dir.display()))? {
            let path = entry?.path();
            if path.is_dir() && path.file_name().is_some_and(|n| n != "target") {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    out.sort();
    Ok(out)
}

fn check_source(name: &str, text: &str) -> Vec<String> {
    let generated = GENERATED.iter().any(|g| name.starts_with(g));
    if generated || name == "xtask/src/tidy.rs" {
        return Vec::new();
    }
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX && !LONG_FILES.contains(&name) {
        found.push(format!("{name}: {lines} lines, at most {FILE_LINES_MAX}: split it by topic"));
    }
    let mut tests = false;
    for (number, line) in text.lines().enumerate() {
        tests |= line.trim() == "#[cfg(test)]";
        if UPSTREAMS_TEXTS.iter().any(|text| line.contains(text)) {
            continue;
        }
        let lower = line.to_lowercase();
        let words = EXCUSES.iter().filter(|w| lower.contains(*w));
        found.extend(words.map(|w| format!("{name}:{}: {w:?} stands in shipping code", number + 1)));
        if line.trim_start().starts_with("#[ignore") {
            found.push(format!("{name}:{}: a test that is never run", number + 1));
        }
    }
    if tests || !text.contains("#[test]") || name.contains("/tests") || text.contains("#[tokio::test") {
        return found;
    }
    found.push(format!("{name}: tests outside a test module"));
    found
}

fn workspace_dependencies(root: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("asking cargo for the workspace")?;
    let names: Vec<String> = metadata.packages.iter().map(|p| p.name.to_string()).collect();
    let ours = |p: &cargo_metadata::Package| {
        let normal = p.dependencies.iter().filter(|d| d.kind == cargo_metadata::DependencyKind::Normal);
        normal.map(|d| d.name.clone()).filter(|d| names.contains(d)).collect()
    };
    Ok(metadata.packages.iter().map(|p| (p.name.to_string(), ours(p))).collect())
}

fn check_layers(dependencies: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, uses) in dependencies {
        let Some((_, allowed)) = LAYERS.iter().find(|(n, _)| n == name) else {
            found.push(format!("{name}: has no place in the layers (xtask/src/tidy.rs)"));
            continue;
        };
        let wrong = uses.iter().filter(|u| !allowed.contains(&u.as_str()));
        found.extend(wrong.map(|u| format!("{name} must not use {u}: dependencies point down")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_tidy() {
        run().unwrap();
    }

    #[test]
    fn what_should_be_found_is_found() {
        let excuse = format!("fn a() {{}} // good enough {} now", "for");
        assert_eq!(check_source("crates/x/src/a.rs", &excuse).len(), 1);
        assert_eq!(check_source("crates/x/src/a.rs", &"//\n".repeat(FILE_LINES_MAX + 1)).len(), 1);
        let upward = BTreeMap::from([("skeg-model".to_owned(), vec!["skeg-server".to_owned()])]);
        assert_eq!(check_layers(&upward), ["skeg-model must not use skeg-server: dependencies point down"]);
    }
}
