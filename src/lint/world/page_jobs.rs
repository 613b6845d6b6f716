//! Of which scrape job a page of metrics is, where nobody says it: of the one that it is called after, or of the only one that is left.

use crate::formats::prometheus::Job;
use crate::lint::views::View;
use crate::lint::world::declared::{Catalogue, Evidence};
use crate::lint::world::jobs::hands_on;
use crate::lint::world::programs;

/// Tells pages whose they are.
pub(in crate::lint) fn tell(pages: &mut [Catalogue], views: &[View<'_>]) {
    let configs = || views.iter().filter_map(|view| view.prometheus()).filter(|config| !config.fragment);
    let jobs: Vec<&Job<'_>> = configs().flat_map(|config| &config.jobs).collect();
    for page in pages.iter_mut().filter(|page| page.job().is_none()) {
        let names = names(&page.service.value);
        if let Some(own) = names.iter().find_map(|name| jobs.iter().find(|job| even(job.name()) == *name)) {
            call(page, own.name());
        }
    }
    let taken = |name: &str, pages: &[Catalogue]| pages.iter().any(|page| page.is_of(name));
    let left: Vec<&Job<'_>> = jobs.into_iter().filter(|job| serves(job) && !taken(job.name(), pages)).collect();
    let mut nameless = pages.iter_mut().filter(|page| page.is_page() && page.job().is_none());
    if let (Some(page), None, [only]) = (nameless.next(), nameless.next(), left.as_slice())
        && !page.metrics.iter().any(|metric| programs::of_series(&metric.name.value).is_some_and(|program| !program.may_be_of(only)))
    {
        call(page, only.name());
    }
}

fn call(page: &mut Catalogue, name: &str) {
    if let Evidence::Page { job, .. } = &mut page.evidence {
        *job = Some(name.to_owned());
    }
}

/// Whether a job scrapes a service of its own: not probes, what others hand on, or a program that everybody runs.
fn serves(job: &Job<'_>) -> bool {
    let is_probe = job.node.get("params").is_some() || job.node.get("metrics_path").is_some_and(|path| path.as_str() == Some("/probe"));
    !is_probe && !hands_on(job) && !programs::is_one(job)
}

/// What a file may be called after, as `shop` of `pages/shop-metrics.txt`: the whole of its name first.
fn names(path: &str) -> Vec<String> {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let mut name = even(file);
    for end in [".txt", ".prom", ".om", ".openmetrics", ".metrics", ".job", ".page"] {
        if let Some(rest) = name.strip_suffix(end) {
            name.truncate(rest.len());
        }
    }
    let shorter =
        [name.strip_suffix("-metrics"), name.strip_prefix("metrics-")].into_iter().flatten().map(str::to_owned).collect::<Vec<_>>();
    std::iter::once(name).chain(shorter).collect()
}

/// A name in small letters, its words apart by `-`.
fn even(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_file_is_called_after_its_job() {
        for path in ["shop.prom", "pages/shop.txt", "shop_metrics.txt", "shop.job.prom", "a\\Shop.metrics", "metrics-shop.txt"] {
            assert!(names(path).iter().any(|name| name == "shop"), "{path}");
        }
        assert_eq!(names("kube-state-metrics.prom"), ["kube-state-metrics", "kube-state"]);
        assert_eq!(names("booking_api.prom"), ["booking-api"]);
    }
}
