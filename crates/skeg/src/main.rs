//! The `skeg` program: command line and wiring only.
mod apiserver;
mod control;
mod flags;
mod kubeconfig;
mod kubelet_flags;
mod problem;
mod process;
mod server;
mod simulate;

use clap::Parser;
use flags::{Command, Program};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let called_as = std::env::args_os().next().unwrap_or_default();
    if let Some(code) = skeg_node::net::cni::run_if_plugin(called_as.as_ref()) {
        return code;
    }
    let program = Program::parse();
    process::start_logging(program.verbosity);
    let done = match program.command {
        Command::Server(flags) => process::run(|token| server::run(*flags, token)),
        Command::Sample(flags) => process::run(|token| async move {
            token.run_until_cancelled(skeg_cli::sample::run(flags)).await.unwrap_or(Ok(()))
        }),
        Command::Simulate(flags) => process::run(|token| simulate::run(flags, token)),
        Command::Cleanup(flags) => server::cleanup(&flags),
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
