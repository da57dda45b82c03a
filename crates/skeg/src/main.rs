//! The `skeg` program: command line and wiring only.
mod apiserver;
mod flags;
mod problem;
mod process;
mod server;

use clap::Parser;
use flags::{Command, Program};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Some(code) = skeg_node::run_as_plugin() {
        return code;
    }
    let program = Program::parse();
    process::start_logging(program.verbosity);
    let done = match program.command {
        Command::Server(flags) => process::run(|token| server::run(*flags, token)),
        Command::Apiserver(flags) => process::run(|token| apiserver::run(*flags, token)),
        Command::Sample(flags) => process::run(|token| async move {
            token.run_until_cancelled(skeg_cli::sample::run(flags)).await.unwrap_or(Ok(()))
        }),
        Command::Cleanup(flags) => process::run(|_| server::cleanup(flags)),
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
