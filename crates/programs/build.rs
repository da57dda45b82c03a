//! Compiles each program of `programs/` to a static executable that needs nothing from the image it runs in.
use std::{env, path::PathBuf, process::Command};

/// A freestanding program brings its own entry point and talks to the kernel itself.
const FREESTANDING: &[&str] = &[
    "-Crelocation-model=static",
    "-Clink-arg=-nostartfiles",
    "-Clink-arg=-nostdlib",
    "-Clink-arg=-static",
    "-Clink-arg=-no-pie",
    "-Clink-arg=-Wl,--build-id=none",
];
/// A program on the standard library, with the C library linked in.
const HOSTED: &[&str] = &["-Ctarget-feature=+crt-static"];

fn main() {
    build("pause", FREESTANDING);
    build("web", HOSTED);
}

fn build(name: &str, flags: &[&str]) {
    let source = format!("programs/{name}.rs");
    println!("cargo::rerun-if-changed={source}");
    let variable = |key: &str| env::var(key).unwrap_or_else(|_| panic!("cargo sets {key}"));
    let out = PathBuf::from(variable("OUT_DIR")).join(name);
    let mut compiler = Command::new(variable("RUSTC"));
    compiler.args(["--edition=2024", "--crate-type=bin", "--target", &variable("TARGET")]);
    compiler.args(["-Copt-level=s", "-Cpanic=abort", "-Cstrip=symbols", "-Ccodegen-units=1", "-Dwarnings"]);
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        compiler.arg(format!("-Clinker={linker}"));
    }
    let status = compiler.args(flags).arg("--crate-name").arg(name).arg("-o").arg(&out).arg(&source).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("compiling {source}: the compiler ended with {status}"),
        Err(error) => panic!("compiling {source}: the compiler did not start: {error}"),
    }
}
