//! The real programs: the oldest generation, Debian's, from the PATH; and the newest, built into `target/engines`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::common::{Run, root};

/// One generation of the real programs.
#[derive(Debug)]
pub struct Engine {
    /// What it is called in messages.
    pub name: &'static str,
    /// Whether it is the newest, which accepts what older ones reject.
    pub newest: bool,
    pub prometheus: PathBuf,
    pub promtool: PathBuf,
    pub amtool: PathBuf,
    /// The newest generation's module lacks its built user interface, so Debian's daemon runs.
    pub alertmanager: PathBuf,
    pub blackbox: PathBuf,
}

/// Every generation that is here. In CI, Debian's must be.
pub fn all() -> &'static [Engine] {
    static ALL: OnceLock<Vec<Engine>> = OnceLock::new();
    ALL.get_or_init(|| {
        let found: Vec<Engine> = [debian(), newest()].into_iter().flatten().collect();
        for engine in &found {
            eprintln!("engine {}: {}", engine.name, version(&engine.promtool));
        }
        found
    })
}

fn debian() -> Option<Engine> {
    let found = (|| {
        Some(Engine {
            name: "debian",
            newest: false,
            prometheus: on_path("prometheus")?,
            promtool: on_path("promtool")?,
            amtool: on_path("amtool")?,
            alertmanager: on_path("prometheus-alertmanager")?,
            blackbox: on_path("prometheus-blackbox-exporter")?,
        })
    })();
    let packages = "apt-get install prometheus prometheus-alertmanager prometheus-blackbox-exporter";
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "Debian's engines are absent: {packages}");
    if found.is_none() {
        eprintln!("skipped: Debian's engines are absent: {packages}");
    }
    found
}

fn newest() -> Option<Engine> {
    let folder = root().join("target/engines");
    let built = |name: &str| Some(folder.join(name)).filter(|file| file.is_file());
    let found = (|| {
        Some(Engine {
            name: "newest",
            newest: true,
            prometheus: built("prometheus")?,
            promtool: built("promtool")?,
            amtool: built("amtool")?,
            alertmanager: on_path("prometheus-alertmanager")?,
            blackbox: built("blackbox_exporter")?,
        })
    })();
    if found.is_none() {
        eprintln!("SKIPPED: the newest engines are absent: build them with tests/engines/build");
    }
    found
}

/// A program of the PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Runs a tool in a folder.
pub fn run(tool: &Path, folder: &Path, args: &[&str]) -> Run {
    Command::new(tool).args(args).current_dir(folder).output().unwrap_or_else(|error| panic!("{}: {error}", tool.display())).into()
}

fn version(tool: &Path) -> String {
    let run = run(tool, root(), &["--version"]);
    format!("{}{}", run.stdout, run.stderr).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_engines_that_judge_are_named() {
    for engine in all() {
        assert!(version(&engine.promtool).contains("promtool"), "{engine:?}");
    }
}
