//! The pack for Python, with the libraries that `tests/run` installs from PyPI.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::journey::{self, Pack};
use crate::common::root;

/// The interpreter that has the libraries. `None`, said aloud, where there is none; in CI there must be one.
pub fn interpreter() -> Option<PathBuf> {
    let python = root().join("target/packs/python/bin/python");
    assert!(python.exists() || std::env::var_os("CI").is_none(), "{} is absent", python.display());
    if !python.exists() {
        eprintln!("SKIPPED: Python's libraries are absent: tests/run installs them");
    }
    Some(python).filter(|python| python.exists())
}

fn serve(code: &Path, port: u16) -> Command {
    let mut command = Command::new(interpreter().expect("an interpreter"));
    command.args(["-m", "uvicorn", "app:app", "--no-access-log", "--port", &port.to_string()]);
    let path = std::env::join_paths([code.to_owned(), root().join("tests/it/packs/python")]).expect("a path");
    command.env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

const PACK: Pack = Pack { language: "python", serve, route: "/orders/{number}" };

#[test]
fn the_python_pack_does_what_the_manifest_says() {
    if interpreter().is_some() {
        journey::run(&PACK);
    }
}

#[test]
fn the_python_pack_sends_spans_over_grpc() {
    if interpreter().is_some() {
        journey::grpc(&PACK);
    }
}

#[test]
fn hostile_text_stays_text_in_the_python_pack() {
    if interpreter().is_some() {
        journey::hostile(&PACK);
    }
}
