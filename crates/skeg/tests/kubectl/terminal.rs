//! `exec -it` at a real terminal, which is resized.
use super::Kubectl;
use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use std::{
    fs::File,
    io::{Read, Write},
    process::Command,
};

fn sized(terminal: &File, rows: u16, columns: u16) {
    tcsetwinsize(terminal, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

/// Reads what the terminal shows until it holds `wanted`.
fn read_until(terminal: &mut File, wanted: &str) {
    let (mut seen, mut piece) = (String::new(), [0; 1024]);
    while !seen.contains(wanted) {
        // A terminal that nobody writes to any more fails to be read.
        let read = terminal.read(&mut piece).unwrap_or_else(|error| panic!("{wanted:?}: {error} after:\n{seen}"));
        seen.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
}

impl Kubectl<'_> {
    pub(super) fn terminal(&self) {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let user = File::from(open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap());
        let mut controller = File::from(controller);
        sized(&controller, 33, 77);
        let script = "while :; do stty size; sleep 0.1; done";
        let inner = self.lab.command(self.program, &["exec", "-it", "echo", "--", "sh", "-c", script]);
        // The terminal becomes the one that the session is controlled by: it is told of changes.
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(inner.get_program()).args(inner.get_args());
        command.envs(inner.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let stdio = || user.try_clone().unwrap();
        let mut child = command.stdin(stdio()).stdout(stdio()).stderr(stdio()).spawn().unwrap();
        drop(command);
        drop(user);
        read_until(&mut controller, "33 77");
        sized(&controller, 40, 100);
        read_until(&mut controller, "40 100");
        controller.write_all(b"\x03").unwrap();
        let code = child.wait().unwrap().code();
        assert_eq!(code, Some(130), "Ctrl-C ends the command");
    }
}
