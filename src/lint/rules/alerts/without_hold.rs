//! Alerts that a single sample fires, beside others that wait.

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::named::is_start;
use crate::lint::query::parts::Use;
use crate::lint::query::unit::{Quantity, quantity, unscaled};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk;

rule! {
    /// An alert compares what was scraped last with a limit and has no `for`, while nearly all others of its group have one. One sample
    /// that is out of line fires it, and the next one resolves it.
    ///
    /// Where that is meant, write `for: 0s`. What looks back over a window, or at what stays as it is, needs none.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: A, expr: 'a{job="web"} > 10', for: 5m, labels: { severity: warning } }
    ///       - { alert: B, expr: 'b{job="web"} > 10', for: 5m, labels: { severity: warning } }
    ///       - { alert: C, expr: 'c{job="web"} > 10', for: 5m, labels: { severity: warning } }
    ///       - { alert: D, expr: 'd{job="web"} > 10', labels: { severity: warning } }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: A, expr: 'a{job="web"} > 10', for: 5m, labels: { severity: warning } }
    ///       - { alert: B, expr: 'b{job="web"} > 10', for: 5m, labels: { severity: warning } }
    ///       - { alert: C, expr: 'c{job="web"} > 10', for: 5m, labels: { severity: warning } }
    ///       - { alert: D, expr: 'd{job="web"} > 10', for: 1m, labels: { severity: warning } }
    /// ```
    WithoutHold, "without-hold", Warning
}

/// Seconds that a time is compared with which does not come and go.
const LONG: f64 = 600.0;

impl Rule for WithoutHold {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let waits = |rule: &RuleOfFile<'_>| rule.node.get("for").is_some() || rule.node.get("keep_firing_for").is_some();
        if waits(view.rule) {
            return;
        }
        let Some((query, expr)) = view.alert() else { return };
        let others =
            || view.file.rules().filter(|rule| rule.is_alert() && rule.place.0 == view.rule.place.0 && rule.place != view.rule.place);
        let counts = || (others().count(), others().filter(|rule| waits(rule)).count());
        // A scrape that fails once is common, and says nothing of the target.
        let is_lost_scrape = matches!(&walk::without_parens(expr).kind, ExprKind::Binary(binary)
            if binary.op == BinaryOp::Equal && crate::lint::query::constant(&binary.right) == Some(0.0)
                && matches!(&walk::without_parens(&binary.left).kind, ExprKind::Selector(selector) if matches!(selector.metric_name(), Some("up" | "probe_success"))));
        if is_lost_scrape && matches!(counts(), (all, waiting) if waiting >= 2 && waiting * 4 >= all * 3) {
            let message = "one lost scrape fires this alert, and nearly all others of the group wait";
            let finding = META.finding(view.rule.name.span, message).path(view.path("alert"));
            found.push(finding.help("add `for: 5m`, or `for: 0s` where it is meant"));
            return;
        }
        let mut limits = 0;
        for &Comparison { side, op, number, .. } in &query.comparisons {
            // How old something is and how long it lasts does not come and go.
            let (inner, factor) = unscaled(side);
            let is_long = || number.abs() * factor >= LONG && quantity(inner, query) == Some(Quantity::Seconds);
            // A state is 0 or 1, and changes for good.
            limits += usize::from(!matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) && number.abs() > 1.0 && !is_long());
        }
        // What was some time ago is looked back at, too.
        let mut steady = query.selectors.iter().any(|used| used.selector.offset.is_some());
        for &node in &query.nodes {
            steady |= matches!(node.kind, ExprKind::Range { .. } | ExprKind::Subquery { .. });
            steady |=
                matches!(&node.kind, ExprKind::Call { function, .. } if matches!(function.text.as_str(), "absent" | "time" | "vector"));
        }
        // How long a process has run is small for a while by itself, and what was found the last time stays until the next.
        let stays = |used: &Use<'_>| {
            let words = || used.selector.metric_name().into_iter().flat_map(|name| name.split('_'));
            words().any(|word| matches!(word, "days" | "last") || word.to_lowercase().ends_with("uptime"))
                || used.selector.metric_name().is_some_and(is_start)
        };
        if limits == 0 || steady || query.selectors.iter().any(stays) {
            return;
        }
        let (all, waiting) = counts();
        if waiting >= 3 && waiting * 6 >= all * 5 {
            let message = "one sample fires this alert, and nearly all others of the group wait";
            let finding = META.finding(view.rule.name.span, message).path(view.path("alert"));
            found.push(finding.help("add `for: 5m`, or `for: 0s` where it is meant"));
        }
    }
}
