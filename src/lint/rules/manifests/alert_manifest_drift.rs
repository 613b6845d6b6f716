//! Alerts that differ from what the manifest declares under their name.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::{Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::lint::words::anchored::full_match;
use crate::lint::world::declared::DeclaredAlert;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::duration::format_duration;
use crate::promql::walk::{self, selectors, without_parens};
use crate::source::{Node, Span};

rule! {
    /// An alert has the name of one that the manifest declares and differs from it in `for`, severity, threshold, quantile or in
    /// what makes an event bad. One of the two was changed by hand, and whoever reads the manifest believes it.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { queue_depth: { type: gauge, help: Messages that wait, max: 100 } }
    /// alerts: { Backlog: { saturation: queue_depth, above: 90%, for: 5m, severity: warning } }
    /// routing: { default: { webhook: { url: "http://hooks:8080" } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Backlog
    ///         expr: 'max by (job) (queue_depth{job="web"}) / 100 > 0.5'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { queue_depth: { type: gauge, help: Messages that wait, max: 100 } }
    /// alerts: { Backlog: { saturation: queue_depth, above: 90%, for: 5m, severity: warning } }
    /// routing: { default: { webhook: { url: "http://hooks:8080" } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Backlog
    ///         expr: 'max by (job) (queue_depth{job="web"}) / 100 > 0.9'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    AlertManifestDrift, "alert-manifest-drift", Warning
}

impl Rule for AlertManifestDrift {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !view.rule.is_alert() {
            return;
        }
        let Some(declared) = declared(view, context) else { return };
        let mut report = |place: Span, field: &str, message: String, of: Span| {
            let here = META.finding(place, message.clone()).path(view.path(field)).related(of, "the manifest");
            found.push(here.help("change it in the manifest, and render"));
            // Which of the two was changed is not known.
            let there = META.finding(of, message).path(format!("alerts.{}", view.rule.name())).related(place, "the rule");
            found.push(there.help("make the two say the same"));
        };
        if let Some(hold) = declared.hold.as_ref().filter(|hold| view.rule.hold.unwrap_or(0) != hold.value) {
            let written = view.rule.node.entry("for");
            let place = written.map_or(view.rule.name.span, |(_, value)| value.span);
            let has =
                written.map_or_else(|| "has no `for`".to_owned(), |(_, value)| format!("has `for: {}`", value.as_str().unwrap_or("")));
            let says = if hold.value == 0 { "has none".to_owned() } else { format!("says `{}`", format_duration(hold.value)) };
            let message = format!("`{}` {has}, and the manifest {says}", view.rule.name());
            report(place, if written.is_some() { "for" } else { "alert" }, message, hold.span);
        }
        let severity = view.rule.label("severity").and_then(Node::with_str);
        if let (Some(wanted), Some((node, severity))) = (&declared.severity, severity.filter(|(_, text)| !text.contains("{{")))
            && wanted.value != severity
        {
            report(node.span, "labels", format!("the severity is `{severity}`, and the manifest says `{}`", wanted.value), wanted.span);
        }
        expression(view, declared, context, &mut report);
    }
}

/// What the manifest of an alert's service declares under its name: its label says whose it is, or the jobs that its selectors
/// name.
fn declared<'a>(view: &RuleView<'_>, context: &Context<'a>) -> Option<&'a DeclaredAlert> {
    let world = context.world;
    if let Some(service) = view.rule.label("service").and_then(Node::as_str) {
        return world.declared_alert(service, view.rule.name());
    }
    let found = selectors(view.query?.expr.as_ref()?);
    let mut jobs = found.iter().flat_map(|found| &found.selector.matchers).filter(|m| m.label.text == "job" && m.op == MatchOp::Equal);
    jobs.find_map(|job| world.declared_alert(world.service_of_job(&job.value)?, view.rule.name()))
}

/// The threshold, the quantile and the bad events of an expression.
fn expression(view: &RuleView<'_>, declared: &DeclaredAlert, context: &Context<'_>, report: &mut impl FnMut(Span, &str, String, Span)) {
    let Some((query, expr)) = view.query.and_then(|query| Some((query, query.expr.as_ref()?))) else { return };
    let saturated = declared.above.as_ref().zip(declared.saturates.as_ref()).and_then(|(above, gauge)| {
        let (_, metric, _) = context.world.metric(gauge)?;
        let (fires, place) = gauge_limit(expr, gauge)?;
        Some((above, above.value.first()? * metric.max?, fires, place))
    });
    if let Some((above, wanted, fires, place)) = &saturated {
        if (wanted - fires).abs() > 1e-9 * wanted.abs() {
            let message = format!("this fires at `{fires}`, and the manifest says `{wanted}`");
            report(query.span(&place.range), "expr", message, above.span);
        }
    } else if let Some(above) = &declared.above {
        // Beside the threshold there may be a guard, such as a least number of events.
        let is_it = |number: f64| above.value.iter().any(|wanted| (wanted - number).abs() <= 1e-9 * wanted.abs());
        match query.comparisons.iter().find(|compared| is_it(compared.number)) {
            Some(compared) if matches!(compared.op, BinaryOp::Less | BinaryOp::LessEqual) => {
                let message = format!("this asks for `{}`, and the manifest says above", compared.op.symbol());
                report(query.span(&compared.place.range), "expr", message, above.span);
            }
            Some(_) => {}
            None => {
                let own = Comparison::of(principal(expr));
                let Some(Comparison { number, place, .. }) = (if let [only] = query.comparisons.as_slice() { Some(*only) } else { own })
                else {
                    return;
                };
                let message = format!("this compares with `{number}`, and the manifest says `{}`", above.value.first().unwrap_or(&number));
                report(query.span(&place.range), "expr", message, above.span);
            }
        }
    }
    if let Some(down) = &declared.down {
        let found = selectors(expr);
        let jobs = found.iter().flat_map(|found| &found.selector.matchers).filter(|m| m.label.text == "job" && m.op == MatchOp::Equal);
        let jobs: Vec<_> = jobs.collect();
        let service = |job: &str| context.world.service_of_job(job);
        let others =
            jobs.iter().all(|job| job.value != down.value && service(&job.value).is_some() && service(&job.value) == service(&down.value));
        if let Some(job) = jobs.first().filter(|_| others) {
            let message = format!("this asks for the job `{}`, and the manifest for `{}`", job.value, down.value);
            report(query.span(&job.value_range), "expr", message, down.span);
        }
    }
    walk::visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => {
            let taken = arguments.first().and_then(|quantile| Some((quantile, constant(quantile)?)));
            if let (Some(wanted), Some((place, taken))) = (&declared.quantile, taken)
                && (wanted.value - taken).abs() > 1e-9
            {
                let message = format!("this takes the quantile `{taken}`, and the manifest says `{}`", wanted.value);
                report(query.span(&place.range), "expr", message, wanted.span);
            }
        }
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
            bad(query, selector, declared, report);
            // What is bad may be said where the series is recorded.
            if let [recorded] = selector.metric_name().map_or(&[][..], |name| context.world.recorded(name)) {
                let inner = recorded.query.expr.iter().flat_map(selectors);
                inner.for_each(|found| bad(recorded.query, found.selector, declared, report));
            }
        }
        _ => {}
    });
}

/// What a selector counts as bad, where the manifest says something else.
fn bad(query: &Query<'_>, selector: &Selector, declared: &DeclaredAlert, report: &mut impl FnMut(Span, &str, String, Span)) {
    for (label, pattern) in &declared.bad {
        let differs = |m: &Matcher| m.value != pattern.value && !takes_same(&m.value, &pattern.value);
        let wrong = selector.matchers.iter().find(|m| m.label.text == *label && (m.op == MatchOp::NotRegex || differs(m)));
        if let Some(matcher) = wrong.filter(|m| m.op != MatchOp::NotEqual && (m.op != MatchOp::NotRegex || m.value == pattern.value)) {
            let not = if matcher.op == MatchOp::NotRegex { "all but " } else { "" };
            let message = format!("bad is {not}`{}` here, and `{}` in the manifest", matcher.value, pattern.value);
            report(query.span(&matcher.value_range), "expr", message, pattern.span);
        }
    }
}

/// Whether two patterns take the same statuses of HTTP, and some of them.
fn takes_same(one: &str, other: &str) -> bool {
    let takes = |pattern: &str| (100..600).map(|status: u16| full_match(pattern, &status.to_string()) == Some(true)).collect::<Vec<_>>();
    let (one, other) = (takes(one), takes(other));
    one == other && one.contains(&true)
}

/// The value of a gauge at which a condition begins to hold, and the number that says so.
fn gauge_limit<'e>(expr: &'e Expr, gauge: &str) -> Option<(f64, &'e Expr)> {
    let ExprKind::Binary(condition) = &principal(expr).kind else { return None };
    let number = constant(&condition.right).filter(|_| matches!(condition.op, BinaryOp::Greater | BinaryOp::GreaterEqual))?;
    let (mut side, mut factor): (&Expr, f64) = (&condition.left, 1.0);
    loop {
        side = match &without_parens(side).kind {
            ExprKind::Binary(by) if by.op == BinaryOp::Div => {
                factor /= constant(&by.right)?;
                &by.left
            }
            ExprKind::Binary(by) if by.op == BinaryOp::Mul => {
                factor *= constant(&by.right)?;
                &by.left
            }
            ExprKind::Aggregate(of) if matches!(of.op, AggregateOp::Max | AggregateOp::Avg | AggregateOp::Min) => &of.expr,
            ExprKind::Call { function, arguments } if function.text.ends_with("_over_time") => arguments.first()?,
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
                return (selector.metric_name() == Some(gauge)).then_some((number / factor, &condition.right));
            }
            _ => return None,
        };
    }
}
