//! `--base-url`: the service as it runs somewhere else than its manifest says.

use anyhow::bail;

use crate::model::health::{Check, Target};
use crate::model::{Model, Service};
use crate::probe::Place;

/// Where the service is asked instead.
#[derive(Debug)]
pub(super) struct Base {
    url: String,
    /// What the manifest has in its place.
    declared: Option<String>,
}

impl Base {
    /// In place of what the only service of a model has.
    pub(super) fn of(url: &str, model: &Model) -> anyhow::Result<Self> {
        let [Service { health_base, .. }] = model.services.as_slice() else {
            bail!("--base-url: a URL is where one service is; name its manifest with `-m`");
        };
        if Place::of(url).is_none() || url.contains(['?', '#']) {
            bail!("--base-url: `{url}` is not a URL that paths can be below; write it as in `http://localhost:4000`");
        }
        Ok(Self { url: url.to_owned(), declared: health_base.clone() })
    }

    /// A check, which asks there if it is below `health.base`.
    pub(super) fn check(&self, mut check: Check) -> Check {
        if let (true, Target::Http(url), Some(declared)) = (check.is_own, &check.target, &self.declared)
            && let Some(path) = url.strip_prefix(declared.trim_end_matches('/'))
        {
            check.target = Target::Http(format!("{}{path}", self.url.trim_end_matches('/')).into());
        }
        check
    }

    /// The page of metrics there. Where it has a port of its own it keeps that; all instances are one.
    pub(super) fn pages(&self, urls: &[String]) -> Vec<String> {
        let (here, declared) = (Place::of(&self.url), self.declared.as_deref().and_then(Place::of));
        let moved = |url: &String| {
            let (page, here) = (Place::of(url)?, here.as_ref()?);
            let (host, here_port) = here.target.rsplit_once(':')?;
            let (_, page_port) = page.target.rsplit_once(':')?;
            let beside =
                declared.as_ref().is_none_or(|declared| declared.target.rsplit_once(':').is_some_and(|(_, port)| port == page_port));
            let (is_tls, port) = if beside { (here.is_tls, here_port) } else { (page.is_tls, page_port) };
            Some(format!("{}://{host}:{port}{}", if is_tls { "https" } else { "http" }, page.path))
        };
        let mut pages: Vec<String> = urls.iter().map(|url| moved(url).unwrap_or_else(|| url.clone())).collect();
        pages.dedup();
        pages
    }
}
