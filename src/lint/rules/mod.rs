//! The registry: one folder for each area of the manual, with a `mod` line and an entry for each of its rules.

mod alertmanager;
mod alerts;
mod collector;
mod dashboards;
mod expressions;
mod histograms;
mod manifests;
mod metrics;
mod probes;
mod prometheus;
mod rates;
mod secrets;
mod shares;

use super::rule::Rule;
use super::world::pages;
use crate::diagnostic::Level;

/// The areas of the manual, each with its rules.
pub const AREAS: &[(&str, &[&dyn Rule])] = &[
    ("Expressions", expressions::RULES),
    ("Counters and windows", rates::RULES),
    ("Histograms and quantiles", histograms::RULES),
    ("Shares and error budgets", shares::RULES),
    ("Alerts and recording rules", alerts::RULES),
    ("Dashboards and data sources", dashboards::RULES),
    ("Prometheus", prometheus::RULES),
    ("Probes of the blackbox exporter", probes::RULES),
    ("Collector and log shippers", collector::RULES),
    ("Alertmanager", alertmanager::RULES),
    ("Secrets and certificates", secrets::RULES),
    ("Metrics", metrics::RULES),
    ("Manifests and what stands beside them", manifests::RULES),
];

/// Every rule, in the order of the manual.
pub fn all() -> impl Iterator<Item = &'static dyn Rule> {
    AREAS.iter().flat_map(|(_, rules)| rules.iter().copied())
}

/// Findings about the shape of files, which are no rules of their own: id, level, what is found.
pub const SHAPES: &[(&str, Level, &str)] = &[
    ("invalid-yaml", Level::Error, "the text is not YAML; what follows in later documents is read all the same"),
    ("invalid-json", Level::Error, "the text is not JSON"),
    ("invalid-alloy", Level::Error, "the text is not in the syntax of Grafana Alloy"),
    (
        pages::INVALID_EXPOSITION,
        Level::Error,
        "a page of metrics over which Prometheus loses the whole scrape; a warning where only Prometheus 2 does",
    ),
    (pages::UNTIDY_EXPOSITION, Level::Warning, "a page of metrics is not what its format demands, and Prometheus takes it all the same"),
    (pages::DUPLICATE_SERIES, Level::Warning, "a series is on a page of metrics twice"),
    ("duplicate-key", Level::Error, "a key is twice in one mapping, which Prometheus refuses (in JSON a warning: the last one counts)"),
    ("unknown-key", Level::Error, "a key means nothing where it stands"),
    ("wrong-type", Level::Error, "a value is of the wrong type"),
    ("missing-key", Level::Error, "a key that has to be there is not"),
    ("bad-duration", Level::Error, "a duration that Prometheus cannot read"),
    ("bad-value", Level::Error, "a value is none that the format takes"),
    ("bad-regex", Level::Error, "a regular expression cannot be read"),
    ("bad-url", Level::Error, "a text is no URL"),
    ("bad-matcher", Level::Error, "a matcher of Alertmanager cannot be read"),
    ("conflicting-keys", Level::Error, "two keys exclude one another"),
    ("duplicate-name", Level::Error, "two things of one kind have one name"),
    ("bad-name", Level::Error, "a label or series has a name that Prometheus refuses"),
    ("ambiguous-rule", Level::Error, "a rule both alerts and records, or neither"),
    ("alert-key-in-recording-rule", Level::Error, "a recording rule has `for`, `keep_firing_for` or annotations"),
    ("bad-target", Level::Error, "a target is a URL rather than a host with a port"),
    ("timeout-above-interval", Level::Error, "a scrape timeout is longer than the interval"),
    ("invalid-comment", Level::Warning, "a comment to obsgen cannot be read"),
    ("unused-ignore", Level::Warning, "a comment, or an entry of `obsgen.toml`, ignores a rule that finds nothing there"),
    ("stale-baseline", Level::Info, "an entry of the baseline that nothing corresponds to any more"),
    ("invalid-baseline", Level::Error, "the baseline cannot be read"),
    ("invalid-toml", Level::Error, "`obsgen.toml`, or a configuration of Vector, is not TOML"),
    (
        "invalid-config",
        Level::Error,
        "a value of `obsgen.toml` means nothing: a rule or a level that is not known, a glob that cannot be read",
    ),
];
