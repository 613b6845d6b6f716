//! One child process: what it wrote and how it ended, or that it took too long.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// No tool needs longer for one file, even on a busy machine.
const LIMIT: Duration = Duration::from_mins(5);

/// What a process left behind.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// Whether it exited with 0.
    pub(super) success: bool,
    /// What it wrote to standard output.
    pub(super) stdout: String,
    /// What it wrote to standard error.
    pub(super) stderr: String,
}

impl Output {
    /// Everything that it wrote.
    pub(super) fn all(&self) -> String {
        [self.stdout.trim(), self.stderr.trim()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

/// Runs a tool in a folder.
///
/// # Errors
/// Where it cannot be started, or has not ended in time.
pub(super) fn run(tool: &Path, folder: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let shown = || format!("{} {}", tool.display(), arguments.join(" "));
    let mut child = Command::new(tool)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {}", tool.display()))?;
    let (sender, receiver) = mpsc::channel();
    read_into(&sender, true, child.stdout.take());
    read_into(&sender, false, child.stderr.take());
    drop(sender);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    // Both pipes close when the process ends, so two messages are all there will be.
    for _ in 0..2 {
        match receiver.recv_timeout(LIMIT) {
            Ok((true, text)) => stdout = text,
            Ok((false, text)) => stderr = text,
            Err(_) => {
                // It may have ended just now, which is as good.
                let _ = child.kill();
                let _ = child.wait();
                bail!("`{}` had not ended after {} seconds", shown(), LIMIT.as_secs());
            }
        }
    }
    let status = child.wait().with_context(shown)?;
    Ok(Output { success: status.success(), stdout, stderr })
}

/// Reads a pipe to its end on a thread of its own, so that neither pipe blocks the process.
fn read_into(sender: &mpsc::Sender<(bool, String)>, is_stdout: bool, pipe: Option<impl Read + Send + 'static>) {
    let sender = sender.clone();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read until a broken pipe is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        // Nobody listens any more after a timeout.
        let _ = sender.send((is_stdout, String::from_utf8_lossy(&bytes).into_owned()));
    });
}
