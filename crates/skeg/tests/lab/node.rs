//! A node in a lab that runs pods with a shell.
use super::{Lab, kubectls, obstacle};
use skeg_node::runtime::image::{File, Image, archive};
use std::path::PathBuf;

/// Image of the host's busybox.
pub const SHELL: &str = "skeg.dev/shell:1";

pub struct Node {
    pub lab: Lab,
    pub kubectl: PathBuf,
    busybox: Vec<u8>,
}

impl Node {
    /// None, and a line that says why, where this machine cannot do it.
    pub fn up(name: &str) -> Option<Self> {
        let busybox = ["/bin/busybox", "/usr/bin/busybox"].iter().find_map(|path| std::fs::read(path).ok());
        let why = match (obstacle(), kubectls().pop(), busybox) {
            (Some(why), ..) => why,
            (_, None, _) => "there is no kubectl".to_owned(),
            (_, _, None) => "there is no static busybox: install busybox-static".to_owned(),
            (None, Some((_, kubectl)), Some(busybox)) => return Some(Self { lab: Lab::up(name), kubectl, busybox }),
        };
        eprintln!("SKIPPED: {name}: {why}");
        None
    }

    /// Starts the server; its node is ready then.
    pub fn start(&self, flags: &[&str]) {
        self.lab.start_server_with(flags);
        self.lab.until(&self.kubectl, &["wait", "node/node-1", "--for=condition=Ready", "--timeout=5s"]);
    }

    pub fn kubectl(&self, words: &[&str]) -> String {
        self.lab.run(&self.kubectl, words)
    }

    pub fn of_pod(&self, pod: &str, path: &str) -> String {
        self.kubectl(&["get", "pod", pod, "-o", &format!("jsonpath={path}")])
    }

    pub fn wait(&self, what: &str, path: &str, value: &str) {
        self.kubectl(&["wait", what, &format!("--for=jsonpath={path}={value}"), "--timeout=90s"]);
    }

    pub fn apply(&self, manifest: &str) {
        let file = self.lab.file("manifest.yaml", manifest);
        self.kubectl(&["apply", "-f", &file]);
    }

    /// Brings an image with a shell to the node.
    pub fn import(&self, image: &str) {
        let names = ["busybox", "sh", "sleep", "dd"].iter();
        let files =
            names.map(|name| File { path: format!("bin/{name}"), mode: 0o755, content: self.busybox.clone().into() });
        // Images alike in all but their name would be one image.
        let env = vec!["PATH=/bin".into(), format!("IMAGE={image}")];
        let image = Image { files: files.collect(), env, ..Image::new(image) };
        self.lab.import(&archive(&image).bytes);
    }
}

/// A pod of one container that runs the script and stays; it has room of its own on disk at /v and in memory at /m.
pub fn pod(name: &str, more: &str, script: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  terminationGracePeriodSeconds: 1\n  volumes: \
         [{{name: v, emptyDir: {{}}}}, {{name: m, emptyDir: {{medium: Memory}}}}]\n  containers: [{{name: c, image: '{SHELL}', imagePullPolicy: IfNotPresent, \
         volumeMounts: [{{name: v, mountPath: /v}}, {{name: m, mountPath: /m}}], command: [sh, -c, '{script}; sleep 3600']{more}}}]\n---\n"
    )
}
