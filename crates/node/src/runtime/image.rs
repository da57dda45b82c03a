//! OCI images made on the spot: one layer of given files as an OCI image layout in a tar archive, and its import into
//! containerd. The same image always gives the same bytes.
use super::containerd::{Containerd, RuntimeError};
use crate::cri::{ContainerRuntime, CriClient, api::ImageSpec};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{borrow::Cow, process::Stdio, time::Duration};
use tokio::{io::AsyncWriteExt, process::Command};

/// containerd's namespace for everything that comes over CRI.
pub const NAMESPACE: &str = "k8s.io";
const BLOCK: usize = 512;

/// One file of an image, owned by root.
#[derive(Debug, Clone)]
pub struct File {
    /// Without a leading slash; at most 100 bytes.
    pub path: String,
    pub mode: u32,
    pub content: Cow<'static, [u8]>,
}

impl File {
    pub fn program(path: &str, content: &'static [u8]) -> Self {
        Self { path: path.into(), mode: 0o755, content: Cow::Borrowed(content) }
    }
}

/// What an image holds and how its program is run.
#[derive(Debug, Clone)]
pub struct Image {
    /// Full reference with registry and tag.
    pub name: String,
    pub files: Vec<File>,
    pub entrypoint: Vec<String>,
    pub command: Vec<String>,
    /// `KEY=value` each.
    pub env: Vec<String>,
    /// `UID` or `UID:GID`; "" is root.
    pub user: String,
}

impl Image {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            files: Vec::new(),
            entrypoint: Vec::new(),
            command: Vec::new(),
            env: Vec::new(),
            user: String::new(),
        }
    }
}

/// An image layout, ready to be imported.
#[derive(Debug)]
pub struct Archive {
    pub bytes: Vec<u8>,
    /// Digest of the image's manifest, `sha256:…`.
    pub digest: String,
}

/// The architecture of this binary as images name it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Packs an image.
pub fn archive(image: &Image) -> Archive {
    let mut layer = Tar::default();
    let mut dirs = std::collections::BTreeSet::new();
    for file in &image.files {
        for (at, _) in file.path.match_indices('/') {
            if dirs.insert(&file.path[..at]) {
                layer.folder(&file.path[..at]);
            }
        }
        layer.file(&file.path, file.mode, &file.content);
    }
    let layer = layer.finish();
    let layer_digest = format!("sha256:{}", hex_digest(&layer));
    let config = json!({
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Entrypoint": image.entrypoint, "Cmd": image.command, "Env": image.env, "User": image.user, "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": [layer_digest]},
    });
    let config = config.to_string().into_bytes();
    let descriptor = |kind: &str, bytes: &[u8]| {
        json!({
            "mediaType": format!("application/vnd.oci.image.{kind}"),
            "digest": format!("sha256:{}", hex_digest(bytes)),
            "size": bytes.len(),
        })
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("config.v1+json", &config),
        "layers": [descriptor("layer.v1.tar", &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let mut entry = descriptor("manifest.v1+json", &manifest);
    let tag = image.name.rsplit_once(':').map_or("latest", |(_, tag)| tag);
    entry["annotations"] = json!({"io.containerd.image.name": image.name, "org.opencontainers.image.ref.name": tag});
    entry["platform"] = json!({"architecture": architecture(), "os": "linux"});
    let index =
        json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]});
    let mut tar = Tar::default();
    tar.file("oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#);
    tar.file("index.json", 0o644, index.to_string().as_bytes());
    for blob in [&config, &layer, &manifest] {
        tar.file(&format!("blobs/sha256/{}", hex_digest(blob)), 0o644, blob);
    }
    Archive { bytes: tar.finish(), digest: format!("sha256:{}", hex_digest(&manifest)) }
}

/// Writer of plain ustar archives whose entries belong to root and have no time.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn folder(&mut self, path: &str) {
        self.header(&format!("{path}/"), 0o755, 0, b'5');
    }

    fn file(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.header(path, mode, content.len(), b'0');
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
    }

    fn header(&mut self, path: &str, mode: u32, size: usize, kind: u8) {
        let mut header = [0; BLOCK];
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, path);
        put(100, &format!("{mode:07o}"));
        put(108, "0000000");
        put(116, "0000000");
        put(124, &format!("{size:011o}"));
        put(136, "00000000000");
        put(148, "        ");
        put(257, "ustar");
        put(263, "00");
        header[156] = kind;
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend(header);
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.extend([0; 2 * BLOCK]);
        self.0
    }
}

impl Containerd {
    /// Imports an image unless containerd already has exactly this one under its name.
    pub async fn ensure_image(&self, image: &Image) -> Result<(), RuntimeError> {
        let archive = archive(image);
        let listed = self.ctr(&image.name, &["images", "ls", &format!("name=={}", image.name)], &[]).await?;
        if listed.split_whitespace().any(|word| word == archive.digest) {
            return Ok(());
        }
        self.ctr(&image.name, &["images", "import", "-"], &archive.bytes).await?;
        self.known_to_cri(&image.name).await
    }

    /// The CRI service learns of an import by an event of containerd's, a moment later.
    async fn known_to_cri(&self, name: &str) -> Result<(), RuntimeError> {
        const PAUSE: Duration = Duration::from_millis(10);
        const LIMIT: Duration = Duration::from_secs(10);
        let failed = |reason: String| RuntimeError::Image { name: name.into(), reason };
        let client = CriClient::new(&self.config().endpoint());
        let known = async {
            let spec = || ImageSpec { image: name.into(), ..ImageSpec::default() };
            while client.image_status(spec()).await.map_err(|error| failed(error.to_string()))?.is_none() {
                tokio::time::sleep(PAUSE).await;
            }
            Ok(())
        };
        let late = |_| failed("the runtime does not list it".to_owned());
        tokio::time::timeout(LIMIT, known).await.map_err(late)?
    }

    /// Runs containerd's own command-line client, which every release brings along.
    async fn ctr(&self, image: &str, arguments: &[&str], input: &[u8]) -> Result<String, RuntimeError> {
        let failed = |reason: String| RuntimeError::Image { name: image.into(), reason };
        let config = self.config();
        let program = config.find("ctr").ok_or(RuntimeError::Missing { program: "ctr", package: "containerd" })?;
        let mut command = Command::new(program);
        command.arg("--address").arg(config.socket()).args(["--namespace", NAMESPACE]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let feed = async move {
            // A reader that stops early says why on its standard error.
            let _ = stdin.write_all(input).await;
        };
        let ((), output) = tokio::join!(feed, child.wait_with_output());
        let output = output.map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(failed(message.lines().next_back().unwrap_or("ctr failed").to_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn sample() -> Image {
        let file = File { path: "etc/motd".into(), mode: 0o644, content: Cow::Borrowed(b"hello\n") };
        Image { files: vec![file], entrypoint: vec!["/x".into()], ..Image::new("example.org/x:7") }
    }

    #[test]
    fn archives_are_reproducible_and_name_their_image() {
        let (one, two) = (archive(&sample()), archive(&sample()));
        assert_eq!(one.bytes, two.bytes);
        assert!(one.digest.starts_with("sha256:"));
        assert_eq!(one.bytes.len() % BLOCK, 0);
    }

    #[test]
    fn tar_reads_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image.tar");
        std::fs::write(&path, archive(&sample()).bytes).unwrap();
        let output = Command::new("tar").arg("-xf").arg(&path).arg("-C").arg(dir.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let index = std::fs::read(dir.path().join("index.json")).unwrap();
        let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
        assert_eq!(index["manifests"][0]["annotations"]["io.containerd.image.name"], "example.org/x:7");
        let digest = index["manifests"][0]["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
        let manifest = std::fs::read(dir.path().join("blobs/sha256").join(digest)).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let layer = manifest["layers"][0]["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
        let layer = dir.path().join("blobs/sha256").join(layer);
        let listed = Command::new("tar").arg("-tf").arg(layer).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&listed.stdout), "etc/\netc/motd\n");
    }
}
