//! The pack for Node.js, with the libraries that `tests/run` installs from npm.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::journey::{self, Pack};
use crate::common::root;
use crate::engines::on_path;

/// The folder of libraries. `None`, said aloud, where it is absent; in CI it must be there.
pub fn libraries() -> Option<PathBuf> {
    let folder = root().join("target/packs/node/node_modules");
    let there = folder.join("express").is_dir() && on_path("node").is_some();
    assert!(there || std::env::var_os("CI").is_none(), "{} is absent", folder.display());
    if !there {
        eprintln!("SKIPPED: Node's libraries are absent: tests/run installs them");
    }
    Some(folder).filter(|_| there)
}

fn serve(code: &Path, port: u16) -> Command {
    std::os::unix::fs::symlink(libraries().expect("libraries"), code.join("node_modules")).expect("a link");
    std::fs::copy(root().join("tests/it/packs/node/app.js"), code.join("app.js")).expect("the application");
    let mut command = Command::new("node");
    command.arg(code.join("app.js")).arg(port.to_string());
    command
}

const PACK: Pack = Pack { language: "node", serve, route: "/orders/:number" };

#[test]
fn the_node_pack_does_what_the_manifest_says() {
    if libraries().is_some() {
        journey::run(&PACK);
    }
}

#[test]
fn the_node_pack_sends_spans_over_grpc() {
    if libraries().is_some() {
        journey::grpc(&PACK);
    }
}

#[test]
fn hostile_text_stays_text_in_the_node_pack() {
    if libraries().is_some() {
        journey::hostile(&PACK);
    }
}
