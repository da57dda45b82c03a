//! Packs the descriptions of API types and fields that the `k8s-openapi` dependency carries into one compressed file, which
//! the schema includes.
//!
//! Upstream's prose is the dependency's content, so it is read from the dependency: the sources that Cargo resolved for this
//! build, found with `cargo metadata` (locked), which holds for registries, vendored sources and patches alike. It needs no
//! network where all of the workspace's dependencies are at hand; after a build that fetched only what it uses (not the tests'),
//! it fetches the rest.
//! The crate's feature `schemars` would give the same texts through code: hundreds of functions more to compile, and all texts
//! uncompressed in the binary. Its `links` variables name the chosen API version, so that is asked there.
mod extract;

use flate2::{Compression, write::DeflateEncoder};
use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Fewer types than this mean that the dependency's sources have another form now.
const TYPES_MIN: usize = 600;

fn main() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    let manifest = dependency("k8s-openapi")?;
    println!("cargo::rerun-if-changed={}", manifest.display());
    let sources = manifest.with_file_name("src").join(api_version()?);
    let mut types = BTreeMap::new();
    collect(&sources, &mut types)?;
    if types.len() < TYPES_MIN {
        return Err(format!("{} describes {} types only", sources.display(), types.len()).into());
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(packed(&types).as_bytes())?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    Ok(fs::write(out.join("descriptions.deflate"), encoder.finish()?)?)
}

/// The manifest of a resolved package.
fn dependency(name: &str) -> Outcome<PathBuf> {
    let stdout = resolved(&["--offline"]).or_else(|_| resolved(&[]))?;
    let metadata: serde_json::Value = serde_json::from_slice(&stdout)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    let package = packages.iter().find(|p| p["name"] == name).ok_or_else(|| format!("{name} is not resolved"))?;
    Ok(package["manifest_path"].as_str().ok_or("a package without manifest")?.into())
}

/// The whole resolved graph for this target, as Cargo prints it.
fn resolved(more: &[&str]) -> Outcome<Vec<u8>> {
    let cargo = env::var_os("CARGO").ok_or("CARGO is not set")?;
    let run = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform"])
        .arg(env::var("TARGET")?)
        .args(more)
        .current_dir(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?)
        .output()?;
    if !run.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&run.stderr)).into());
    }
    Ok(run.stdout)
}

/// The folder of the API version that the dependency's features choose, e.g. `v1_36`.
fn api_version() -> Outcome<String> {
    let is_version = |key: &str| key.starts_with("DEP_K8S_OPENAPI_") && key.ends_with("_VERSION");
    let (_, value) = env::vars().find(|(key, _)| is_version(key)).ok_or("k8s-openapi does not tell its API version")?;
    let version: u32 = value.parse()?;
    Ok(format!("v{}_{}", version >> 16, (version >> 8) & 0xff))
}

fn collect(folder: &Path, out: &mut BTreeMap<String, extract::Described>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, out)?;
        } else if let Some((name, described)) = extract::described(&fs::read_to_string(&path)?) {
            out.insert(name, described);
        }
    }
    Ok(())
}

/// Sorted records: the type, its text, then each field and its text, ended by the ASCII separators for units and records.
fn packed(types: &BTreeMap<String, extract::Described>) -> String {
    let mut out = String::new();
    for (name, described) in types {
        let fields = described.fields.iter().flat_map(|(field, text)| [field, text]);
        for part in [name, &described.text].into_iter().chain(fields) {
            out.push_str(part);
            out.push('\x1f');
        }
        out.push('\x1e');
    }
    out
}
