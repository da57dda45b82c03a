//! exec, attach, cp, debug, logs and port-forward.
use super::{ECHO, Kubectl, SHELL};
use crate::lab::end;
use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

impl Kubectl<'_> {
    pub(super) fn with_a_shell(&self) {
        let manifest = self.lab.file("echo.yaml", ECHO);
        self.check(&format!("apply -f {manifest}"), "pod/echo created");
        self.check("wait --for=condition=Ready pod/echo --timeout=60s", "condition met");
        self.execs();
        self.attaches();
        self.copies();
        self.reads_logs();
        self.forwards_ports("true");
        self.forwards_ports("false");
        self.debugs();
        self.terminal();
        let told = self.lab.command(self.program, &["delete", "pod", "echo", "--force", "--grace-period=0"]).output();
        let told = String::from_utf8_lossy(&told.unwrap().stderr).into_owned();
        assert!(told.contains("Immediate deletion does not wait"), "{told}");
        self.check("wait --for=delete pod/echo --timeout=60s", "");
    }

    /// Runs a command with input; its whole output and code.
    fn fed(&self, line: &str, input: &str) -> (String, String, Option<i32>) {
        let mut command = self.lab.command(self.program, &line.split_whitespace().collect::<Vec<_>>());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr), output.status.code())
    }

    fn execs(&self) {
        for websockets in ["true", "false"] {
            let mut command =
                self.lab.command(self.program, &["exec", "echo", "--", "sh", "-c", "echo out; echo err >&2; exit 3"]);
            // Without them kubectl speaks SPDY.
            let output = command.env("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", websockets).output().unwrap();
            assert_eq!(output.status.code(), Some(3));
            assert_eq!(String::from_utf8_lossy(&output.stdout), "out\n");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(errors, "err\ncommand terminated with exit code 3\n");
        }
        // The end of the input reaches the command, though not every runtime speaks a protocol that can say so.
        let (out, errors, code) = self.fed("exec -i echo -- cat", "typed\n");
        assert_eq!((out.as_str(), errors.as_str(), code), ("typed\n", "", Some(0)));
        let missing = self.refused("exec echo -- /no/such");
        assert!(missing.contains("no such file or directory"), "{missing}");
        assert!(self.refused("exec nobody -- true").contains("pods \"nobody\" not found"));
    }

    fn attaches(&self) {
        let mut command = self.lab.command(self.program, &["attach", "-i", "echo"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"hello\n").unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "hello"), "attach showed no answer");
        end(child);
    }

    fn copies(&self) {
        let (there, back) = (self.lab.file("there", "carried\n"), self.lab.file("back", ""));
        self.run(&format!("cp {there} echo:/carried"));
        self.check("exec echo -- cat /carried", "carried");
        self.run(&format!("cp echo:/carried {back}"));
        assert_eq!(std::fs::read_to_string(back).unwrap(), "carried\n");
    }

    fn reads_logs(&self) {
        self.args(&[
            "run",
            "failing",
            "--image",
            SHELL,
            "--image-pull-policy=IfNotPresent",
            "--restart=OnFailure",
            "--",
            "sh",
            "-c",
            "echo one; echo two; echo three; exit 1",
        ]);
        let restarted = "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}=1";
        self.args(&["wait", &format!("--for={restarted}"), "pod/failing", "--timeout=60s"]);
        let previous = self.run("logs failing --previous --timestamps --tail=2 --since=1h");
        let lines: Vec<&str> = previous.lines().collect();
        assert_eq!(lines.len(), 2, "{previous}");
        assert!(lines[0].ends_with("Z two") && lines[1].ends_with("Z three"), "{previous}");
        self.run("delete pod failing --force --grace-period=0");
        let mut follow = self.lab.command(self.program, &["logs", "-f", "echo"]);
        let mut follow = follow.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "started");
        end(follow);
    }

    fn forwards_ports(&self, websockets: &str) {
        let mut forward = self.lab.command(self.program, &["port-forward", "pod/echo", "18081:8081", "18082:8082"]);
        forward.env("KUBECTL_PORT_FORWARD_WEBSOCKETS", websockets);
        let mut forward = forward.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(forward.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("127.0.0.1:18082")), "the second port is not forwarded");
        for (port, page) in [(18081, "first"), (18082, "second"), (18081, "first")] {
            let got = self.lab.run("curl", &["-sS", "-m", "10", &format!("http://127.0.0.1:{port}/page")]);
            assert_eq!(got, format!("{page}\n"));
        }
        end(forward);
    }

    fn debugs(&self) {
        let image = format!("--image={SHELL}");
        let common = [&image, "--image-pull-policy=IfNotPresent", "--profile=general"];
        let debug = |more: &[&str]| self.args(&[&["debug"], &common[..], more].concat());
        debug(&["echo", "-c", "looker", "--target=c", "--", "sh", "-c", "echo looked; busybox ps"]);
        let ended = "jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}=0";
        self.args(&["wait", &format!("--for={ended}"), "pod/echo", "--timeout=60s"]);
        let seen = self.run("logs echo -c looker");
        assert!(
            seen.contains("looked") && seen.contains("busybox httpd"),
            "the target's processes are not seen:\n{seen}"
        );
        debug(&["echo", "--copy-to=copied", "--container=looker", "--", "sh", "-c", "echo copied; sleep 3600"]);
        self.check("wait --for=condition=Ready pod/copied --timeout=60s", "condition met");
        self.check("logs copied -c looker", "copied");
        debug(&["node/node-1", "--", "sh", "-c", "busybox ls /host"]);
        let pods = self.run("get pods -o name");
        let debugger = pods.lines().find(|name| name.contains("node-debugger")).unwrap();
        let ended = "--for=jsonpath={.status.phase}=Succeeded";
        self.args(&["wait", ended, debugger, "--timeout=60s"]);
        self.check(&format!("logs {debugger}"), "etc");
        self.run(&format!("delete pod/copied {debugger} --force --grace-period=0"));
    }
}
