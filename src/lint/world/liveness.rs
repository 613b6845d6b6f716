//! Which jobs some alert watches for being down or gone.

use std::collections::HashSet;

use crate::formats::rule_file::RuleFile;
use crate::lint::query::matches;
use crate::lint::views::{View, rule_files};
use crate::promql::ast::{ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::visit;
use crate::promql::{Options, parse};

/// What the alerts of a run watch.
#[derive(Debug, Default)]
pub struct Liveness {
    /// Jobs that a selector names.
    jobs: HashSet<String>,
    /// What other selectors ask of `job`.
    others: Vec<Vec<Matcher>>,
}

impl Liveness {
    /// Gathers what is asked of `up`, and whose absence is waited for.
    pub(in crate::lint) fn of(views: &[View<'_>]) -> Self {
        let mut watched = Self::default();
        let rules = rule_files(views);
        for text in rules.flat_map(RuleFile::rules).filter(|rule| rule.is_alert()).filter_map(|rule| rule.expr?.as_str()) {
            // Only what can be one is read a second time.
            if text.contains("absent") || text.contains("up") {
                watched.add(text);
            }
        }
        watched
    }

    fn add(&mut self, text: &str) {
        let Ok(expr) = parse(text, &Options::all()) else { return };
        visit(&expr, &mut |node| match &node.kind {
            ExprKind::Selector(selector) if selector.metric_name() == Some("up") => self.add_selector(selector),
            ExprKind::Call { function, arguments } if function.text.starts_with("absent") => {
                for argument in arguments {
                    visit(argument, &mut |node| {
                        if let ExprKind::Selector(selector) | ExprKind::Range { selector, .. } = &node.kind {
                            self.add_selector(selector);
                        }
                    });
                }
            }
            _ => {}
        });
    }

    fn add_selector(&mut self, selector: &Selector) {
        let of_job: Vec<Matcher> = selector.matchers.iter().filter(|matcher| matcher.label.text == "job").cloned().collect();
        match of_job.as_slice() {
            [only] if only.op == MatchOp::Equal => drop(self.jobs.insert(only.value.clone())),
            _ => self.others.push(of_job),
        }
    }

    /// Whether some alert watches a job, or any where it is not known which one is meant.
    pub fn watches(&self, job: Option<&str>) -> bool {
        match job {
            Some(job) => self.jobs.contains(job) || self.others.iter().any(|all| all.iter().all(|m| matches(m, job) != Some(false))),
            None => !self.jobs.is_empty() || !self.others.is_empty(),
        }
    }
}
