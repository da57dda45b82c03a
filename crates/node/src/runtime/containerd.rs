//! The supervised containerd. It runs in a session of its own so that it and all containers outlive Skeg, is found again by
//! its recorded identity, and is started anew when it dies.
use super::{
    config::{ContainerdConfig, Format, config_toml, format_of},
    leftovers::{Leftovers, Strays},
    process::{Identity, boot_id, find, write_atomically},
    sockets,
};
use crate::cri::{ContainerRuntime, CriClient};
use std::{
    convert::Infallible,
    fs, io,
    os::unix::{fs::DirBuilderExt, net::UnixDatagram as StdUnixDatagram, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::net::{UnixDatagram, UnixStream};
use tokio_util::sync::CancellationToken;

/// containerd reads its database and restores its shims before it is ready; with many containers that takes a while.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Pause before containerd is started again after it died, doubled each time up to the maximum.
const RESTART_PAUSE: Duration = Duration::from_millis(200);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(10);
/// A log larger than this is put aside (one old log is kept) when containerd is started.
const LOG_BYTES_MAX: u64 = 16 << 20;
/// The kernel's bound on the path of a unix socket.
const SOCKET_PATH_MAX: usize = 107;

#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    #[error("{program} was not found: install it (Debian: apt-get install {package}) or add its folder to PATH")]
    Missing { program: &'static str, package: &'static str },
    #[error("{path} prints an unknown version ({version}): containerd 1.6 or newer is needed")]
    Version { path: PathBuf, version: String },
    #[error("the data directory's path is too long: {0} exceeds {SOCKET_PATH_MAX} bytes")]
    PathTooLong(PathBuf),
    #[error("{what} {path}: {source}")]
    File { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{what}: {source}")]
    Run { what: String, source: io::Error },
    #[error("containerd did not start: {reason} (log: {log})")]
    NotReady { reason: String, log: PathBuf },
    #[error("importing image {name}: {reason}")]
    Image { name: String, reason: String },
}

impl RuntimeError {
    fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }
}

/// The programs of a container runtime.
#[derive(Debug, Clone)]
struct Programs {
    containerd: PathBuf,
    runc: PathBuf,
    format: Format,
}

fn find_programs(config: &ContainerdConfig) -> Result<Programs, RuntimeError> {
    let find = |program, package| config.find(program).ok_or(RuntimeError::Missing { program, package });
    let containerd = find("containerd", "containerd")?;
    find("containerd-shim-runc-v2", "containerd")?;
    find("ctr", "containerd")?;
    let runc = find("runc", "runc")?;
    let output = Command::new(&containerd).arg("--version").stdin(Stdio::null()).output();
    let output =
        output.map_err(|source| RuntimeError::Run { what: format!("running {}", containerd.display()), source })?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match format_of(&version) {
        Some(format) => Ok(Programs { containerd, runc, format }),
        None => Err(RuntimeError::Version { path: containerd, version }),
    }
}

/// A containerd that answers on its socket.
#[derive(Debug)]
pub struct Containerd {
    config: ContainerdConfig,
    programs: Programs,
    process: tokio::sync::Mutex<Identity>,
}

impl Containerd {
    /// Takes over the containerd that an earlier Skeg left running, or starts one; returns when it is ready.
    pub async fn start(config: ContainerdConfig) -> Result<Self, RuntimeError> {
        let given = config.clone();
        let programs = off_the_runtime(move || prepare(&given)).await?;
        let identity = match adopt(&config).await {
            Some(identity) => {
                tracing::info!(pid = identity.pid, "adopted the running containerd");
                identity
            }
            None => launch(&config, &programs).await?,
        };
        serving(&config).await?;
        Ok(Self { config, programs, process: tokio::sync::Mutex::new(identity) })
    }

    pub fn config(&self) -> &ContainerdConfig {
        &self.config
    }

    /// Identity of the present process.
    pub async fn identity(&self) -> Identity {
        self.process.lock().await.clone()
    }

    /// Keeps containerd running until the token is cancelled, and then leaves it running.
    pub async fn supervise(&self, token: CancellationToken) {
        let mut pause = RESTART_PAUSE;
        let swept = async { tokio::join!(strays_ended(&self.config), sockets_swept(&self.config)).1 };
        tokio::pin!(swept);
        loop {
            let process = self.identity().await;
            tokio::select! {
                () = token.cancelled() => return,
                never = &mut swept => match never {},
                () = ended(&process) => {}
            }
            tracing::warn!(pid = process.pid, "containerd ended; starting it again");
            tokio::select! {
                () = token.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            match launch(&self.config, &self.programs).await {
                Ok(identity) => {
                    *self.process.lock().await = identity;
                    pause = RESTART_PAUSE;
                }
                Err(error) => {
                    tracing::error!(%error, "starting containerd");
                    pause = (pause * 2).min(RESTART_PAUSE_MAX);
                }
            }
        }
    }
}

/// The CRI service comes up a moment after containerd says that it is ready, and there is no event for it.
async fn serving(config: &ContainerdConfig) -> Result<(), RuntimeError> {
    const PAUSE: Duration = Duration::from_millis(10);
    let client = CriClient::new(&config.endpoint());
    let status = async {
        let mut last = String::new();
        let answered = async {
            while let Err(error) = client.status().await {
                last = error.to_string();
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(START_LIMIT, answered).await.map_err(|_| last)
    };
    status.await.map_err(|reason| RuntimeError::NotReady { reason, log: config.log_file() })
}

/// Never ends: a node whose shims' sockets cannot be looked after runs on.
async fn sockets_swept(config: &ContainerdConfig) -> Infallible {
    if let Err(error) = sockets::sweep(config).await {
        tracing::warn!(%error, "sockets of shims that are killed will stay");
    }
    std::future::pending().await
}

/// Looks twice for shims that a killed server's requests left: a request may be cut off a moment after the next server came.
async fn strays_ended(config: &ContainerdConfig) {
    const LOOKS: u32 = 2;
    const PAUSE: Duration = Duration::from_secs(5);
    for _ in 0..LOOKS {
        let given = config.clone();
        let strays = off_the_runtime(move || Strays::look(&given)).await;
        tokio::time::sleep(PAUSE).await;
        if !strays.is_empty() {
            let given = config.clone();
            off_the_runtime(move || strays.end(&given)).await;
        }
    }
}

async fn ended(process: &Identity) {
    if let Some(handle) = process.open()
        && let Err(error) = handle.ended().await
    {
        tracing::error!(%error, "waiting for containerd");
    }
}

fn prepare_folders(config: &ContainerdConfig) -> Result<(), RuntimeError> {
    let socket = config.socket();
    if socket.as_os_str().len() > SOCKET_PATH_MAX {
        return Err(RuntimeError::PathTooLong(socket));
    }
    forget_earlier_boot(config)?;
    let dirs = [&config.dir, &config.run_dir, &config.cni_bin_dir, &config.cni_conf_dir];
    let own = [config.root(), config.state(), config.hosts_dir()];
    for dir in dirs.into_iter().chain(&own) {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(dir)
            .map_err(RuntimeError::file("creating folder", dir))?;
    }
    Ok(())
}

/// containerd's state describes running processes: after a reboot there are none, and what is left would mislead it.
fn forget_earlier_boot(config: &ContainerdConfig) -> Result<(), RuntimeError> {
    let (state, marker) = (config.state(), config.dir.join("boot"));
    let boot = boot_id().map_err(RuntimeError::file("reading", Path::new("/proc/sys/kernel/random/boot_id")))?;
    if fs::read_to_string(&marker).is_ok_and(|known| known == boot) {
        return Ok(());
    }
    if state.exists() {
        fs::remove_dir_all(&state).map_err(RuntimeError::file("clearing", &state))?;
    }
    fs::create_dir_all(&config.dir).map_err(RuntimeError::file("creating folder", &config.dir))?;
    write_atomically(&marker, boot.as_bytes()).map_err(RuntimeError::file("writing", &marker))
}

/// Programs, folders and the configuration file.
fn prepare(config: &ContainerdConfig) -> Result<Programs, RuntimeError> {
    let programs = find_programs(config)?;
    prepare_folders(config)?;
    write_atomically(&config.config_file(), config_toml(config, programs.format, &programs.runc).as_bytes())
        .map_err(RuntimeError::file("writing", &config.config_file()))?;
    Ok(programs)
}

/// Files and processes block; the runtime's own threads must not.
async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("looking after containerd does not panic")
}

/// The running containerd of this configuration. One that was started in the very moment in which Skeg was killed has no
/// record yet and may not listen yet.
async fn adopt(config: &ContainerdConfig) -> Option<Identity> {
    const PAUSE: Duration = Duration::from_millis(10);
    let given = config.clone();
    let identity = off_the_runtime(move || {
        if let Some(known) = Identity::load(&given.record()).filter(|known| known.open().is_some()) {
            return Some(known);
        }
        let found = unrecorded(Path::new("/proc"), &given.config_file())?;
        found.save(&given.record()).ok()?;
        Some(found)
    });
    let identity = identity.await?;
    let listening = async {
        while UnixStream::connect(config.socket()).await.is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = listening => Some(identity),
        () = ended(&identity) => None,
        () = tokio::time::sleep(START_LIMIT) => None,
    }
}

/// A containerd that runs on this configuration file.
fn unrecorded(proc: &Path, config_file: &Path) -> Option<Identity> {
    let own = |arguments: &[&[u8]]| {
        arguments[0].ends_with(b"containerd") && arguments.contains(&config_file.as_os_str().as_encoded_bytes())
    };
    Identity::of(*find(proc, own).first()?).ok()
}

/// Starts containerd; its readiness message (`NOTIFY_SOCKET`) comes by the socket that is returned.
fn spawn(config: &ContainerdConfig, programs: &Programs) -> Result<(Identity, StdUnixDatagram), RuntimeError> {
    let log = config.log_file();
    if fs::metadata(&log).is_ok_and(|found| found.len() > LOG_BYTES_MAX) {
        fs::rename(&log, log.with_extension("log.1")).map_err(RuntimeError::file("putting aside", &log))?;
    }
    let notify_path = notify_path(config);
    _ = fs::remove_file(&notify_path);
    let notify = StdUnixDatagram::bind(&notify_path).map_err(RuntimeError::file("binding", &notify_path))?;
    notify.set_nonblocking(true).map_err(RuntimeError::file("binding", &notify_path))?;
    let output = fs::File::options().create(true).append(true).open(&log);
    let output = output.map_err(RuntimeError::file("opening", &log))?;
    let errors = output.try_clone().map_err(RuntimeError::file("opening", &log))?;
    let path = std::env::join_paths(&config.search_path).unwrap_or_default();
    let mut command = Command::new(&programs.containerd);
    command.arg("--config").arg(config.config_file()).args(["--log-level", "warn"]);
    command.env("PATH", path).env("NOTIFY_SOCKET", &notify_path).current_dir("/");
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    in_own_session(&mut command);
    let what = || format!("starting {}", programs.containerd.display());
    let child = command.spawn().map_err(|source| RuntimeError::Run { what: what(), source })?;
    let pid = i32::try_from(child.id()).expect("a process id fits i32");
    let identity = Identity::of(pid).map_err(|source| RuntimeError::Run { what: what(), source })?;
    reap(child);
    identity.save(&config.record()).map_err(RuntimeError::file("writing", &config.record()))?;
    Ok((identity, notify))
}

fn notify_path(config: &ContainerdConfig) -> PathBuf {
    config.run_dir.join("containerd.notify")
}

/// Starts containerd, waits until it is ready and removes what one that died left behind.
async fn launch(config: &ContainerdConfig, programs: &Programs) -> Result<Identity, RuntimeError> {
    let given = config.clone();
    let leftovers = off_the_runtime(move || Leftovers::look(&given)).await;
    let (given, with) = (config.clone(), programs.clone());
    let (identity, notify) = off_the_runtime(move || spawn(&given, &with)).await?;
    let notify_path = notify_path(config);
    let notify = UnixDatagram::from_std(notify).map_err(RuntimeError::file("binding", &notify_path))?;
    let log = config.log_file();
    let not_ready = |reason: &str| RuntimeError::NotReady { reason: reason.into(), log: log.clone() };
    tokio::select! {
        message = ready(&notify) => message.map_err(|error| not_ready(&error.to_string()))?,
        () = ended(&identity) => return Err(not_ready(&format!("it ended; {}", last_line(&log)))),
        () = tokio::time::sleep(START_LIMIT) => return Err(not_ready("it was not ready in time")),
    }
    _ = tokio::fs::remove_file(&notify_path).await;
    if !leftovers.is_empty() {
        tidy(config, leftovers, &identity).await?;
    }
    Ok(identity)
}

/// Removes what the containerd that is ready now does not know of.
async fn tidy(config: &ContainerdConfig, leftovers: Leftovers, process: &Identity) -> Result<(), RuntimeError> {
    tokio::select! {
        serving = serving(config) => serving?,
        () = ended(process) => {
            return Err(RuntimeError::NotReady { reason: "it ended".into(), log: config.log_file() });
        }
    }
    match CriClient::new(&config.endpoint()).list_sandboxes(None).await {
        Ok(sandboxes) => {
            let config = config.clone();
            let known = sandboxes.into_iter().map(|sandbox| sandbox.id).collect();
            off_the_runtime(move || leftovers.remove(&config, &known)).await;
        }
        // They are found again when containerd is started the next time.
        Err(error) => tracing::warn!(%error, "what a containerd that died left behind stays"),
    }
    Ok(())
}

/// A child that ends stays in the process table until its parent has asked for its status.
fn reap(mut child: std::process::Child) {
    let name = "containerd-reaper".to_owned();
    if let Err(error) = std::thread::Builder::new().name(name).spawn(move || child.wait()) {
        tracing::warn!(%error, "no thread to wait for containerd");
    }
}

#[expect(unsafe_code, reason = "a session of its own is taken between fork and exec")]
fn in_own_session(command: &mut Command) {
    // SAFETY: setsid is a plain system call and allocates nothing.
    unsafe {
        command.pre_exec(|| rustix::process::setsid().map(drop).map_err(io::Error::from));
    }
}

async fn ready(notify: &UnixDatagram) -> io::Result<()> {
    let mut message = [0; 512];
    loop {
        let length = notify.recv(&mut message).await?;
        if message[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
            return Ok(());
        }
    }
}

/// The last line of a log, which says why a program ended.
fn last_line(log: &Path) -> String {
    use std::io::{Read, Seek, SeekFrom};
    const TAIL_BYTES: u64 = 4 << 10;
    let tail = || -> io::Result<String> {
        let mut file = fs::File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).lines().next_back().unwrap_or_default().to_owned())
    };
    tail().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_containerd_without_a_record_is_found_by_its_configuration() {
        let dir = tempfile::tempdir().unwrap();
        let own = std::process::id().to_string();
        let process = |pid: &str, line: &str| {
            fs::create_dir_all(dir.path().join(pid)).unwrap();
            fs::write(dir.path().join(pid).join("cmdline"), line.replace(' ', "\0")).unwrap();
        };
        process("7", "/usr/bin/containerd --config /other/config.toml");
        process("8", "cat /d/config.toml");
        fs::create_dir_all(dir.path().join("self")).unwrap();
        assert_eq!(unrecorded(dir.path(), Path::new("/d/config.toml")), None);
        process(&own, "/usr/bin/containerd --config /d/config.toml --log-level warn");
        let found = unrecorded(dir.path(), Path::new("/d/config.toml")).unwrap();
        assert_eq!(found.pid.to_string(), own);
    }
}
