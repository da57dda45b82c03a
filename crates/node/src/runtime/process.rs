//! Processes told apart for good: a process id is reused, together with its start time and the machine's boot it is not.
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use std::{fs, io, os::fd::OwnedFd, path::Path, time::Duration};
use tokio::io::{Interest, unix::AsyncFd};

/// A process that can be recognised after a restart of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub pid: i32,
    /// Clock ticks after boot, as `/proc/PID/stat` has it.
    pub start_time: u64,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot: String,
}

/// The id of the machine's present boot.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// The start time in the text of `/proc/PID/stat`; the program's name may hold blanks and parentheses.
pub fn start_time_in(stat: &str) -> Option<u64> {
    const FIELD_AFTER_NAME: usize = 19;
    stat.rsplit_once(')')?.1.split_whitespace().nth(FIELD_AFTER_NAME)?.parse().ok()
}

/// Whether the text of `/proc/PID/stat` is that of a process that ended and waits for its parent.
fn is_zombie(stat: &str) -> bool {
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

impl Identity {
    pub fn of(pid: i32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/stat has another form"));
        Ok(Self { pid, start_time: start_time_in(&stat).ok_or_else(malformed)?, boot: boot_id()? })
    }

    pub fn is_alive(&self) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.pid)) else { return false };
        start_time_in(&stat) == Some(self.start_time)
            && !is_zombie(&stat)
            && boot_id().is_ok_and(|boot| boot == self.boot)
    }

    /// A handle on the process, or None when it is gone. The identity is checked after the handle is taken, so the
    /// handle cannot be another process's.
    pub fn open(&self) -> Option<Handle> {
        let fd = pidfd_open(Pid::from_raw(self.pid)?, PidfdFlags::empty()).ok()?;
        self.is_alive().then_some(Handle(fd))
    }

    /// One line: pid, start time, boot.
    pub fn to_line(&self) -> String {
        format!("{} {} {}\n", self.pid, self.start_time, self.boot)
    }

    pub fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (pid, start_time) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { pid, start_time, boot: words.next()?.to_owned() })
    }

    pub fn load(path: &Path) -> Option<Self> {
        Self::from_line(&fs::read_to_string(path).ok()?)
    }

    pub fn save(&self, path: &Path) -> io::Result<()> {
        write_atomically(path, self.to_line().as_bytes())
    }
}

/// Ids of the processes below `proc` whose arguments, the program's name first, are `wanted`.
pub fn find(proc: &Path, wanted: impl Fn(&[&[u8]]) -> bool) -> Vec<i32> {
    let processes = fs::read_dir(proc).into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_wanted = |pid: &i32| {
        let line = fs::read(proc.join(pid.to_string()).join("cmdline")).unwrap_or_default();
        // Each argument ends with a zero byte; a process that ended has none.
        let arguments: Vec<&[u8]> = line.strip_suffix(&[0]).unwrap_or(&line).split(|byte| *byte == 0).collect();
        !line.is_empty() && wanted(&arguments)
    };
    pids.filter(is_wanted).collect()
}

/// Writes a whole file or nothing.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    fs::write(&temporary, content)?;
    fs::rename(&temporary, path)
}

/// An open process: signals through it reach that process or nobody.
#[derive(Debug)]
pub struct Handle(OwnedFd);

impl Handle {
    pub fn signal(&self, signal: Signal) {
        // The process may have ended meanwhile, which is what the signal was for.
        let _ = pidfd_send_signal(&self.0, signal);
    }

    /// Returns once the process has ended.
    #[expect(unsafe_code, reason = "the only way to wait for a descriptor that tokio knows no type for")]
    pub async fn ended(&self) -> io::Result<()> {
        let own = self.0.try_clone()?;
        // SAFETY: the registration owns its descriptor, which stays open and the same until both are dropped.
        let fd = unsafe { AsyncFd::register_with_interest(own, Interest::READABLE) }?;
        fd.readable().await?.retain_ready();
        Ok(())
    }

    /// Waits for the end on the calling thread; false when it did not come in time.
    pub fn wait(&self, limit: Duration) -> bool {
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        let limit = Timespec { tv_sec: limit.as_secs().cast_signed(), tv_nsec: limit.subsec_nanos().into() };
        matches!(poll(&mut fds, Some(&limit)), Ok(1..))
    }

    /// Asks the process to end, and ends it when it has not within `grace`.
    pub fn end(&self, grace: Duration) {
        const KILL_WAIT: Duration = Duration::from_secs(5);
        self.signal(Signal::TERM);
        if !self.wait(grace) {
            self.signal(Signal::KILL);
            self.wait(KILL_WAIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_time_survives_odd_names() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1 2";
        assert_eq!(start_time_in(stat), Some(4242));
        assert_eq!(start_time_in("7 (x"), None);
    }

    #[test]
    fn own_identity_is_alive_and_round_trips() {
        let me = Identity::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(me.is_alive());
        assert_eq!(Identity::from_line(&me.to_line()), Some(me.clone()));
        assert!(!Identity { start_time: me.start_time + 1, ..me.clone() }.is_alive());
        assert!(!Identity { boot: "another".into(), ..me }.is_alive());
    }
}
