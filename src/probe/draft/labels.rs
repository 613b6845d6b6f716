//! The labels of a metric: what they mean, and which values they can have.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::formats::exposition::{Family, GRPC_CODES, Sample};
use crate::manifest::metrics::LabelRole;
use crate::manifest::scalars::{LabelName, Text};
use crate::probe::contract::is_of_format;

/// With more values than that, a label is no choice between a few.
const FEW: usize = 10;

/// Labels that Prometheus sets for the target.
const OF_TARGET: &[&str] = &["job", "instance"];
const STATUS: &[&str] = &["code", "status", "status_code", "http_status", "http_status_code", "http_response_status_code", "response_code"];
const METHOD: &[&str] = &["method", "http_method", "http_request_method", "request_method", "verb"];
const ROUTE: &[&str] = &["route", "http_route", "handler", "path", "endpoint", "uri"];
/// Labels that choose between a few values, whatever the metric.
const CHOICES: &[&str] = &["result", "outcome", "status", "state", "mode", "direction", "level", "success"];

/// A label as it is declared.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Label {
    pub(super) name: String,
    #[serde(serialize_with = "role_name")]
    pub(super) role: Option<LabelRole>,
    /// All values, where they are a choice between a few.
    pub(super) values: Vec<String>,
    /// What every value matches.
    pub(super) pattern: Option<&'static str>,
    /// Whether some series lack it.
    optional: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "serde's signature")]
fn role_name<S: serde::Serializer>(role: &Option<LabelRole>, serializer: S) -> Result<S::Ok, S::Error> {
    role.map(LabelRole::name).serialize(serializer)
}

/// The labels of a metric, in the order of the page, or why they cannot be declared.
pub(super) fn of(family: Family) -> Result<Vec<Label>, &'static str> {
    let mut all: Vec<Found> = Vec::new();
    for sample in family.samples() {
        gather(family, &sample, &mut all);
    }
    if all.iter().any(|label| LabelName::parse(&label.name).is_err() || ["le", "quantile"].contains(&label.name.as_str())) {
        return Err("they have labels that cannot be declared");
    }
    let samples = family.sample_count();
    let mut labels: Vec<Label> = Vec::new();
    for found in all {
        let role = found.role().filter(|role| labels.iter().all(|label| label.role != Some(*role)));
        let pattern = found.is_status_class().then_some("[1-5]xx").filter(|_| role.is_none());
        let values = if role.is_none() && pattern.is_none() { found.choice(&family) } else { Vec::new() };
        labels.push(Label { role, values, pattern, optional: found.count < samples, name: found.name });
    }
    Ok(labels)
}

/// A label of the page.
struct Found {
    name: String,
    /// Its values; one more than a few at most.
    values: BTreeSet<String>,
    /// How many samples have it.
    count: usize,
    all: Kinds,
}

/// What all values are.
#[derive(Clone, Copy)]
struct Kinds {
    status: bool,
    status_class: bool,
    method: bool,
    path: bool,
}

fn gather(family: Family, sample: &Sample, all: &mut Vec<Found>) {
    for label in sample.labels() {
        let (name, value) = (label.name(), label.value());
        if is_of_format(family.kind(), &name) || OF_TARGET.contains(&name.as_ref()) {
            continue;
        }
        let index = all.iter().position(|found| found.name == name).unwrap_or_else(|| {
            let kinds = Kinds { status: true, status_class: true, method: true, path: true };
            all.push(Found { name: name.into_owned(), values: BTreeSet::new(), count: 0, all: kinds });
            all.len() - 1
        });
        // To Prometheus, an empty value is no label; but the metric can have it.
        if !value.is_empty() {
            all[index].see(&value);
        }
    }
}

impl Found {
    fn see(&mut self, value: &str) {
        self.count += 1;
        if self.values.contains(value) {
            return;
        }
        let bytes = value.as_bytes();
        self.all.status &= bytes.len() == 3 && value.parse::<u16>().is_ok_and(|status| (100..600).contains(&status));
        self.all.status_class &= matches!(bytes, [b'1'..=b'5', b'x', b'x']);
        self.all.method &= bytes.len() <= 12 && bytes.iter().all(u8::is_ascii_alphabetic);
        self.all.path &= value.starts_with('/');
        if self.values.len() <= FEW {
            self.values.insert(value.to_owned());
        }
    }

    fn is_called(&self, names: &[&str]) -> bool {
        names.contains(&self.name.to_ascii_lowercase().as_str())
    }

    fn role(&self) -> Option<LabelRole> {
        if self.count == 0 {
            None
        } else if self.is_called(STATUS) && self.all.status {
            Some(LabelRole::HttpStatus)
        } else if self.is_called(METHOD) && self.all.method {
            Some(LabelRole::Method)
        } else if self.is_called(ROUTE) && self.all.path {
            Some(LabelRole::HttpRoute)
        } else {
            None
        }
    }

    fn is_status_class(&self) -> bool {
        self.count > 0 && self.all.status_class
    }

    /// Every value that it can have, where that can be told from those that it has.
    fn choice(&self, family: &Family) -> Vec<String> {
        if self.name == "grpc_code" && self.values.iter().all(|value| GRPC_CODES.contains(&value.as_str())) {
            return GRPC_CODES.iter().map(|&code| code.to_owned()).collect();
        }
        let is_word = |value: &String| value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'));
        let fine = |value: &String| is_word(value) && Text::parse(value).is_ok();
        let few = (2..=FEW).contains(&self.values.len());
        // A set of states has a series for each of them, under the metric's own name.
        let is_state = self.name == family.name();
        if few && (is_state || self.is_called(CHOICES)) && self.values.iter().all(fine) {
            self.values.iter().cloned().collect()
        } else {
            Vec::new()
        }
    }
}
