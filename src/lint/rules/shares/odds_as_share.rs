//! One kind of events by another kind, told as a share.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::outcome::is_bad;
use crate::lint::query::whole::{apart_by_word, is_part};
use crate::lint::query::{is_placeholder, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::ast::{Binary, BinaryOp, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::{only_selector, without_parens};

rule! {
    /// Events of one kind are divided by those of another kind, as hits by misses, and the text shows the result as a percentage. The
    /// share of the one is it by all: nine hits and one miss are 90 %, and not 900 %.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: cache
    ///     rules:
    ///       - alert: CacheHelpsLittle
    ///         expr: 'sum(rate(cache_lookups_total{result="hit"}[15m])) / sum(rate(cache_lookups_total{result="miss"}[15m])) < 0.5'
    ///         for: 15m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "only {{ $value | humanizePercentage }} of the lookups hit" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: cache
    ///     rules:
    ///       - alert: CacheHelpsLittle
    ///         expr: 'sum(rate(cache_lookups_total{result="hit"}[15m])) / sum(rate(cache_lookups_total[15m])) < 0.5'
    ///         for: 15m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "only {{ $value | humanizePercentage }} of the lookups hit" }
    /// ```
    OddsAsShare, "odds-as-share", Warning
}

impl Rule for OddsAsShare {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(query) = view.query.filter(|query| query.divisions().next().is_some()) else { return };
        let has = |words: &[&str]| view.annotations().any(|text| words.iter().any(|word| text.text.contains(word)));
        let is_shown = has(&["humanizePercentage"]);
        let is_said = if view.rule.is_alert() { is_shown || has(&[" ratio", "%"]) } else { view.rule.name().contains(":ratio") };
        if is_said {
            // Who only says a percentage may mean one of the other kind, unless both are lookups.
            let is_cache = |binary: &Binary| hits_by_misses(binary) || looked_up(binary);
            let by_rest = |binary: &Binary| !view.rule.is_alert() && is_by_rest(binary);
            let is_of_two = |_: &Diagnostic| is_shown || query.divisions().any(|(_, binary)| is_cache(binary) || by_rest(binary));
            found.extend(told(query, view).filter(is_of_two).or_else(|| by_fine(query, view)));
        }
    }
}

fn told(query: &Expression<'_, '_>, view: &RuleView<'_>) -> Option<Diagnostic> {
    if let Some((node, _)) = query.divisions().find(|(_, binary)| by_the_rest(binary)) {
        let message = "this divides what is used by what is left, which is no share of all";
        let finding = META.finding(query.span(&node.range), message).path(view.path("expr"));
        return Some(finding.help("divide by the whole"));
    }
    if let Some((node, _)) = query.divisions().find(|(_, binary)| hits_by_misses(binary)) {
        let message = "this divides one kind by the other, which is no share of all";
        let finding = META.finding(query.span(&node.range), message).path(view.path("expr"));
        return Some(finding.help("divide by the two together: `a / (a + b)`"));
    }
    let (node, label) = query.divisions().find_map(|(node, binary)| Some((node, apart(binary)?)))?;
    let message = format!("this divides events of one `{label}` by those of another, which is no share of all");
    let finding = META.finding(query.span(&node.range), message).path(view.path("expr"));
    Some(finding.help(format!("leave the matcher of `{label}` out below")))
}

/// Whether what was found in a cache is divided by what was not: names that differ in that word alone.
fn hits_by_misses(binary: &Binary) -> bool {
    const PAIRS: &[(&str, &str)] = &[
        ("hits", "misses"),
        ("hit", "miss"),
        ("hit", "read"),
        ("misses", "hits"),
        ("miss", "hit"),
        ("failed", "success"),
        ("failed", "succeeded"),
        ("failures", "successes"),
        ("errors", "success"),
    ];
    let name = |side| only_selector(side).and_then(Selector::metric_name);
    let pair = name(&binary.left).zip(name(&binary.right)).and_then(|(above, below)| apart_by_word(above, below, &['_']));
    pair.is_some_and(|pair| PAIRS.contains(&pair))
}

/// Whether hits and misses of a cache, by the value of a label, are divided by each other.
fn looked_up(binary: &Binary) -> bool {
    let value = |side: &Expr, words: &[&str]| {
        only_selector(side).is_some_and(|of| of.matchers.iter().any(|m| words.contains(&m.value.to_lowercase().as_str())))
    };
    let (hits, misses) = (["hit", "hits"], ["miss", "misses"]);
    value(&binary.left, &hits) && value(&binary.right, &misses) || value(&binary.left, &misses) && value(&binary.right, &hits)
}

/// The one label by whose value the two sides of a division differ.
fn apart(binary: &Binary) -> Option<&str> {
    let (above, below) = (only_selector(&binary.left)?, only_selector(&binary.right)?);
    let one_of = |selector: &Selector| selector.metric_name().is_some_and(|name| name.ends_with("_total"));
    if above.metric_name() != below.metric_name() || !one_of(above) || above.matchers.len() != below.matchers.len() {
        return None;
    }
    let is_other = |own: &&Matcher| !below.matchers.contains(own);
    let differing: Vec<&Matcher> = above.matchers.iter().filter(is_other).collect();
    let [own] = differing.as_slice() else { return None };
    let other = below.matchers.iter().find(|matcher| matcher.label == own.label)?;
    let plain = |matcher: &Matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty() && !is_placeholder(&matcher.value);
    (plain(own) && plain(other) || excludes(own, other)).then_some(own.label.text.as_str())
}

/// Whether one asks for what the other leaves out: `code=~"5.."` and `code!~"5.."`.
fn excludes(own: &Matcher, other: &Matcher) -> bool {
    own.value == other.value
        && matches!((own.op, other.op), (MatchOp::Equal, MatchOp::NotEqual) | (MatchOp::Regex, MatchOp::NotRegex))
        && !is_placeholder(&own.value)
}

/// Whether what failed is divided by what did not.
fn is_by_rest(binary: &Binary) -> bool {
    let Some((above, below)) = only_selector(&binary.left).zip(only_selector(&binary.right)) else { return false };
    apart(binary).is_some()
        && above.matchers.iter().any(|own| below.matchers.iter().any(|other| own.label == other.label && excludes(own, other)))
}

/// Whether the whole less a part is divided by that part: `(size - free) / free`.
fn by_the_rest(binary: &Binary) -> bool {
    let ExprKind::Binary(rest) = &without_parens(&binary.left).kind else { return false };
    let names =
        only_selector(&rest.left).zip(only_selector(&rest.right)).and_then(|(whole, part)| whole.metric_name().zip(part.metric_name()));
    rest.op == BinaryOp::Sub
        && without_parens(&rest.right) == without_parens(&binary.right)
        && names.is_some_and(|(whole, part)| is_part(part, whole))
}

/// What failed, by what went well: of one that fails beside nine that do not it makes a ninth.
fn by_fine(query: &Expression<'_, '_>, view: &RuleView<'_>) -> Option<Diagnostic> {
    let (binary, matcher) = query.divisions().find_map(|(_, binary)| {
        let (above, below) = (only_selector(&binary.left)?, only_selector(&binary.right)?);
        let name = above.metric_name()?;
        let is_fine = |m: &&Matcher| match m.op {
            MatchOp::Equal => matches!(m.value.to_lowercase().as_str(), "ok" | "success" | "succeeded" | "2xx" | "200"),
            MatchOp::Regex => matches(m, "200") == Some(true) && matches(m, "500") == Some(false) && !is_placeholder(&m.value),
            _ => false,
        };
        let matcher = below.matchers.iter().find(is_fine)?;
        let leaves_out = |own: &Matcher| own.label == matcher.label && matches(own, &matcher.value) == Some(false);
        let is_called_so = || name.split('_').any(|part| matches!(part, "failures" | "failed" | "errors"));
        if !is_bad(above) && !is_called_so() && !above.matchers.iter().any(leaves_out) {
            return None;
        }
        (!above.matchers.contains(matcher)).then_some((binary, matcher))
    })?;
    let message = "this divides what failed by what went well alone, which is no share of all";
    let finding = META.finding(query.span(&matcher.range), message).path(view.path("expr"));
    let finding = finding.related(query.span(&binary.left.range), "what failed");
    Some(finding.help(format!("leave the matcher of `{}` out", matcher.label.text)))
}
