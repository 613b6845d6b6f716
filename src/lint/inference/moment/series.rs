//! The series that a selector finds at the moment that pages show.

use super::life::Life;
use super::{DEPTH, Moment, Point, Targets};
use crate::formats::prometheus::Job;
use crate::formats::rule_file::Rule;
use crate::lint::query::matches;
use crate::lint::query::named::moment_scale;
use crate::lint::world::declared::MetricType;
use crate::lint::world::relabel::{self, Effect, Labels, apply};
use crate::lint::world::{Jobs, exporters, jobs};
use crate::promql::Expr;
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::promql::walk::{Found, selectors};

/// Begins the value of a label that is there, and whose value nobody knows.
const UNKNOWN: char = '\0';

/// So many targets stand for those that nobody knows.
const MANY: usize = 32;

/// More series than these are not looked at one by one.
const MOST: usize = 50_000;

/// A target that is scraped, or one that stands for those that discovery finds.
struct Target {
    labels: Labels,
    /// Whether it may have labels that are not known.
    open: bool,
}

/// The labels that what is absent would have.
pub(super) fn certain(selector: &Selector) -> Labels {
    let equal = selector.matchers.iter().filter(|m| m.op == MatchOp::Equal && !m.value.is_empty() && m.label.text != "__name__");
    equal.map(|matcher| (matcher.label.text.clone(), matcher.value.clone())).collect()
}

impl Moment<'_, '_> {
    /// What a selector finds; `None` where pages do not show all of it.
    pub(super) fn series(self, selector: &Selector) -> Option<Vec<Point>> {
        if selector.at.is_some() {
            return None;
        }
        if selector.offset.is_some() {
            return self.earlier(selector);
        }
        let name = selector.metric_name()?;
        if !self.world.recorded(name).is_empty() {
            return self.recorded(name, selector);
        }
        if name == "up" {
            return self.up(selector);
        }
        if name.contains(':') || exporters::BUILT_IN.contains(&name) || name.starts_with("scrape_") {
            return None;
        }
        let pages = self.world.pages_of(selector)?;
        let mut found = Vec::new();
        for page in &pages {
            let snapshot = page.snapshot.as_ref()?;
            let name_of_job = page.job()?;
            let job = self.configured(name_of_job)?;
            let is_alone = pages.iter().filter(|other| other.job() == page.job()).count() == 1;
            let targets = self.targets_of(name_of_job, job, is_alone);
            let series = snapshot.get(name).map_or(&[][..], Vec::as_slice);
            if series.len() * targets.len() > MOST {
                return None;
            }
            self.asked.borrow_mut().series += series.len() * targets.len();
            // Of what stays as it is on the page most is told apart by that alone.
            let is_kept = |label: &str| {
                job.is_none_or(|job| job.metric_relabel.is_empty()) && !targets.iter().any(|target| target.labels.contains_key(label))
            };
            let told: Vec<&Matcher> = selector.matchers.iter().filter(|matcher| is_kept(&matcher.label.text)).collect();
            let may_fit = |own: &Labels| {
                let fits = |matcher: &&Matcher| own.get(&matcher.label.text).is_none_or(|value| matches(matcher, value) != Some(false));
                told.iter().all(fits)
            };
            for (own, value) in series.iter().filter(|(own, _)| may_fit(own)) {
                for target in &targets {
                    let Some(labels) = scraped(name, own, target, job)? else { continue };
                    if is_asked_for(selector, &labels, target.open)? {
                        found.push(Point { labels, value: *value, life: Life::default() });
                    }
                }
            }
        }
        Some(found)
    }

    /// What was some time ago: a gauge is what it is now, as it usually is.
    fn earlier(self, selector: &Selector) -> Option<Vec<Point>> {
        let now = Selector { offset: None, ..selector.clone() };
        let name = selector.metric_name()?;
        if !self.world.recorded(name).is_empty() {
            let is_gauge = |used: &Found<'_>| {
                let known = self.world.metric_of(used.selector);
                known.is_some_and(|(_, metric, _)| metric.kind == MetricType::Gauge && moment_scale(&metric.name.value).is_none())
            };
            let of_gauges = |expr: &Expr| selectors(expr).iter().all(is_gauge);
            let is_steady = self.world.recorded(name).iter().filter_map(|recorded| recorded.query.expr.as_ref()).all(of_gauges);
            let points = self.recorded(name, &now)?.into_iter();
            let usual = |point: Point| {
                if point.life.lived { Some(point) } else { is_steady.then_some(Point { life: Life::USUAL, ..point }) }
            };
            return points.map(usual).collect();
        }
        self.world.metric_of(selector).filter(|(_, metric, _)| metric.kind == MetricType::Gauge && moment_scale(name).is_none())?;
        Some(self.series(&now)?.into_iter().map(|point| Point { life: Life::USUAL, ..point }).collect())
    }

    /// The scrape job of a name; the inner `None` where there is no configuration to have one.
    #[expect(clippy::option_option, reason = "not known, and not there")]
    fn configured(&self, name: &str) -> Option<Option<&Job<'_>>> {
        match self.world.jobs_named(name) {
            [] => Some(None),
            [only] => Some(Some(only)),
            _ => None,
        }
    }

    /// The targets that a page stands for.
    fn targets_of(self, name: &str, job: Option<&Job<'_>>, is_alone: bool) -> Vec<Target> {
        let known = job.and_then(relabel::targets).map(|all| {
            let kept = all.into_iter().filter(|outcome| outcome.dropped.is_none());
            kept.map(|outcome| {
                let instance = relabel::value(&outcome.labels, "instance").map(|value| ("instance".to_owned(), value.to_owned()));
                let mut labels = outcome.labels;
                labels.extend(instance);
                labels.retain(|name, _| !name.starts_with("__"));
                Target { labels, open: false }
            })
            .collect::<Vec<_>>()
        });
        let mut targets = known.unwrap_or_else(|| {
            let own = job.map(jobs::labels_of_targets);
            let one = |number: usize| {
                let value = |name: &str| (name.to_owned(), format!("{UNKNOWN}{number}"));
                let mut labels: Labels = own.iter().flatten().flatten().map(|name| value(name)).chain([value("instance")]).collect();
                labels.insert("job".to_owned(), name.to_owned());
                labels.retain(|name, _| !name.starts_with("__"));
                Target { labels, open: own.as_ref().is_none_or(Option::is_none) }
            };
            (0..MANY).map(one).collect()
        });
        // Of several pages each is of one target, and nobody knows of which.
        if !is_alone || self.targets == Targets::One {
            targets.truncate(1);
        }
        targets
    }

    /// Targets that are scraped are up: a page was read of each.
    fn up(self, selector: &Selector) -> Option<Vec<Point>> {
        if self.world.jobs_known == Jobs::Open || self.world.prometheus.is_empty() {
            return None;
        }
        let mut found = Vec::new();
        for job in self.world.prometheus.iter().flat_map(|config| &config.jobs) {
            for mut target in self.targets_of(job.name(), Some(job), true) {
                target.labels.insert("__name__".to_owned(), "up".to_owned());
                if is_asked_for(selector, &target.labels, target.open)? {
                    // How many targets a job finds, nobody knows.
                    relabel::targets(job)?;
                    found.push(Point { labels: target.labels, value: 1.0, life: Life::default() });
                }
            }
        }
        Some(found)
    }

    /// What is recorded, worked out as it would be now.
    fn recorded(self, name: &str, selector: &Selector) -> Option<Vec<Point>> {
        if self.depth >= DEPTH {
            return None;
        }
        let inner = Self { depth: self.depth + 1, ..self };
        let mut found = Vec::new();
        for recorded in self.world.recorded(name) {
            let super::Value::Vector(points) = inner.expr(recorded.query.expr.as_ref()?)? else { return None };
            for mut point in points {
                point.labels.insert("__name__".to_owned(), name.to_owned());
                for (label, _, value) in recorded.query.rule().into_iter().flat_map(Rule::labels) {
                    point.labels.insert(label.to_owned(), value.as_str()?.to_owned());
                }
                if is_asked_for(selector, &point.labels, false)? {
                    found.push(point);
                }
            }
        }
        Some(found)
    }
}

/// The labels of a series of a page behind the scrape: none where relabelling drops it.
#[expect(clippy::option_option, reason = "what cannot be followed, and what is dropped")]
fn scraped(name: &str, own: &Labels, target: &Target, job: Option<&Job<'_>>) -> Option<Option<Labels>> {
    let mut labels = target.labels.clone();
    let honours = job.is_some_and(|job| job.honor_labels);
    for (label, value) in own {
        let renamed = labels.contains_key(label) && !honours;
        labels.insert(if renamed { format!("exported_{label}") } else { label.clone() }, value.clone());
    }
    labels.retain(|_, value| !value.is_empty());
    labels.insert("__name__".to_owned(), name.to_owned());
    for step in job.iter().flat_map(|job| &job.metric_relabel) {
        if apply(step, &mut labels)? == Effect::Dropped {
            return Some(None);
        }
    }
    Some(Some(labels))
}

/// Whether a selector asks for series with these labels; `None` where that depends on what is not known.
fn is_asked_for(selector: &Selector, labels: &Labels, open: bool) -> Option<bool> {
    let mut asked = Some(true);
    for matcher in selector.matchers.iter().filter(|matcher| matcher.label.text != "__name__") {
        let fits = match labels.get(&matcher.label.text) {
            Some(value) if value.starts_with(UNKNOWN) => match matches(matcher, "") {
                // Anything but nothing.
                Some(false) if matches!(matcher.value.as_str(), "" | ".+") => Some(true),
                _ => None,
            },
            Some(value) => matches(matcher, value),
            None if open => None,
            None => matches(matcher, ""),
        };
        match fits {
            Some(false) => return Some(false),
            Some(true) => {}
            None => asked = None,
        }
    }
    asked
}
