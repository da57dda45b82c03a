//! What the kubelet asks of the kernel for its own process. Where it may not ask that, it says so and goes on.
use super::configuration::Settings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{fs, io};

/// The limit to set: the wish, or as much of it as may be had without more rights.
fn within(wish: u64, hard: Option<u64>, raised: bool) -> Rlimit {
    let most = hard.unwrap_or(u64::MAX);
    if raised {
        Rlimit { current: Some(wish), maximum: Some(wish) }
    } else {
        Rlimit { current: Some(wish.min(most)), maximum: hard }
    }
}

fn open_files(wish: u64) -> io::Result<()> {
    let hard = getrlimit(Resource::Nofile).maximum;
    let whole = setrlimit(Resource::Nofile, within(wish, hard, true));
    whole.or_else(|_| setrlimit(Resource::Nofile, within(wish, hard, false)))?;
    match hard {
        Some(hard) if hard < wish && whole.is_err() => {
            Err(io::Error::other(format!("this process may have {hard} files open at most")))
        }
        _ => Ok(()),
    }
}

/// `oomScoreAdj` and `maxOpenFiles`.
pub fn apply(settings: &Settings) {
    if let Err(error) = fs::write("/proc/self/oom_score_adj", settings.oom_score_adj.to_string()) {
        tracing::info!(score = settings.oom_score_adj, %error, "the kernel does not let this process have its OOM score");
    }
    if let Err(error) = open_files(settings.open_files_max) {
        tracing::info!(wanted = settings.open_files_max, %error, "the limit of open files stays below what is set");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_rights_the_hard_limit_stays() {
        let shown = |it: Rlimit| (it.current, it.maximum);
        assert_eq!(shown(within(1000, Some(200), true)), (Some(1000), Some(1000)));
        assert_eq!(shown(within(1000, Some(200), false)), (Some(200), Some(200)));
        assert_eq!(shown(within(1000, Some(5000), false)), (Some(1000), Some(5000)));
        assert_eq!(shown(within(1000, None, false)), (Some(1000), None));
    }
}
