//! Expressions of Loki's rules that cannot be read.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{DashboardView, ViewKind};
use crate::logql::{self, Gives};
use crate::promql::grafana;
use crate::source::{Node, text_map};

rule! {
    /// An expression in a rule of Loki is not LogQL, or an alert has lines where it needs a number: Loki's ruler refuses the whole
    /// file.
    ///
    /// Queries of panels that ask Loki are read as well, where no variable stands for a part of them.
    ///
    /// A file of rules is Loki's where one of its expressions has a `|` in it, which PromQL has not. The reader is obsgen's own and
    /// knows selectors, filters, parsers, conditions on labels, ranges and aggregations; Loki has not run what it lets pass.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Panics
    ///         expr: sum(count_over_time({service="web"} |= "panic")) > 0
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Panics
    ///         expr: sum(count_over_time({service="web"} |= "panic" [5m])) > 0
    ///         labels: { severity: warning }
    /// ```
    LogqlSyntax, "logql-syntax", Error
}

impl Rule for LogqlSyntax {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            let of_loki = |source: Option<&Node>| source.and_then(|source| source.get("type")).and_then(Node::as_str) == Some("loki");
            for target in panel.targets.iter().filter(|target| of_loki(target.datasource.or(panel.datasource))) {
                let Some((node, text)) = target.expr.and_then(Node::with_str) else { continue };
                let replaced = grafana::substitute(text);
                // A variable may stand for whole parts of a query.
                let apart = |range: &std::ops::Range<usize>| {
                    let before = replaced.text[..range.start].chars().next_back();
                    !matches!(before, Some('"' | '`' | '[' | '+' | '*' | '.' | '|'))
                };
                if replaced.variables.iter().any(|variable| apart(&variable.range)) {
                    continue;
                }
                if let Err(error) = logql::read(&replaced.text) {
                    found.push(
                        META.finding_at(Level::Warning, node.span, error.message)
                            .path(format!("{}.expr", target.path))
                            .help("correct the query"),
                    );
                }
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views {
            let ViewKind::LokiRules(file) = &view.kind else { continue };
            for rule in file.rules() {
                let Some((node, text)) = rule.expr.and_then(Node::with_str) else { continue };
                let path = file.path(rule, "expr");
                let finding = match logql::read(text) {
                    Err(error) => META.finding(text_map::span(view.text, node, error.range), error.message),
                    Ok(Gives::Lines) => {
                        META.finding(node.span, "these are lines, and a rule needs a number").help("count them: `count_over_time(… [5m])`")
                    }
                    Ok(Gives::Numbers) => continue,
                };
                found.push(finding.path(path));
            }
        }
    }
}
