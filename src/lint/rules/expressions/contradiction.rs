//! Conditions that exclude each other.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::query::expression::Expression;
use crate::lint::query::named::is_flag;
use crate::lint::query::order::is_at_most;
use crate::lint::query::unit::calls;
use crate::lint::query::{Query, constant, is_placeholder, named_job, named_values};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::anchored::full_match;
use crate::lint::world::World;
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::{Found, selectors, visit, without_parens};

rule! {
    /// Two conditions exclude each other, so the expression is always empty: matchers of one selector that no value
    /// satisfies together, or comparisons of one quantity joined by `and` that no number satisfies.
    ///
    /// What is scraped of a target ends with the first scrape that fails, so nothing of it is there while its `up` is 0.
    ///
    /// `unless` with a plain `up` takes everything away, for `up` is there as 0, too.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: rate(http_requests_total{job="web", job="api"}[5m]) > 1
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: queue_depth > 100 and queue_depth < 10
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: rate(http_requests_total{job=~"web|api", job!="api"}[5m]) > 1 and queue_depth > 10 and queue_depth < 100
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: PartlyDown
    ///         expr: up{job="web"} == 0 and on (job) up{job="web"} == 1
    ///         for: 5m
    /// ```
    Contradiction, "contradiction", Error
}

impl Rule for Contradiction {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Most alerts of a file that read one metric are few: each is compared with those before it.
        let mut alike: HashMap<(u32, &str), Vec<(&Query<'_>, Condition<'_>)>> = HashMap::new();
        for &query in context.queries {
            let (Some(rule), Some(expr)) = (query.alerting_rule(), &query.expr) else { continue };
            let Some(condition) = condition(expr) else { continue };
            let Some(name) = first_name(condition.side) else { continue };
            let calm = rule.label("severity").and_then(crate::source::Node::as_str).is_some_and(|it| matches!(it, "none" | "info"));
            let others = alike.entry((query.node.span.source.0, name)).or_default();
            if calm || others.len() > ALIKE {
                continue;
            }
            let contrary = |other: &Condition<'_>| other.side == condition.side && other.completes(&condition);
            if let Some((other, _)) = others.iter().find(|(_, other)| contrary(other)) {
                let message = format!("this holds wherever `{}` does not, so one of the two alerts always fires", other.name());
                let finding = META.finding_at(Level::Warning, query.span(&condition.node.range), message);
                found.push(finding.path(query.path()).related(other.node.span, "the other alert").help("correct one of the two numbers"));
            }
            others.push((query, condition));
        }
    }

    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for found_selector in &query.selectors {
            for matcher in found_selector.selector.matchers.iter().filter(|m| m.op == MatchOp::NotRegex && takes_anything(&m.value)) {
                let message = format!("`{}` is left out whatever it is, so this selects nothing", matcher.label.text);
                found.push(META.finding(query.span(&matcher.range), message).help("leave out what is not wanted alone"));
            }
            for (at, matcher) in found_selector.selector.matchers.iter().enumerate() {
                let others = found_selector.selector.matchers.get(..at).unwrap_or_default().iter();
                let excluded = others.filter(|other| other.label == matcher.label).find(|other| exclude(other, matcher));
                if let Some(other) = excluded.filter(|_| !query.is_variable(&found_selector.range)) {
                    let message = format!("no value of `{}` satisfies this and the matcher before it", matcher.label.text);
                    let diagnostic = META.finding(query.span(&matcher.range), message).related(query.span(&other.range), "the other one");
                    found.push(diagnostic.help("take one of the two away, or join the values: `=~\"a|b\"`"));
                }
            }
        }
        for (node, binary) in query.binaries() {
            if binary.op == BinaryOp::And && !query.is_variable(&node.range) {
                found.extend(excluding(query, binary, context));
                found.extend(absent_too(query, binary));
                found.extend(gone_together(query, binary, context));
            }
            if binary.op == BinaryOp::Or && query.is_alert() && !query.is_variable(&node.range) {
                found.extend(all_there_is(query, binary));
            }
            if binary.op == BinaryOp::Unless && !query.is_variable(&node.range) {
                found.extend(taken_away(query, binary, context));
            }
        }
    }
}

/// Whether a pattern is that of any text, the empty one included.
fn takes_anything(pattern: &str) -> bool {
    let inner = pattern.trim_start_matches(['^', '(']).trim_end_matches(['$', ')']);
    inner == ".*" || inner == "?:.*" || pattern.split('|').any(|part| part == ".*")
}

/// Whether two matchers of one label let no value through together.
pub(super) fn exclude(one: &Matcher, other: &Matcher) -> bool {
    let (fixed, tested) = match (one.op, other.op) {
        (MatchOp::Equal, _) => (one, other),
        (_, MatchOp::Equal) => (other, one),
        (MatchOp::Regex, MatchOp::Regex) => return exclude_patterns(one, other),
        (MatchOp::Regex, MatchOp::NotRegex) => return takes_all_of(other, one),
        (MatchOp::NotRegex, MatchOp::Regex) => return takes_all_of(one, other),
        _ => return false,
    };
    if is_placeholder(&fixed.value) || is_placeholder(&tested.value) {
        return false;
    }
    match tested.op {
        MatchOp::Equal => tested.value != fixed.value,
        MatchOp::NotEqual => tested.value == fixed.value,
        MatchOp::Regex => full_match(&tested.value, &fixed.value) == Some(false),
        MatchOp::NotRegex => full_match(&tested.value, &fixed.value) == Some(true),
    }
}

/// Whether one pattern leaves out all that another lets through: the same pattern, or each of the values that it lists.
fn takes_all_of(taken: &Matcher, left: &Matcher) -> bool {
    if is_placeholder(&taken.value) || is_placeholder(&left.value) {
        return false;
    }
    let values = named_values(left);
    taken.value == left.value || !values.is_empty() && values.iter().all(|value| full_match(&taken.value, value) == Some(true))
}

/// Whether two patterns of a label let no value through together, as far as one of them lists its values or both are of HTTP statuses.
fn exclude_patterns(one: &Matcher, other: &Matcher) -> bool {
    if is_placeholder(&one.value) || is_placeholder(&other.value) {
        return false;
    }
    let both = |value: &str| full_match(&one.value, value) != Some(false) && full_match(&other.value, value) != Some(false);
    if let Some(values) = [one, other].into_iter().map(named_values).find(|values| !values.is_empty()) {
        return !values.into_iter().any(|value| both(&value));
    }
    let of_statuses = |matcher: &Matcher| {
        matcher.value.bytes().all(|byte| byte.is_ascii_digit() || b".|[-]()^$".contains(&byte))
            && (100..600).any(|status| full_match(&matcher.value, &status.to_string()) == Some(true))
    };
    let is_status = ["status", "code"].iter().any(|word| one.label.text.contains(word));
    is_status && of_statuses(one) && of_statuses(other) && !(100..600).any(|status| both(&status.to_string()))
}

/// Whether the right side of an `and` asks of the same quantity what its left side excludes.
fn excluding<'e>(query: &Expression<'_, '_>, binary: &'e Binary, context: &Context<'e>) -> Option<Diagnostic> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    // `up == 0 and on (job) up == 1` says that one target is down while another is up; the hour is the same for all.
    if joins_each_with_itself(binary, context.world) {
        conjuncts(&binary.left, context.world, &mut left);
        conjuncts(&binary.right, context.world, &mut right);
    } else {
        of_time(&binary.left, &mut left);
        of_time(&binary.right, &mut right);
    }
    let pairs = left.iter().flat_map(|one| right.iter().map(move |other| (one, other)));
    let (one, other) = pairs
        .into_iter()
        .find(|(one, other)| one.side == other.side && one.excludes(other) || one.is_below(other) || other.is_below(one))?;
    let diagnostic = META.finding(query.span(&other.node.range), "no number satisfies this and the condition before it");
    Some(
        diagnostic.related(query.span(&one.node.range), "the other condition").help("correct one of the two numbers, or join them by `or`"),
    )
}

/// So many alerts of a file that read one metric are compared with each other.
const ALIKE: usize = 16;

/// The metric that stands first in an expression.
fn first_name(expr: &Expr) -> Option<&str> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => selector.metric_name(),
        ExprKind::Aggregate(aggregate) => first_name(&aggregate.expr),
        ExprKind::Call { arguments, .. } => arguments.iter().find_map(first_name),
        ExprKind::Binary(binary) => first_name(&binary.left).or_else(|| first_name(&binary.right)),
        ExprKind::Subquery { expr, .. } | ExprKind::Unary { expr, .. } => first_name(expr),
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Paren(_) => None,
    }
}

/// What an expression compares with a number.
fn condition(expr: &Expr) -> Option<Condition<'_>> {
    let node = without_parens(expr);
    let ExprKind::Binary(binary) = &node.kind else { return None };
    let number = constant(&binary.right).filter(|_| binary.op.is_comparison() && !binary.return_bool)?;
    Some(Condition { node, side: without_parens(&binary.left), op: binary.op, number })
}

/// Whether of two conditions that `or` joins one holds for any number.
fn all_there_is(query: &Expression<'_, '_>, binary: &Binary) -> Option<Diagnostic> {
    let (one, other) = (condition(&binary.left)?, condition(&binary.right)?);
    let message = "one of the two holds for any number, so the alert always fires";
    (one.side == other.side && one.completes(&other)).then(|| {
        META.finding_at(Level::Warning, query.span(&other.node.range), message)
            .related(query.span(&one.node.range), "the other condition")
            .help("join them by `and`, or correct one of the two numbers")
    })
}

/// Whether one side of an `and` reads what the other waits to be gone.
fn absent_too(query: &Expression<'_, '_>, binary: &Binary) -> Option<Diagnostic> {
    let gone = |expr: &Expr| match &without_parens(expr).kind {
        ExprKind::Call { function, arguments } if function.text == "absent" => match &without_parens(arguments.first()?).kind {
            ExprKind::Selector(selector) if selector.offset.is_none() && selector.at.is_none() => Some(selector.clone()),
            _ => None,
        },
        _ => None,
    };
    let (waited, other, place) = match (gone(&binary.left), gone(&binary.right)) {
        (None, Some(selector)) => (selector, &binary.left, &binary.right),
        (Some(selector), None) => (selector, &binary.right, &binary.left),
        _ => return None,
    };
    let ExprKind::Binary(comparison) = &without_parens(other).kind else { return None };
    let mut side = without_parens(&comparison.left);
    while let ExprKind::Aggregate(aggregate) = &side.kind {
        side = without_parens(&aggregate.expr);
    }
    let ExprKind::Selector(read) = &side.kind else { return None };
    let same = comparison.op.is_comparison()
        && read.metric_name().is_some()
        && read.metric_name() == waited.metric_name()
        && read.offset.is_none()
        && read.at.is_none()
        && waited.matchers.iter().all(|matcher| {
            read.matchers.iter().any(|own| own.label == matcher.label && own.op == matcher.op && own.value == matcher.value)
        });
    let finding = || META.finding(query.span(&place.range), "the series cannot be there and absent at once, so this is always empty");
    same.then(|| finding().related(query.span(&other.range), "this reads the series").help("join the two by `or`"))
}

/// Whether one side of an `and` waits for a target that cannot be scraped, and the other reads what is scraped of it: all of that ends
/// with the first scrape that fails.
fn gone_together(query: &Expression<'_, '_>, binary: &Binary, context: &Context<'_>) -> Option<Diagnostic> {
    let by_instance = binary.matching.as_ref().is_none_or(|m| m.on == m.labels.iter().any(|label| label.text == "instance"));
    let down = |expr: &Expr| {
        let ExprKind::Binary(compared) = &without_parens(expr).kind else { return None };
        let ExprKind::Selector(up) = &without_parens(&compared.left).kind else { return None };
        let number = constant(&compared.right)?;
        let is_zero = compared.op == BinaryOp::Equal && number.abs() < f64::EPSILON || compared.op == BinaryOp::Less && number <= 1.0;
        let job = named_job(up).filter(|job| !is_placeholder(job))?;
        (up.metric_name() == Some("up") && is_zero && up.offset.is_none() && up.at.is_none()).then(|| job.to_owned())
    };
    let (job, other) = match (down(&binary.left), down(&binary.right)) {
        (Some(job), None) => (job, &binary.right),
        (None, Some(job)) => (job, &binary.left),
        _ => return None,
    };
    let matcher = |selector: &Selector| selector.matchers.iter().any(|m| m.label.text == "job" && m.value == job);
    let hands_on = context.world.prometheus.iter().flat_map(|config| &config.jobs).any(|known| known.name() == job && known.honor_labels);
    let scraped = |found: &Found<'_>| {
        let name = found.selector.metric_name().unwrap_or(":");
        let own = !matches!(name, "up" | "ALERTS" | "ALERTS_FOR_STATE") && !name.starts_with("scrape_") && !name.contains(':');
        // Samples with times of their own are not ended by a scrape that fails.
        own && !name.starts_with("container_")
            && context.world.recorded(name).is_empty()
            && found.range.is_none()
            && found.selector.offset.is_none()
            && found.selector.at.is_none()
            && matcher(found.selector)
    };
    let read = selectors(other);
    let mut plain = true;
    visit(other, &mut |node| {
        plain &= !matches!(&node.kind, ExprKind::Subquery { .. })
            && !matches!(&node.kind, ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Or))
            && !matches!(&node.kind, ExprKind::Call { function, .. } if matches!(function.text.as_str(), "absent" | "absent_over_time" | "vector"));
    });
    let keeps_instance = matches!(&without_parens(other).kind, ExprKind::Binary(compared) if compared.op.is_comparison())
        || matches!(&without_parens(other).kind, ExprKind::Selector(_));
    let together = by_instance && !hands_on && plain && keeps_instance && !read.is_empty() && read.iter().all(scraped);
    let message = "where `up` is 0 nothing is scraped, and this ends with the first scrape that fails: the two never hold at once";
    together.then(|| {
        let finding = META.finding_at(Level::Warning, query.span(&other.range), message);
        finding.help("join the two by `or`, or look back: `last_over_time(…[10m])`")
    })
}

/// Whether the right side of an `unless` takes away all that the left side lets through: `x > 100 unless x > 10`.
fn taken_away<'e>(query: &Expression<'_, '_>, binary: &'e Binary, context: &Context<'e>) -> Option<Diagnostic> {
    let on_nothing = binary.matching.as_ref().is_some_and(|matching| matching.on && matching.labels.is_empty());
    let is_vector = matches!(&without_parens(&binary.right).kind, ExprKind::Call { function, .. } if function.text == "vector");
    if on_nothing && is_vector {
        let message = "this is always there, so whatever the left side lets through is taken away";
        return Some(META.finding(query.span(&binary.right.range), message).help("compare it with something, or join the two by `and`"));
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    conjuncts(&binary.left, context.world, &mut left);
    conjuncts(&binary.right, context.world, &mut right);
    let whole = without_parens(&binary.right);
    if let ExprKind::Selector(_) = &whole.kind
        && let Some(one) = left.iter().find(|one| one.side == whole)
    {
        let message = "the left side reads these very series, so whatever it lets through is taken away";
        let diagnostic = META.finding(query.span(&whole.range), message).related(query.span(&one.node.range), "the left side");
        return Some(diagnostic.help("ask for other series, or compare these with a number"));
    }
    if is_there_with(binary) {
        let message = "`up` is there, as 1 or 0, wherever the left side is: whatever that lets through is taken away";
        return Some(META.finding_at(Level::Warning, query.span(&whole.range), message).help("compare it: `up == 0`"));
    }
    if let Some(name) = is_of_each_target(binary, context) {
        let message = format!("every target of this job has `{name}`: whatever the left side lets through is taken away");
        return Some(META.finding_at(Level::Warning, query.span(&whole.range), message).help("compare it with a number"));
    }
    let [other] = right.as_slice() else { return None };
    let one = left.iter().find(|one| one.side == other.side && one.implies(other)).filter(|_| binary.matching.is_none())?;
    let diagnostic =
        META.finding(query.span(&other.node.range), "whatever the left side lets through is taken away here, so nothing is left");
    Some(diagnostic.related(query.span(&one.node.range), "the left side").help("correct one of the two numbers, or join them by `and`"))
}

/// Whether the right side of an `unless` is the plain `up` of the one job that the left side reads series of.
fn is_there_with(binary: &Binary) -> bool {
    let ExprKind::Selector(up) = &without_parens(&binary.right).kind else { return false };
    let of_targets = |label: &str| matches!(label, "job" | "instance");
    let by_targets = binary.matching.as_ref().is_some_and(|m| m.on && m.labels.iter().all(|label| of_targets(&label.text)));
    let still = |selector: &Selector| selector.offset.is_none() && selector.at.is_none();
    let Some(job) = named_job(up).filter(|job| !is_placeholder(job) && up.metric_name() == Some("up") && still(up)) else { return false };
    let read = selectors(&binary.left);
    let scraped = |found: &Found<'_>| {
        let name = found.selector.metric_name().unwrap_or(":");
        named_job(found.selector) == Some(job) && still(found.selector) && !name.contains(':') && !name.starts_with("ALERTS")
    };
    by_targets && up.matchers.len() == 1 && !read.is_empty() && read.iter().all(scraped) && !calls_absent(&binary.left)
}

/// The plain gauge on the right side of an `unless` that every target has of the job which the left side reads.
fn is_of_each_target<'b>(binary: &'b Binary, context: &Context<'_>) -> Option<&'b str> {
    let ExprKind::Selector(gauge) = &without_parens(&binary.right).kind else { return None };
    let by_targets =
        binary.matching.as_ref().is_some_and(|m| m.on && m.labels.iter().all(|label| matches!(label.text.as_str(), "job" | "instance")));
    let job = named_job(gauge).filter(|job| !is_placeholder(job) && by_targets)?;
    let name = gauge.metric_name().filter(|name| !name.contains(':'))?;
    let (_, metric, _) = context.world.metric_of(gauge)?;
    let plain = |selector: &Selector| selector.offset.is_none() && selector.at.is_none();
    // What has labels of its own may be there at some targets alone.
    let each = metric.labels.is_empty() && !metric.open && gauge.matchers.len() == 1 && plain(gauge);
    let read = selectors(&binary.left);
    let of_job = |found: &Found<'_>| named_job(found.selector) == Some(job) && plain(found.selector);
    (each && !read.is_empty() && read.iter().all(of_job) && !calls_absent(&binary.left)).then_some(name)
}

fn calls_absent(expr: &Expr) -> bool {
    ["absent", "absent_over_time"].iter().any(|name| calls(expr, name))
}

struct Condition<'e> {
    node: &'e Expr,
    side: &'e Expr,
    op: BinaryOp,
    number: f64,
}

impl Condition<'_> {
    /// Whether the other one holds wherever this one does.
    fn implies(&self, other: &Self) -> bool {
        use BinaryOp::{Greater, GreaterEqual, Less, LessEqual};
        match (self.op, other.op) {
            (Greater, Greater | GreaterEqual) | (GreaterEqual, GreaterEqual) => self.number >= other.number,
            (Less, Less | LessEqual) | (LessEqual, LessEqual) => self.number <= other.number,
            (GreaterEqual, Greater) => self.number > other.number,
            (LessEqual, Less) => self.number < other.number,
            _ => false,
        }
    }

    /// Whether any number satisfies one of the two.
    fn completes(&self, other: &Self) -> bool {
        use BinaryOp::{Greater, GreaterEqual, Less, LessEqual};
        match (self.op, other.op) {
            (Greater, Less) => self.number < other.number,
            (Greater | GreaterEqual, LessEqual) | (GreaterEqual, Less) => self.number <= other.number,
            (Less | LessEqual, Greater | GreaterEqual) => other.completes(self),
            _ => false,
        }
    }

    /// Whether it asks for less of what is never below what the other asks for more of: `max_over_time(x[5m]) == 0 and x == 1`.
    fn is_below(&self, other: &Self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual};
        let (high, low) = (self, other);
        let excluded = match (high.op, low.op) {
            (Less, Greater | GreaterEqual | Equal) | (LessEqual | Equal, Greater) => high.number <= low.number,
            (LessEqual | Equal, GreaterEqual | Equal) => high.number < low.number,
            _ => false,
        };
        excluded && is_at_most(low.side, high.side)
    }

    fn excludes(&self, other: &Self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        match (self.op, other.op) {
            (Greater | GreaterEqual | Equal, Less) | (Greater, LessEqual) => self.number >= other.number,
            (GreaterEqual | Equal, LessEqual) => self.number > other.number,
            (Less | LessEqual | Equal, Greater) | (Less, GreaterEqual) => self.number <= other.number,
            (LessEqual | Equal, GreaterEqual) => self.number < other.number,
            (Equal, Equal) => (self.number - other.number).abs() > 0.0,
            // What is up or down is 0 or 1.
            (NotEqual, NotEqual) => {
                let flag = matches!(&self.side.kind, ExprKind::Selector(selector) if selector.metric_name().is_some_and(|name| matches!(name, "up" | "probe_success") || is_flag(name)));
                flag && (self.number + other.number - 1.0).abs() <= 0.0 && (self.number * other.number).abs() <= 0.0
            }
            (Equal, NotEqual) => (self.number - other.number).abs() <= 0.0,
            (_, Equal) => other.excludes(self),
            _ => false,
        }
    }
}

/// Whether each series of the left side is joined with the series of the same labels: by all of them, or by all that it can have. By
/// fewer, the right side may hold for another one.
fn joins_each_with_itself<'e>(binary: &'e Binary, world: &World<'e>) -> bool {
    let Some(matching) = &binary.matching else { return true };
    let left = shape(&binary.left, world);
    let joined = |label: &str| matching.labels.iter().any(|by| by.text == label) == matching.on;
    left.closed && left.labels.iter().all(|label| *label == "__name__" || joined(label))
}

/// Conditions on the time of day, week or year, however they are joined with others by `and`.
fn of_time<'e>(expr: &'e Expr, found: &mut Vec<Condition<'e>>) {
    let node = without_parens(expr);
    let ExprKind::Binary(binary) = &node.kind else { return };
    if binary.op == BinaryOp::And {
        of_time(&binary.left, found);
        of_time(&binary.right, found);
    }
    let is_time = |side: &Expr| matches!(&without_parens(side).kind, ExprKind::Call { arguments, .. } if arguments.is_empty());
    let number = constant(&binary.right).filter(|_| binary.op.is_comparison() && !binary.return_bool && is_time(&binary.left));
    found.extend(number.map(|number| Condition { node, side: without_parens(&binary.left), op: binary.op, number }));
}

fn conjuncts<'e>(expr: &'e Expr, world: &World<'e>, found: &mut Vec<Condition<'e>>) {
    let node = without_parens(expr);
    let ExprKind::Binary(binary) = &node.kind else { return };
    if binary.op == BinaryOp::And {
        conjuncts(&binary.left, world, found);
        if joins_each_with_itself(binary, world) {
            conjuncts(&binary.right, world, found);
        }
    } else if let Some(number) = constant(&binary.right).filter(|_| binary.op.is_comparison() && !binary.return_bool) {
        found.push(Condition { node, side: without_parens(&binary.left), op: binary.op, number });
    }
}
