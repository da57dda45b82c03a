//! Chores of the project: `cargo xtask schema`, `cargo xtask tidy`.
mod schema;
mod tidy;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(),
        ["schema"] => schema::run(None),
        ["schema", "--check", openapi] => schema::run(Some(openapi.as_ref())),
        _ => bail!("usage: cargo xtask tidy | cargo xtask schema [--check OPENAPI_V3_DIR]"),
    }
}
