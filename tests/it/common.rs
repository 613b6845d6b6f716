//! What tests share: the program in a clean environment, folders that go away, corpora that may be absent.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// The program, with nothing of the surroundings in its environment but the path to tools.
pub fn obsgen() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    // What is remembered of fleets stays out of the home of whoever runs the tests.
    let caches = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    command.env_clear().env("PATH", path).env("NO_COLOR", "1").env("XDG_CACHE_HOME", caches).stdin(Stdio::null());
    command
}

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The example's manifest.
pub fn example() -> PathBuf {
    root().join("examples/myapp/obsgen.yaml")
}

/// The example's manifest as text.
pub fn example_text() -> String {
    std::fs::read_to_string(example()).expect("the example")
}

/// Real files to try the program on. `None`, said aloud, where they are absent; in CI they must be there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is absent", path.display());
    eprintln!("skipped: {} is absent", path.display());
    None
}

/// What a run printed, and how it ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Runs the program in a folder.
pub fn run_in(folder: &Path, args: &[&str]) -> Run {
    obsgen().current_dir(folder).args(args).output().expect("the program starts").into()
}

/// Renders a manifest's text in a folder of its own; the folder and what came of it.
pub fn render(manifest: &str) -> (tempfile::TempDir, Run) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("obsgen.yaml"), manifest).expect("a manifest");
    let run = run_in(folder.path(), &["render", "-m", "obsgen.yaml", "-o", "out"]);
    (folder, run)
}

/// Every file below a folder: its path and its bytes, sorted.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    collect(folder, folder, &mut all);
    all.sort();
    all
}

fn collect(top: &Path, folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            collect(top, &path, all);
        } else {
            let name = path.strip_prefix(top).expect("below").to_string_lossy().into_owned();
            all.push((name, std::fs::read(&path).expect("a file")));
        }
    }
}

/// A port of this machine that nobody listens on and that nobody is given: the ports that the system hands out lie above these.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    // Tests of two checkouts may run at the same time.
    let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("a small number");
    for _ in 0..COUNT {
        let port = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

/// The example as two services, `alpha/` and `beta/`, each with targets and exporters of its own; what they share is the stack.
pub fn write_pair(folder: &Path) {
    for (at, name) in ["alpha", "beta"].into_iter().enumerate() {
        let text = example_text().replace("name: myapp", &format!("name: {name}")).replace("job=\"myapp\"", &format!("job=\"{name}\""));
        let own = |text: String, port: &&str| text.replace(&format!("localhost:{port}"), &format!("localhost:{}{port}", at + 1));
        std::fs::create_dir_all(folder.join(name)).expect("a folder");
        std::fs::write(folder.join(name).join("obsgen.yaml"), ["4000", "9187", "9121"].iter().fold(text, own)).expect("a manifest");
    }
}
