//! `obsgen init`: a starter manifest, never over one that is there.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::files::{MANIFEST, shown};
use super::{Console, FINE};
use crate::artifacts::Engine;
use crate::artifacts::starter::Starter;
use crate::cli::InitArgs;
use crate::manifest::scalars::Slug;

pub(super) fn run(args: &InitArgs, console: &mut Console) -> anyhow::Result<u8> {
    let path = args.folder.join(MANIFEST);
    if path.exists() {
        bail!("{}: it is there already, and init never overwrites a manifest", shown(&path));
    }
    let name = match &args.name {
        Some(name) => Slug::parse(name).map_err(|why| anyhow::anyhow!("--name: {why}"))?.0,
        None => name_of(&args.folder)?,
    };
    if let Some(wrong) = args.targets.iter().find(|target| !is_address(target)) {
        bail!("--target: `{wrong}` is not an address; write `host:port`, as in `localhost:8080`");
    }
    let text = Starter { name, language: args.language.clone(), targets: args.targets.clone() }.render(&Engine::new(None)?)?;
    fs::create_dir_all(&args.folder).with_context(|| shown(&args.folder))?;
    // Created only if it is still not there: two runs at once cannot overwrite each other.
    let mut file = fs::File::options().write(true).create_new(true).open(&path).with_context(|| shown(&path))?;
    file.write_all(text.as_bytes()).with_context(|| shown(&path))?;
    console.note(&format!("wrote {}\nnext: describe your metrics in it, then `obsgen render -m {}`", shown(&path), shown(&path)));
    Ok(FINE)
}

/// The folder's own name, as far as it can name a service.
fn name_of(folder: &Path) -> anyhow::Result<String> {
    let absolute = std::path::absolute(folder)?;
    let name = absolute.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let plain = plain.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    Ok(Slug::parse(plain).map_or_else(|_| "service".to_owned(), |slug| slug.0))
}

fn is_address(text: &str) -> bool {
    let plain = |host: &str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._[]:".contains(c));
    text.rsplit_once(':').is_some_and(|(host, port)| plain(host) && port.parse::<u16>().is_ok_and(|port| port > 0))
}
