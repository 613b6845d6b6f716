//! The same rule twice.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::Context;
use crate::lint::query::Origin;
use crate::lint::rule::{Rule, rule};

rule! {
    /// Two rules have the same name, the same labels and the same expression: the second only costs evaluation and,
    /// for a recording rule, writes every sample twice.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    ///       - record: job:requests:rate1h
    ///         expr: sum by (job) (rate(requests_total[1h]))
    /// ```
    DuplicateRule, "duplicate-rule", Warning
}

impl Rule for DuplicateRule {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut seen: HashMap<_, &'_ RuleOfFile<'_>> = HashMap::new();
        for query in context.queries {
            let Origin::Rule { file, rule } = query.origin else { continue };
            let mut labels: Vec<_> = rule.labels().map(|(name, _, value)| (name, value.as_str())).collect();
            labels.sort_unstable();
            let key = (query.node.span.source, rule.is_alert(), rule.name(), query.node.as_str().unwrap_or("").trim(), rule.hold, labels);
            if let Some(first) = seen.insert(key, rule) {
                found.push(
                    META.finding(rule.name.span, format!("the rule `{}` is here twice", rule.name()))
                        .path(file.path(rule, ""))
                        .related(first.name.span, "the first one")
                        .help("remove one"),
                );
            }
        }
    }
}
