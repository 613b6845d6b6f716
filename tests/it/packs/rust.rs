//! The pack for Rust, built with its crates in a folder of `target/`, where they stay built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use super::journey::{self, Pack};
use crate::common::{files, root};

/// There is one folder to build in.
pub static BUILDING: Mutex<()> = Mutex::new(());

/// Puts the generated code beside an application (the service, or another one), builds both, and says where the program is.
pub fn build_with(code: &Path, application: Option<&str>) -> PathBuf {
    let (folder, service) = (root().join("target/packs/rust"), root().join("tests/it/packs/rust"));
    let project = folder.join("project");
    let _ = std::fs::remove_dir_all(&project);
    for (from, to) in [(service, project.clone()), (code.to_owned(), project.join("observability"))] {
        for (name, bytes) in files(&from) {
            let path = to.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, bytes).expect("a file");
        }
    }
    if let Some(text) = application {
        std::fs::write(project.join("src/main.rs"), text).expect("a file");
    }
    let target = folder.join("target");
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet"]).current_dir(&project).env("CARGO_TARGET_DIR", &target);
    let built = command.output().expect("cargo");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success() && !said.contains("warning"), "{said}");
    target.join("debug/service")
}

fn serve(code: &Path, port: u16) -> Command {
    let _one = BUILDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // The next build may take the program away.
    let program = code.join("service");
    std::fs::copy(build_with(code, None), &program).expect("the program");
    let mut command = Command::new(program);
    command.arg(port.to_string());
    command
}

const PACK: Pack = Pack { language: "rust", serve, route: "/orders/{number}" };

#[test]
fn the_rust_pack_does_what_the_manifest_says() {
    journey::run(&PACK);
}

#[test]
fn the_rust_pack_sends_spans_over_grpc() {
    journey::grpc(&PACK);
}

#[test]
fn hostile_text_stays_text_in_the_rust_pack() {
    journey::hostile(&PACK);
}
