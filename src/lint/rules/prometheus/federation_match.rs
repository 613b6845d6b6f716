//! What is taken over of another Prometheus, and nobody asks for.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::matches;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::promql::ast::{ExprKind, MatchOp, Selector};
use crate::promql::walk::NAME_LABEL;
use crate::promql::{Options, parse};
use crate::source::Node;

rule! {
    /// Expressions read a recorded series that no rule here records, so another Prometheus has to bring it; and what is taken over of one
    /// (`match[]`) are recorded series that no expression here reads. One of the two is misspelt, and the expressions find nothing.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: edge
    ///     honor_labels: true
    ///     metrics_path: /federate
    ///     params: { "match[]": ['{__name__=~"nginx:.+"}'] }
    ///     static_configs: [{ targets: ["edge:9090"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: edge
    ///     rules:
    ///       - { alert: Busy, expr: 'edge:nginx_requests:rate5m > 100', for: 5m, labels: { severity: warning } }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: edge
    ///     honor_labels: true
    ///     metrics_path: /federate
    ///     params: { "match[]": ['{__name__=~"edge:.+"}'] }
    ///     static_configs: [{ targets: ["edge:9090"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: edge
    ///     rules:
    ///       - { alert: Busy, expr: 'edge:nginx_requests:rate5m > 100', for: 5m, labels: { severity: warning } }
    /// ```
    FederationMatch, "federation-match", Warning
}

impl Rule for FederationMatch {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let federated = view.config.jobs.iter().filter(|job| job.metrics_path() == "/federate");
        let taken: Vec<(usize, &Node, Selector)> = federated
            .flat_map(|job| {
                let list = job.node.get("params").and_then(|params| params.get("match[]")).into_iter().flat_map(Node::items);
                list.filter_map(|node| Some((job.index, node, selector(node.as_str()?)?)))
            })
            .collect();
        if taken.is_empty() {
            return;
        }
        let names: Vec<_> =
            context.selectors().filter_map(|(query, used)| Some((used.selector.metric_name()?, query.span(used.place)))).collect();
        let is_foreign = |name: &str| name.contains(':') && context.world.recorded(name).is_empty();
        // Read here, recorded elsewhere, and taken over by no name.
        let brings = |selector: &Selector, name: &str| names_of(selector).all(|matcher| matches(matcher, name) == Some(true));
        let is_named = |selector: &Selector| names_of(selector).next().is_some();
        let missing =
            names.iter().find(|(name, _)| is_foreign(name) && !taken.iter().any(|(.., taken)| is_named(taken) && brings(taken, name)));
        let Some((missing, place)) = missing else { return };
        for (index, node, selector) in &taken {
            let is_recorded = names_of(selector).any(|matcher| matcher.op != MatchOp::NotRegex && matcher.value.contains(':'));
            if is_recorded && !names.iter().any(|(name, _)| brings(selector, name)) {
                let message =
                    format!("nothing here reads what {} takes over, and nothing takes over `{missing}`, which is read", node.describe());
                let finding = META.finding(node.span, message).path(format!("scrape_configs[{index}].params"));
                found.push(finding.related(*place, "read here").help("make the names agree"));
            }
        }
    }
}

fn selector(text: &str) -> Option<Selector> {
    match parse(text, &Options::stock()).ok()?.kind {
        ExprKind::Selector(selector) => Some(selector),
        _ => None,
    }
}

/// The matchers of the name.
fn names_of(selector: &Selector) -> impl Iterator<Item = &crate::promql::ast::Matcher> {
    selector.matchers.iter().filter(|matcher| matcher.label.text == NAME_LABEL)
}
