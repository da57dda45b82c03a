//! containerd's configuration as a pure function of ours, for its configuration versions 2 (1.6, 1.7) and 3 (2.x).
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

/// What Skeg decides about the containerd that it starts.
#[derive(Debug, Clone)]
pub struct ContainerdConfig {
    /// Holds everything of containerd's: `root`, `state`, `config.toml`, `certs.d`, its log.
    pub dir: PathBuf,
    /// Holds the socket and the record of the running process.
    pub run_dir: PathBuf,
    pub cni_bin_dir: PathBuf,
    pub cni_conf_dir: PathBuf,
    /// Image of every pod's sandbox; imported before the first pod.
    pub sandbox_image: String,
    /// Where programs are looked for, in order.
    pub search_path: Vec<PathBuf>,
}

impl ContainerdConfig {
    /// The layout under one data directory, programs from `PATH` and the usual system folders.
    pub fn new(data_dir: &Path, search: Option<&std::ffi::OsStr>) -> Self {
        let mut search_path: Vec<PathBuf> = search.map(std::env::split_paths).into_iter().flatten().collect();
        for usual in ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"] {
            if !search_path.iter().any(|path| path == Path::new(usual)) {
                search_path.push(usual.into());
            }
        }
        Self {
            dir: data_dir.join("containerd"),
            run_dir: data_dir.join("run"),
            cni_bin_dir: data_dir.join("cni/bin"),
            cni_conf_dir: data_dir.join("cni/conf"),
            sandbox_image: super::programs::PAUSE_IMAGE.to_owned(),
            search_path,
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.run_dir.join("containerd.sock")
    }
    /// What the kubelet's `--container-runtime-endpoint` is.
    pub fn endpoint(&self) -> String {
        format!("unix://{}", self.socket().display())
    }
    pub fn root(&self) -> PathBuf {
        self.dir.join("root")
    }
    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }
    pub fn config_file(&self) -> PathBuf {
        self.dir.join("config.toml")
    }
    pub fn log_file(&self) -> PathBuf {
        self.dir.join("containerd.log")
    }
    /// Registry mirrors and certificates, one folder per registry (containerd's `hosts.toml`).
    pub fn hosts_dir(&self) -> PathBuf {
        self.dir.join("certs.d")
    }
    /// Identity of the running containerd.
    pub fn record(&self) -> PathBuf {
        self.run_dir.join("containerd.pid")
    }

    /// Which folders of `--cgroup-root` were made for this node.
    pub fn cgroup_root_record(&self) -> PathBuf {
        self.run_dir.join("cgroup-root")
    }

    /// The first executable of that name on the search path.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        self.search_path.iter().map(|dir| dir.join(program)).find(|path| path.is_file())
    }
}

/// Which of containerd's configuration formats a release reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    V2,
    V3,
}

/// The format for what `containerd --version` prints; None for releases before 1.6 and for unknown texts.
pub fn format_of(version_line: &str) -> Option<Format> {
    let version = version_line.split_whitespace().nth(2)?.trim_start_matches('v');
    let mut numbers = version.split(['.', '~', '+', '-']).map_while(|part| part.parse::<u32>().ok());
    match (numbers.next()?, numbers.next()?) {
        (1, 6..) => Some(Format::V2),
        (2.., _) => Some(Format::V3),
        _ => None,
    }
}

/// A TOML basic string.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => _ = write!(quoted, "\\u{:04X}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn path(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

/// Sandboxes that may not lower their OOM score, hosts without hugetlb and pods that open low ports all work with these.
const RUNTIME_SWITCHES: &str = "restrict_oom_score_adj = true
tolerate_missing_hugetlb_controller = true
disable_hugetlb_controller = true
netns_mounts_under_state_dir = true
enable_unprivileged_ports = true
enable_unprivileged_icmp = true
device_ownership_from_security_context = true
stream_server_address = \"127.0.0.1\"
stream_server_port = \"0\"
";

const DISABLED: &[&str] = &["btrfs", "zfs", "devmapper", "aufs"];

/// The text of `config.toml`.
pub fn config_toml(config: &ContainerdConfig, format: Format, runc: &Path) -> String {
    let mut disabled: Vec<String> = DISABLED.iter().map(|s| format!("\"io.containerd.snapshotter.v1.{s}\"")).collect();
    if format == Format::V3 {
        disabled.push("\"io.containerd.nri.v1.nri\"".into());
    }
    let mut text = format!(
        "version = {}\nroot = {}\nstate = {}\ndisabled_plugins = [{}]\n[grpc]\naddress = {}\n\
         [plugins.\"io.containerd.internal.v1.opt\"]\npath = {}\n",
        if format == Format::V2 { 2 } else { 3 },
        path(&config.root()),
        path(&config.state()),
        disabled.join(", "),
        path(&config.socket()),
        path(&config.dir.join("opt")),
    );
    let (images, runtime) = match format {
        Format::V2 => ("io.containerd.grpc.v1.cri", "io.containerd.grpc.v1.cri"),
        Format::V3 => ("io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"),
    };
    if format == Format::V3 {
        _ = write!(
            text,
            "[plugins.\"io.containerd.grpc.v1.cri\"]\nstream_server_address = \"127.0.0.1\"\nstream_server_port = \"0\"\n\
             [plugins.\"{images}\"]\nsnapshotter = \"overlayfs\"\n[plugins.\"{images}\".pinned_images]\nsandbox = {}\n",
            quote(&config.sandbox_image),
        );
    }
    _ = write!(text, "[plugins.\"{images}\".registry]\nconfig_path = {}\n", path(&config.hosts_dir()));
    _ = writeln!(text, "[plugins.\"{runtime}\"]");
    match format {
        Format::V2 => _ = writeln!(text, "{RUNTIME_SWITCHES}sandbox_image = {}", quote(&config.sandbox_image)),
        Format::V3 => {
            let switches = RUNTIME_SWITCHES.lines().filter(|line| !line.starts_with("stream_server"));
            switches.for_each(|line| _ = writeln!(text, "{line}"));
            text.push_str("enable_cdi = false\n");
        }
    }
    let bin_dir = path(&config.cni_bin_dir);
    let bin = if format == Format::V2 { format!("bin_dir = {bin_dir}") } else { format!("bin_dirs = [{bin_dir}]") };
    _ = write!(
        text,
        "[plugins.\"{runtime}\".cni]\n{bin}\nconf_dir = {}\nmax_conf_num = 1\n\
         [plugins.\"{runtime}\".containerd]\ndefault_runtime_name = \"runc\"\n\
         [plugins.\"{runtime}\".containerd.runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n\
         [plugins.\"{runtime}\".containerd.runtimes.runc.options]\nSystemdCgroup = false\nBinaryName = {}\nRoot = {}\n",
        path(&config.cni_conf_dir),
        path(runc),
        path(&config.state().join("runc")),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_and_their_formats() {
        let check = |line: &str, expected| assert_eq!(format_of(line), expected, "{line}");
        check("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", Some(Format::V2));
        check("containerd github.com/containerd/containerd v1.7.28 abc", Some(Format::V2));
        check("containerd github.com/containerd/containerd/v2 v2.1.9 abc", Some(Format::V3));
        check("containerd github.com/containerd/containerd/v2 2.1.9~ds1 2.1.9", Some(Format::V3));
        check("containerd github.com/containerd/containerd v1.5.9 abc", None);
        check("not found", None);
    }

    #[test]
    fn v2_text() {
        let config = ContainerdConfig::new(Path::new("/d"), None);
        expect_test::expect_file!["testdata/containerd-v2.toml"].assert_eq(&config_toml(
            &config,
            Format::V2,
            Path::new("/usr/sbin/runc"),
        ));
    }

    #[test]
    fn v3_text() {
        let config = ContainerdConfig::new(Path::new("/d"), None);
        expect_test::expect_file!["testdata/containerd-v3.toml"].assert_eq(&config_toml(
            &config,
            Format::V3,
            Path::new("/usr/sbin/runc"),
        ));
    }

    #[test]
    fn strings_are_quoted() {
        assert_eq!(quote("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
    }
}
