//! Which jobs and pages a selector may read of.

use super::declared::{Catalogue, Evidence};
use super::jobs::writes;
use super::{Jobs, World, exporters, programs, series_of};
use crate::lint::query::{may_read, named_job};
use crate::promql::ast::{MatchOp, Selector};

impl<'a> World<'a> {
    /// The pages that together show all that a selector may read: those of every job that it may read of.
    pub fn pages_of(&self, selector: &Selector) -> Option<Vec<&'a Catalogue>> {
        let pages = || self.catalogues.iter().filter(|catalogue| catalogue.is_page());
        pages().next()?;
        let mut matchers = selector.matchers.iter().filter(|m| m.label.text == "job");
        let pinned = matchers.find(|m| m.op == MatchOp::Equal && !m.value.is_empty()).map(|m| m.value.as_str());
        let jobs: Vec<&str> = match pinned {
            Some(job) => vec![job],
            None if self.knows_jobs_of(selector) => {
                self.jobs.iter().map(|(job, _)| job.as_str()).filter(|job| may_read(selector, job)).collect()
            }
            None => return None,
        };
        let mut found = Vec::new();
        for job in jobs {
            let before = found.len();
            let is_whole = |page: &&Catalogue| matches!(page.evidence, Evidence::Page { whole: true, .. });
            found.extend(pages().filter(|page| page.is_of(job)).filter(is_whole));
            let pushed = self.pushed.get(job).into_iter().flatten().copied();
            found.extend(pushed.filter(|page| !page.is_of(job) && !self.renames(page.job().unwrap_or(""))).filter(is_whole));
            if found.len() == before && pinned.is_none() && (self.is_foreign(job, selector) || self.is_unscraped(job, selector)) {
                continue;
            }
            if found.len() == before || self.renames(job) {
                return None;
            }
        }
        Some(found).filter(|found| !found.is_empty())
    }

    /// The one job that a selector reads of: the one that it names, or the only one whose page has the metric where pages show all there
    /// is.
    pub(in crate::lint) fn job_read<'s>(&'s self, selector: &'s Selector) -> Option<&'s str> {
        if let Some(job) = named_job(selector) {
            return Some(job);
        }
        if !self.has_pages || selector.matchers.iter().any(|matcher| matcher.label.text == "job") {
            return None;
        }
        let series = selector.metric_name().filter(|name| !exporters::BUILT_IN.contains(name) && self.recorded(name).is_empty())?;
        let mut jobs: Vec<&str> = self.pages_of(selector)?.into_iter().filter_map(Catalogue::job).collect();
        jobs.retain(|job| series_of(series, |name| self.owned.get(job)?.get(name).copied()).is_some());
        jobs.dedup();
        if let [only] = jobs.as_slice() { Some(only) } else { None }
    }

    /// Whether all jobs are known that may have what a selector asks for: what is on the page of one is not pushed to the Collector as
    /// well.
    pub(in crate::lint) fn knows_jobs_of(&self, selector: &Selector) -> bool {
        let is_on_page = || selector.metric_name().and_then(|name| self.metric(name)).is_some_and(|(page, ..)| page.is_page());
        self.jobs_known == Jobs::Closed || self.only_pushed && is_on_page() || self.is_own(selector)
    }

    /// Whether a selector names a job and asks for what that job itself is known to have, or for what Prometheus says of its scrapes:
    /// nobody hands that on in its name.
    pub(super) fn is_own(&self, selector: &Selector) -> bool {
        let (Some(job), Some(name)) = (named_job(selector), selector.metric_name()) else { return false };
        let of_scrape = || name == "up" || name.starts_with("scrape_");
        let has = |name: &str| self.owned.get(job)?.get(name).copied().filter(|(page, _)| page.job() == Some(job));
        self.jobs_known != Jobs::Open && !self.jobs_named(job).is_empty() && (of_scrape() || series_of(name, has).is_some())
    }

    /// Whether a job is one that a manifest declares and a whole configuration does not scrape, and the manifest does not say that it has
    /// the series: it is pushed at most, and then by itself.
    fn is_unscraped(&self, job: &str, selector: &Selector) -> bool {
        let has = || selector.metric_name().is_none_or(|name| series_of(name, |name| self.owned.get(job)?.get(name).copied()).is_some());
        self.jobs_known != Jobs::Open
            && !self.prometheus.is_empty()
            && self.jobs_named(job).is_empty()
            && self.renaming.is_empty()
            && !has()
    }

    /// Whether a selector asks for a series of a service that has a page, which a job without one cannot have.
    fn is_foreign(&self, job: &str, selector: &Selector) -> bool {
        let Some(series) = selector.metric_name() else { return false };
        let is_ours = || self.metric(series).is_some_and(|(page, ..)| page.is_page());
        let is_called_alike = || series.split_once('_').is_some_and(|(first, _)| self.spaces.contains(first));
        let jobs = self.jobs_named(job);
        (is_called_alike() || is_ours()) && !jobs.is_empty() && jobs.iter().all(|job| programs::is_foreign(job, series))
    }

    /// Whether a job may have a series: pages that show all of it, and not the series, say that it has none.
    pub fn may_have(&self, job: &str, series: &str) -> bool {
        let is_whole = |page: &&Catalogue| page.is_page() && matches!(page.evidence, Evidence::Page { whole: true, .. });
        let is_shown = || self.catalogues.iter().filter(is_whole).any(|page| page.is_of(job));
        let is_there = || series_of(series, |name| self.owned.get(job)?.get(name).copied()).is_some();
        !self.has_pages
            || is_there()
            || exporters::BUILT_IN.contains(&series)
            || series.starts_with("scrape_")
            || self.renames(job)
            || !is_shown()
    }

    /// Whether relabelling may give the metrics of a job other names.
    fn renames(&self, job: &str) -> bool {
        let steps = self.prometheus.iter().flat_map(|config| &config.jobs).filter(|known| known.name() == job);
        steps.flat_map(|job| &job.metric_relabel).any(|step| writes(step, "__name__"))
    }
}
