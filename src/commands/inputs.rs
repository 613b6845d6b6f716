//! The files that `obsgen lint` reads.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::settings::absolute;
use super::{Console, defaults, files};
use crate::cli::LintArgs;
use crate::lint::Input;

/// The files, folders and globs that are meant: the folder here where nothing is said.
pub(super) fn given(args: &LintArgs) -> Vec<PathBuf> {
    let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths.clone() };
    paths.into_iter().chain(args.manifests.iter().cloned()).collect()
}

/// Every file that is meant. One that cannot be read is said on standard error, and the rest is judged.
pub(super) fn read(given: &[PathBuf], console: &mut Console, unreadable: &mut usize) -> Vec<Input> {
    let mut wanted: Vec<(PathBuf, bool)> = Vec::new();
    for path in given {
        let found = match files::matching(path).filter(|_| !path.exists()) {
            Some(found) => found,
            None if path.is_dir() => files::below(path, is_monitoring),
            None => {
                wanted.push((path.clone(), true));
                continue;
            }
        };
        match found {
            Ok(found) => wanted.extend(found.into_iter().map(|file| (file, false))),
            Err(error) => {
                console.error(&format!("{error:#}"));
                *unreadable += 1;
            }
        }
    }
    // One file may be spelt in two ways: what a folder holds, and by its name.
    let by_name: HashSet<PathBuf> = wanted.iter().filter(|(_, named)| *named).map(|(path, _)| absolute(path)).collect();
    let mut seen = HashSet::new();
    wanted.retain(|(path, _)| seen.insert(absolute(path)));
    for (path, named) in &mut wanted {
        *named |= by_name.contains(&absolute(path));
    }
    let mut inputs = Vec::with_capacity(wanted.len());
    read_all(wanted, &mut inputs, console, unreadable);
    // What a manifest is merged over is a part of it.
    let manifests = inputs.iter().filter(|input| is_manifest(&input.text)).map(|input| Path::new(&input.path));
    let mut beside: Vec<PathBuf> = manifests.flat_map(defaults::places).collect();
    beside.retain(|path| seen.insert(absolute(path)) && path.is_file());
    read_all(beside.into_iter().map(|path| (path, false)).collect(), &mut inputs, console, unreadable);
    inputs
}

fn read_all(wanted: Vec<(PathBuf, bool)>, inputs: &mut Vec<Input>, console: &mut Console, unreadable: &mut usize) {
    for (path, named) in wanted {
        match files::read(&path) {
            Ok(text) => inputs.push(Input { path: files::shown(&path), text: text.into(), named }),
            Err(error) => {
                console.error(&error.to_string());
                *unreadable += 1;
            }
        }
    }
}

/// Whether a text says that it is a manifest.
fn is_manifest(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"apiVersion: obsgen/").is_some()
}

/// What a folder is searched for: anything that could be a monitoring file by its name.
pub(super) fn is_monitoring(path: &Path) -> bool {
    let is_page = || path.file_name().is_some_and(|name| name.to_string_lossy().contains("metrics"));
    let known = |extension: &str| {
        let of_vector = || path.file_name().is_some_and(|name| name.to_string_lossy().contains("vector"));
        ["yml", "yaml", "json", "rules", "prom", "alloy", "tmpl"].contains(&extension)
            || (extension == "txt" && is_page())
            || (extension == "toml" && of_vector())
    };
    path.extension().is_some_and(|extension| known(&extension.to_string_lossy()))
}
