//! How long a whole process takes, and the most memory that it ever holds.

use std::fs;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Runs a program to its end without what it prints: the time, the most memory that it held in kilobytes (0 where the system is not
/// Linux), and how it ended. It is looked at again after each pause.
pub fn run(command: &mut Command, pause: Duration) -> (Duration, u64, ExitStatus) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    loop {
        peak = peak.max(high_water(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            return (start.elapsed(), peak, status);
        }
        std::thread::sleep(pause);
    }
}

/// The most memory that a process ever held (Linux), in kilobytes.
pub fn high_water(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}
