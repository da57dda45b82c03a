//! `cargo xtask schema`: writes `crates/model/src/schema/table.rs` from upstream's Go modules at one exact version.
//!
//! `go mod download` brings the modules; [`go`] reads their type declarations, [`resolve`] turns them into the facts
//! that the model's table holds, [`emit`] prints them as Rust, [`check`] compares them with published OpenAPI documents.
mod check;
mod emit;
mod go;
mod resolve;

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Upstream's version of all modules read.
const VERSION: &str = "v0.36.3";

/// Packages whose types go into the table: module and folder.
const PACKAGES: &[(&str, &str)] = &[
    ("k8s.io/apimachinery", "pkg/apis/meta/v1"),
    ("k8s.io/api", "admission/v1"),
    ("k8s.io/api", "admissionregistration/v1"),
    ("k8s.io/api", "apidiscovery/v2"),
    ("k8s.io/api", "apps/v1"),
    ("k8s.io/api", "authentication/v1"),
    ("k8s.io/api", "authorization/v1"),
    ("k8s.io/api", "autoscaling/v1"),
    ("k8s.io/api", "autoscaling/v2"),
    ("k8s.io/api", "batch/v1"),
    ("k8s.io/api", "certificates/v1"),
    ("k8s.io/api", "coordination/v1"),
    ("k8s.io/api", "core/v1"),
    ("k8s.io/api", "discovery/v1"),
    ("k8s.io/api", "events/v1"),
    ("k8s.io/api", "flowcontrol/v1"),
    ("k8s.io/api", "networking/v1"),
    ("k8s.io/api", "node/v1"),
    ("k8s.io/api", "policy/v1"),
    ("k8s.io/api", "rbac/v1"),
    ("k8s.io/api", "resource/v1"),
    ("k8s.io/api", "scheduling/v1"),
    ("k8s.io/api", "storage/v1"),
    ("k8s.io/apiextensions-apiserver", "pkg/apis/apiextensions/v1"),
    ("k8s.io/kube-aggregator", "pkg/apis/apiregistration/v1"),
];

/// Generates the table; with `openapi`, also compares it with the OpenAPI v3 documents of that folder.
pub fn run(openapi: Option<&Path>) -> Result<()> {
    let mut packages = Vec::new();
    let mut modules: Vec<(&str, PathBuf)> = Vec::new();
    for &(module, folder) in PACKAGES {
        let dir = match modules.iter().find(|(name, _)| *name == module) {
            Some((_, dir)) => dir.clone(),
            None => {
                let dir = download(module)?;
                modules.push((module, dir.clone()));
                dir
            }
        };
        let path = format!("{module}/{folder}");
        packages.push(go::read_package(&path, &dir.join(folder)).with_context(|| path.clone())?);
    }
    let types = resolve::resolve(&packages)?;
    if let Some(dir) = openapi {
        check::check(&types, dir)?;
    }
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/model/src/schema/table.rs");
    std::fs::write(&out, emit::emit(&types, VERSION)).with_context(|| format!("write {}", out.display()))?;
    println!("{} types", types.len());
    Ok(())
}

/// Brings a module into Go's module cache and says where its files lie.
fn download(module: &str) -> Result<PathBuf> {
    let output = Command::new("go")
        .args(["mod", "download", "-json", &format!("{module}@{VERSION}")])
        .env("GO111MODULE", "on")
        .env("GOFLAGS", "-mod=mod")
        .current_dir(std::env::temp_dir())
        .output()
        .context("run go mod download (is Go installed?)")?;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).context("parse go's answer")?;
    if let Some(error) = answer["Error"].as_str() {
        bail!("{module}@{VERSION}: {error}");
    }
    Ok(answer["Dir"].as_str().context("go named no folder")?.into())
}
