//! The `skeg` program: command line and wiring only.
mod apiserver;
mod flags;
mod kubeconfig;
mod problem;
mod process;

use clap::Parser;
use flags::{Command, Program};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let program = Program::parse();
    process::start_logging(program.verbosity);
    let done = match program.command {
        Command::Apiserver(flags) => process::run(|token| apiserver::run(*flags, token)),
        Command::Completion { shell } => {
            flags::print_completion(shell);
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("skeg: {}", problem::one_line(&error));
            ExitCode::FAILURE
        }
    }
}
