//! The process itself: runtime, signals, logging.
use anyhow::Context;
use std::{future::Future, process, time::Duration};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// How long a stop may take; then the process ends whatever is left.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Blocking work (file system calls) runs on at most so many threads.
const BLOCKING_THREADS_MAX: usize = 32;

/// Log lines go to stderr; `RUST_LOG` overrides `--v`.
pub fn start_logging(verbosity: u8) {
    let level = match verbosity {
        0 => "warn,skeg=info",
        1..=2 => "info",
        3..=5 => "debug,h2=info,hyper=info,tower=info,rustls=info",
        _ => "trace,h2=info",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true).init();
}

/// Runs one command to its end. The first SIGTERM or SIGINT cancels its token, a second one ends the process at once.
///
/// # Errors
/// What the command says.
pub fn run<F, Fut>(command: F) -> anyhow::Result<()>
where
    F: FnOnce(CancellationToken) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .build()
        .context("cannot start the runtime")?;
    let token = CancellationToken::new();
    runtime.spawn(watch_signals(token.clone()));
    let done = runtime.block_on(command(token));
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

async fn watch_signals(token: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be watched: stop this process with SIGKILL");
        return;
    };
    let mut first = true;
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if !first {
            process::exit(130);
        }
        first = false;
        tracing::info!(target: "skeg", "stopping; a second signal ends the process at once");
        token.cancel();
        tokio::spawn(async {
            tokio::time::sleep(STOP_WITHIN).await;
            tracing::warn!("stopping took longer than {STOP_WITHIN:?}: ending now");
            process::exit(1);
        });
    }
}
