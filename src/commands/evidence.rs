//! Pages of metrics that `obsgen lint --metrics` judges by: where they are from, and the job that they are of.

use std::path::Path;
use std::time::Duration;

use anyhow::bail;

use super::files;
use crate::formats::{self, Kind};
use crate::lint::Page;
use crate::probe;
use crate::source::read_bytes;

/// So long a page may take: as long as Prometheus waits unless it is told otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a page: `FILE`, `-` or a URL, behind `JOB=` where it is of one job.
pub(super) fn read(argument: &str) -> anyhow::Result<Page> {
    let (job, from) = split(argument);
    let (path, text, called) = if probe::is_url(from) {
        let path = probe::without_credentials(from).into_owned();
        let fetched = probe::fetch(from, TIMEOUT)?;
        let called = fetched.content_type.map(|called| format!("; the server calls it `{called}`"));
        let text = read_bytes(&path, fetched.body)?;
        (path, text, called.unwrap_or_default())
    } else {
        (files::shown(Path::new(from)), files::read(Path::new(from))?, String::new())
    };
    if formats::recognise_text(&text) != Some(Kind::Exposition) {
        bail!("{path}: this is no page of metrics, as Prometheus scrapes it{called}");
    }
    Ok(Page { path, text: text.into(), job: job.map(str::to_owned) })
}

/// The job before the first `=`, where that can be one: no path or URL holds one of its own there.
fn split(argument: &str) -> (Option<&str>, &str) {
    match argument.split_once('=') {
        Some((job, from)) if !job.is_empty() && !from.is_empty() && !job.contains(['/', '\\', '?']) && !Path::new(argument).exists() => {
            (Some(job), from)
        }
        _ => (None, argument),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_job_stands_before_the_first_equals_sign() {
        assert_eq!(split("page.txt"), (None, "page.txt"));
        assert_eq!(split("shop=page.txt"), (Some("shop"), "page.txt"));
        assert_eq!(split("shop=http://shop:8080/metrics?x=y"), (Some("shop"), "http://shop:8080/metrics?x=y"));
        assert_eq!(split("http://shop:8080/metrics?x=y"), (None, "http://shop:8080/metrics?x=y"));
        assert_eq!(split("pages/a=b.txt"), (None, "pages/a=b.txt"));
    }
}
