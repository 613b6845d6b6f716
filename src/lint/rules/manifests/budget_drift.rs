//! Alerts on an error budget that is no objective's.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::query::{Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::number::plain;
use crate::lint::world::declared::Objective;
use crate::promql::ast::{BinaryOp, Expr, ExprKind, MatchOp};
use crate::promql::walk::{selectors, visit, without_parens};

rule! {
    /// An alert compares a burn rate with a part of the error budget, as `14.4 * 0.001`, and no objective of the manifest leaves such a
    /// budget: 99.9 % leaves 0.001, 99.5 % leaves 0.005. Said at both places, for either may be wrong.
    ///
    /// A burn rate, in an alert or on a panel, that reckons with the budget of another objective than the one whose series it reads
    /// is found as well.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { http_requests_total: { type: counter, help: Requests, labels: { status: { role: http_status } } } }
    /// objectives: { availability: { ratio: http_requests_total, bad: { status: "5.." }, target: 99.5% } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Burn
    ///         expr: 'sum(rate(http_requests_total{job="web",status=~"5.."}[1h])) / sum(rate(http_requests_total{job="web"}[1h])) > 14.4 * 0.001'
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "the budget burns" }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { http_requests_total: { type: counter, help: Requests, labels: { status: { role: http_status } } } }
    /// objectives: { availability: { ratio: http_requests_total, bad: { status: "5.." }, target: 99.9% } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Burn
    ///         expr: 'sum(rate(http_requests_total{job="web",status=~"5.."}[1h])) / sum(rate(http_requests_total{job="web"}[1h])) > 14.4 * 0.001'
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "the budget burns" }
    /// ```
    BudgetDrift, "budget-drift", Warning
}

/// The factors that alerts on burn rates compare with, by the windows that are usual.
const FACTORS: &[f64] = &[14.4, 13.44, 6.0, 5.6, 3.0, 2.8, 1.0];

impl Rule for BudgetDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let objectives: Vec<_> = context.world.catalogues.iter().flat_map(|catalogue| &catalogue.objectives).collect();
        let Some(first) = objectives.first() else { return };
        let is_budget = |budget: f64| objectives.iter().any(|known| ((1.0 - known.target.value) - budget).abs() < 1e-9);
        for query in context.queries {
            found.extend(of_another(query, &objectives, context));
        }
        let mut said = false;
        for query in context.queries.iter().filter(|query| query.alerting_rule().is_some()) {
            let Some(expr) = &query.expr else { continue };
            let mut wrong = None;
            visit(expr, &mut |node| {
                let ExprKind::Binary(binary) = &node.kind else { return };
                let sides = constant(&binary.left).zip(constant(&binary.right)).filter(|_| binary.op == BinaryOp::Mul);
                let Some((one, other)) = sides.filter(|_| selectors(node).is_empty()) else { return };
                let (factor, budget) = if one > other { (one, other) } else { (other, one) };
                let usual = FACTORS.iter().any(|known| (known - factor).abs() < 1e-9);
                if usual && budget > 0.0 && budget <= 0.2 && !is_budget(budget) {
                    wrong = Some((node, budget));
                }
            });
            let Some((node, budget)) = wrong else { continue };
            let message = format!("a budget of {budget} is that of {}%, and no objective says so", plain((1.0 - budget) * 100.0));
            let place = query.span(&node.range);
            found.push(
                META.finding(place, message)
                    .path(query.path())
                    .related(first.target.span, "an objective")
                    .help("make the two say the same"),
            );
            if !said {
                said = true;
                let message = format!("an alert reckons with a budget of {budget}, and no objective leaves that");
                let path = format!("objectives.{}.target", first.name.value);
                found.push(META.finding(first.target.span, message).path(path).related(place, "here").help("make the two say the same"));
            }
        }
    }
}

/// The budget of another objective than the one whose series are read.
fn of_another(query: &Query<'_>, objectives: &[&Objective], context: &Context<'_>) -> Option<Diagnostic> {
    let expr = query.expr.as_ref()?;
    let mut wrong = None;
    let mut whole = None;
    visit(expr, &mut |node| {
        let ExprKind::Binary(binary) = &node.kind else { return };
        let Some(number) = constant(&binary.right).filter(|_| wrong.is_none()) else { return };
        let is_share = || quantity(&binary.left, query) == Some(Quantity::Share) || interval(&binary.left, context.world).high <= 1.0;
        let Some(own) = named(&binary.left, objectives)
            // A limit that is no product is no budget.
            .or_else(|| {
                let is_product = matches!(without_parens(&binary.right).kind, ExprKind::Binary(_));
                let divides = |own: &&Objective| binary.op == BinaryOp::Div && (number - own.target.value).abs() < 1e-9;
                of_metric(&binary.left, objectives, context).filter(|own| is_product || divides(own))
            })
            .filter(|_| is_share())
        else {
            return;
        };
        let is_budget = (number - budget(own)).abs() < 1e-9;
        let whole_of = (number - own.target.value).abs() < 1e-9;
        let of_any = objectives.iter().any(|one| (number - budget(one)).abs() < 1e-9);
        match binary.op {
            BinaryOp::Div if whole_of => whole = Some((&binary.right, own, "this divides by what it asks for, and not by what it leaves")),
            BinaryOp::Div if number > 0.0 && number < 0.5 && !of_any => {
                whole = Some((&binary.right, own, "this divides by what no objective leaves"));
            }
            BinaryOp::Mul if is_budget => {
                whole = Some((&binary.right, own, "this multiplies by what it leaves, and a burn rate is divided by it"));
            }
            _ => {}
        }
        // What is divided by the budget is a burn rate; what is compared with a usual factor of it, too.
        let is_of = |one: &Objective| {
            let times = number / budget(one);
            match binary.op {
                BinaryOp::Div => (times - 1.0).abs() < 1e-6,
                BinaryOp::Greater | BinaryOp::GreaterEqual => FACTORS.iter().any(|known| (known - times).abs() < 1e-6),
                _ => false,
            }
        };
        // `10 * 0.001` is of the budget that it names, whatever else comes to as much.
        let names_own = match &without_parens(&binary.right).kind {
            ExprKind::Binary(product) if product.op == BinaryOp::Mul => {
                [&product.left, &product.right].iter().any(|side| constant(side).is_some_and(|factor| (factor - budget(own)).abs() < 1e-9))
            }
            _ => false,
        };
        let other = objectives.iter().find(|other| is_of(other)).filter(|_| !is_of(own) && !names_own);
        wrong = other.map(|other| (&binary.right, own, *other));
    });
    if let Some((place, own, message)) = whole {
        let message = format!("the series are of `{}`: {message}", own.name.value);
        let finding = META.finding(query.span(&place.range), message).path(query.path()).related(own.target.span, "its objective");
        return Some(finding.help(format!("the budget of `{}` is {}", own.name.value, plain(budget(own)))));
    }
    let (place, own, other) = wrong?;
    let message = format!("this reckons with the budget of `{}`, and reads the series of `{}`", other.name.value, own.name.value);
    let finding = META.finding(query.span(&place.range), message).path(query.path()).related(own.target.span, "its objective");
    Some(finding.help(format!("the budget of `{}` is {}", own.name.value, plain(budget(own)))))
}

/// What an objective leaves.
fn budget(of: &Objective) -> f64 {
    1.0 - of.target.value
}

/// The one objective that the series of an expression are labelled with.
fn named<'o>(expr: &Expr, objectives: &[&'o Objective]) -> Option<&'o Objective> {
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let is_named = |one: &&&Objective| {
        only.selector.matchers.iter().any(|m| m.op == MatchOp::Equal && m.label.text != "job" && m.value == one.name.value)
    };
    let mut all = objectives.iter().filter(is_named);
    all.next().copied().filter(|_| all.next().is_none())
}

/// The one objective about the metric that a recorded series of failures is made of.
fn of_metric<'o>(expr: &Expr, objectives: &[&'o Objective], context: &Context<'_>) -> Option<&'o Objective> {
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let name = only.selector.metric_name()?;
    let [recorded] = context.world.recorded(name) else { return None };
    let of = selectors(recorded.query.expr.as_ref()?);
    let metric = of.first()?.selector.metric_name().filter(|first| of.iter().all(|other| other.selector.metric_name() == Some(first)))?;
    let fails = name.split([':', '_']).any(|word| matches!(word, "error" | "errors" | "failed" | "failures" | "failure"));
    let mut all = objectives.iter().filter(|one| one.metric.as_deref() == Some(metric));
    all.next().copied().filter(|_| fails && all.next().is_none())
}
