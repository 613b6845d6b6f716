//! Finding promtool and amtool, and saying how to get them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::process;
use crate::manifest::stack::Version;

/// Where to look for the tools.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The promtool that the user named.
    pub promtool: Option<&'a Path>,
    /// The amtool that the user named.
    pub amtool: Option<&'a Path>,
    /// The folders to search: the environment's `PATH`.
    pub path: Option<&'a OsStr>,
}

/// The tools, by their absolute paths.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Prometheus's.
    pub promtool: PathBuf,
    /// Alertmanager's; `None` where there are no routes to test.
    pub amtool: Option<PathBuf>,
}

/// A tool and how to get it.
struct Tool {
    name: &'static str,
    comes_with: &'static str,
    package: &'static str,
    page: &'static str,
}

const PROMTOOL: Tool =
    Tool { name: "promtool", comes_with: "Prometheus", package: "prometheus", page: "https://prometheus.io/download/#prometheus" };
const AMTOOL: Tool = Tool {
    name: "amtool",
    comes_with: "Alertmanager",
    package: "prometheus-alertmanager",
    page: "https://prometheus.io/download/#alertmanager",
};

impl Tools {
    /// Finds promtool and, where there are routes, amtool.
    ///
    /// # Errors
    /// Where one of them is not there; the text says how to get it.
    pub fn find(wanted: Wanted, routes: bool) -> anyhow::Result<Self> {
        let promtool = PROMTOOL.find(wanted.promtool, wanted.path);
        let amtool = routes.then(|| AMTOOL.find(wanted.amtool, wanted.path)).transpose();
        match (promtool, amtool) {
            (Ok(promtool), Ok(amtool)) => Ok(Self { promtool, amtool }),
            // Both at once, so that nobody installs one only to be told of the other.
            (Err(first), Err(second)) => bail!("{first}\n{second}"),
            (Err(missing), Ok(_)) | (Ok(_), Err(missing)) => bail!("{missing}"),
        }
    }
}

impl Tools {
    /// Which Prometheus this promtool belongs to; `None` where it does not say.
    pub fn promtool_version(&self) -> Option<Version> {
        let said = process::run(&self.promtool, Path::new("."), &["--version"]).ok()?.all();
        let version = said.split_once("version ")?.1.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
        Version::parse(version).ok()
    }
}

impl Tool {
    fn find(&self, named: Option<&Path>, path: Option<&OsStr>) -> Result<PathBuf, String> {
        let wanted = named.unwrap_or(Path::new(self.name));
        let is_bare = wanted.components().count() == 1 && !wanted.as_os_str().to_string_lossy().contains('/');
        let beside = if named.is_some() && wanted.is_file() { Some(wanted.to_owned()) } else { None };
        let on_path = || {
            path.filter(|_| is_bare)
                .into_iter()
                .flat_map(std::env::split_paths)
                .map(|folder| folder.join(wanted))
                .find(|file| is_program(file))
        };
        let found = beside.or_else(on_path).and_then(|file| std::path::absolute(file).ok());
        found.ok_or_else(|| match named {
            Some(named) => format!("{}: no such program; `--{}` names the {} to use", named.display(), self.name, self.name),
            None => format!(
                "{name} is not on the PATH; it comes with {comes_with}: `apt-get install {package}` on Debian and Ubuntu, or {page}; or name it with `--{name} FILE`",
                name = self.name,
                comes_with = self.comes_with,
                package = self.package,
                page = self.page
            ),
        })
    }
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}
