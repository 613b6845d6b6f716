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
        // Few rules are alike in their name and expression, and only those are compared in their labels as well.
        let mut alike = HashMap::with_capacity(context.queries.len());
        let mut seen: HashMap<_, &RuleOfFile<'_>> = HashMap::new();
        for query in context.queries {
            let Origin::Rule { file, rule } = query.origin else { continue };
            let key = (query.node.span.source, rule.name(), query.node.as_str().unwrap_or("").trim());
            let Some(earlier) = alike.insert(key, rule) else { continue };
            seen.entry((key, rest(earlier))).or_insert(earlier);
            if let Some(first) = seen.insert((key, rest(rule)), rule) {
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

/// Names and values.
type Labels<'a> = Vec<(&'a str, Option<&'a str>)>;

/// What makes rules of one name and expression different ones.
fn rest<'a>(rule: &RuleOfFile<'a>) -> (bool, Option<i64>, Labels<'a>) {
    let mut labels: Vec<_> = rule.labels().map(|(name, _, value)| (name, value.as_str())).collect();
    labels.sort_unstable();
    (rule.is_alert(), rule.hold, labels)
}
