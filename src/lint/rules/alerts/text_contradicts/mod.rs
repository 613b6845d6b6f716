//! Texts of alerts and panels that say the opposite of the condition, or speak of another quantile.

mod bound;
mod change;
mod health;
mod opposites;
mod rhythm;
mod some_or_all;
mod value;
mod wording;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::principal;
use crate::lint::query::unit::{Quantity, calls, quantity};
use crate::lint::query::{Origin, Query, constant, matches};
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::sentence::Exact;
use crate::lint::views::{DashboardView, RuleView};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, ExprKind, MatchOp, Matcher};
use crate::promql::walk::{selectors, visit, without_parens};
use crate::source::Node;

rule! {
    /// The text of an alert says `above 5%` where the condition is `< 0.05`, or speaks of the p95 where the expression takes the 99th
    /// percentile, or of `500ms` where it compares with 500 seconds. Whoever is woken by it looks for the wrong thing; more often it is the expression that is wrong.
    /// Or it says that something is not what the condition asks for: `is not ready` where the state `Ready` is asked for.
    /// Or it speaks of the opposite of what is measured (writes for reads, usage for what is idle), says that something fell where it is
    /// asked whether it grew, that one of several is enough where all have to be so, or another time than that of the bucket.
    /// Or it says how often something runs (`every 24 hours`), and the alert fires before it is due again.
    /// The same is said of titles of panels and of legends that speak of another percentile than they draw.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) < 0.05
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "more than 5% of requests fail" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the p95 is above 1s" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: histogram_quantile(0.95, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the p95 is above 1s" }
    /// ```
    TextContradicts, "text-contradicts", Warning
}

impl Rule for TextContradicts {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        drawn(view, found);
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        if let Some(message) = by_name(view.rule.name(), expr).or_else(|| health::of_name(view.rule.name(), expr, context)) {
            let finding = META.finding(view.rule.name.span, message).path(view.path("alert"));
            found.push(finding.help("name it after what it asks, or correct the expression"));
        }
        // What is contradicted is a number.
        let mut told: Vec<(&AlertText<'_>, String)> = Vec::new();
        let numbers: Vec<&AlertText<'_>> =
            view.annotations().filter(|text| text.said.sentence.has_number || text.text.contains("median")).collect();
        if !numbers.is_empty() {
            let (quantiles, condition, measured) = (quantiles(expr), condition(expr), quantity(expr, query));
            told.extend(numbers.into_iter().filter_map(|text| {
                let words: Vec<&str> = text.text.split_whitespace().collect();
                let message = quantile(&words, &quantiles)
                    .or_else(|| mean(&words, &quantiles, expr))
                    .or_else(|| direction(&words, condition?))
                    .or_else(|| direction_of_limit(text, expr, condition?, measured?))
                    .or_else(|| scale(&words, condition?.1, measured?));
                Some((text, message?))
            }));
        }
        told.extend(view.annotations().filter_map(|text| Some((text, other_matcher(text.text, expr)?))));
        if told.is_empty()
            && let Some((side, number)) = rhythm::age(expr)
        {
            told.extend(
                view.annotations().filter_map(|text| Some((text, rhythm::too_soon(text.text, view.rule.name(), side, number)?))).take(1),
            );
        }
        if told.is_empty() {
            let texts: Vec<String> = view.annotations().filter(|text| !text.name.contains("url")).map(|text| spoken(text)).collect();
            let texts = texts.join(" ");
            let other = (!context.world.catalogues.is_empty()).then(|| value::other(&texts, expr, context)).flatten();
            let other = other.or_else(|| opposites::contrary(&texts, view.rule.name(), expr)).or_else(|| change::contrary(&texts, expr));
            let other = other.or_else(|| wording::asks_idle(&texts, view.rule.name(), expr));
            told.extend(view.annotations().next().zip(other));
        }
        if told.is_empty() {
            told.extend(view.annotations().filter_map(|text| Some((text, bound::other(text, query)?))).take(1));
        }
        if told.is_empty() {
            let by_name = wording::says_full(view.rule.name());
            let contrary = |text: &AlertText<'_>| {
                if !by_name && !wording::TELLING.as_ref().is_some_and(|words| words.is_match(text.text)) {
                    return None;
                }
                let lower = text.text.to_lowercase();
                health::of_text(&lower, expr, context).or_else(|| wording::contrary(&lower, text, view.rule.name(), expr, context))
            };
            told.extend(view.annotations().filter_map(|text| Some((text, contrary(text)?))));
        }
        for (text, message) in told {
            let finding = META.finding(text.node.span, message).path(view.text_path(text));
            found.push(finding.help("correct the text, or the expression"));
        }
    }
}

/// What a text says itself, in small letters: without what is filled in.
fn spoken(text: &AlertText<'_>) -> String {
    let mut said = String::new();
    let mut rest = text.text;
    while let Some((before, action)) = rest.split_once("{{") {
        said += before;
        rest = action.split_once("}}").map_or("", |(_, behind)| behind);
    }
    (said + rest).to_lowercase()
}

/// A matcher that a text quotes, as `status=~5..`, or a class of statuses that it names, as `5xx`, where the expression asks for
/// others alone.
fn other_matcher(text: &str, expr: &Expr) -> Option<String> {
    // Few texts speak of either; that is told faster by one letter.
    let speaks = memchr::memchr2_iter(b'=', b'x', text.as_bytes()).any(|at| text[at..].starts_with("=~") || text[at..].starts_with("xx"));
    if !speaks {
        return None;
    }
    let found = selectors(expr);
    let matchers: Vec<&Matcher> = found.iter().flat_map(|found| &found.selector.matchers).collect();
    let of = |label: &str| -> Vec<&str> {
        matchers.iter().filter(|m| m.label.text == label && !m.value.contains('$')).map(|m| m.value.as_str()).collect()
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (at, op) in text.match_indices("=~") {
        let label = &text[text[..at].rfind(|c: char| !is_name(c)).map_or(0, |before| before + 1)..at];
        let rest = text[at + op.len()..].trim_start_matches(['"', '\\']);
        let value = rest.split(|c: char| c.is_whitespace() || "\"\\,;)}".contains(c)).next().unwrap_or("");
        let asked = of(label);
        if !value.is_empty() && !asked.is_empty() && !asked.iter().any(|own| *own == value || own.starts_with(value)) {
            return Some(format!("this speaks of `{label}=~{value}`, and the expression asks for `{}`", asked[0]));
        }
    }
    let class = text.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| {
        let digit = word.strip_suffix("xx").filter(|digit| matches!(*digit, "4" | "5"))?;
        Some((word, digit))
    });
    let (word, digit) = class.filter(|(word, _)| text.matches("xx").count() == text.matches(word).count())?;
    let statuses: Vec<&str> =
        ["status", "code", "status_code", "http_status_code", "http_response_status_code"].iter().flat_map(|l| of(l)).collect();
    let all = |digit: &str| [format!("{digit}04"), format!("{digit}xx"), digit.to_owned()];
    // Those of another class are asked for as well.
    let is_wider = |m: &&&Matcher| {
        let is_status = m.label.text.ends_with("code") || m.label.text.ends_with("status") || m.label.text.ends_with("code_class");
        let takes = |digit: &str| all(digit).iter().any(|value| matches(m, value) == Some(true));
        let other = if digit == "5" { "4" } else { "5" };
        is_status && m.op == MatchOp::Regex && takes(digit) && takes(other) && !takes("2")
    };
    if let Some(wider) = matchers.iter().find(is_wider) {
        return Some(format!("this speaks of {word} alone, and the expression asks for `{}=~\"{}\"`", wider.label.text, wider.value));
    }
    let first = statuses.first().filter(|_| !statuses.iter().any(|own| own.contains(digit) || !own.starts_with(['4', '5'])))?;
    Some(format!("this speaks of {word}, and the expression asks for `{first}`"))
}

/// A name that says the opposite: `NoTraffic` for traffic above 0, `AllTargetsDown` where the smallest of several is 0.
fn by_name(name: &str, expr: &Expr) -> Option<String> {
    // Of several conditions each is asked whether all are down.
    if let ExprKind::Binary(either) = &without_parens(expr).kind
        && either.op == BinaryOp::Or
        && let ExprKind::Binary(first) = &without_parens(&either.left).kind
    {
        return all_down(name, first);
    }
    let ExprKind::Binary(binary) = &principal(expr).kind else { return None };
    let number = constant(&binary.right)?;
    let rated = matches!(&rates(&binary.left), Some("rate" | "increase" | "irate"));
    let some = matches!(binary.op, BinaryOp::Greater | BinaryOp::NotEqual) && number.abs() < f64::EPSILON;
    let has_none =
        name.match_indices("No").any(|(at, _)| name[at + 2..].starts_with(char::is_uppercase) && !name[..at].ends_with(char::is_uppercase));
    if has_none && rated && some {
        return Some(format!("`{name}` says that there is none, and the condition is `{} {number}`", binary.op.symbol()));
    }
    if let Some(message) = by_side(name, binary.op, &binary.left) {
        return Some(message);
    }
    all_down(name, binary)
}

/// A name that says all where the smallest of several decides.
fn all_down(name: &str, binary: &Binary) -> Option<String> {
    let number = constant(&binary.right)?;
    let starts = |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(char::is_uppercase));
    let ExprKind::Aggregate(aggregate) = &without_parens(&binary.left).kind else { return None };
    let of_flags =
        matches!(&without_parens(&aggregate.expr).kind, ExprKind::Selector(s) if matches!(s.metric_name(), Some("up" | "probe_success")));
    let down = (binary.op == BinaryOp::Equal && number.abs() < f64::EPSILON) || (binary.op == BinaryOp::Less && number <= 1.0);
    if (starts("All") || starts("Every") || name.contains("AllDown")) && aggregate.op == AggregateOp::Min && of_flags && down {
        return Some(format!("`{name}` says all, and the smallest of several is 0 as soon as one is"));
    }
    None
}

/// A name that says that something is too much where the condition asks for too little, or the other way round. Of what is left, is
/// idle or succeeds, and of what is reckoned from it, little is bad: there a name cannot tell.
fn by_side(name: &str, op: BinaryOp, measured: &Expr) -> Option<String> {
    const MUCH: &[&str] = &["High", "TooMany", "TooHigh", "TooLong", "TooLarge", "Saturated", "Backlog", "Exceeded", "Overloaded"];
    const LITTLE: &[&str] = &["Low", "TooFew", "TooLow", "Empty"];
    let has = |words: &[&str]| {
        words
            .iter()
            .any(|word| name.match_indices(word).any(|(at, _)| !name[at + word.len()..].starts_with(|c: char| c.is_ascii_lowercase())))
    };
    let is_above = match op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => true,
        BinaryOp::Less | BinaryOp::LessEqual => false,
        _ => return None,
    };
    let (says, contrary, fitting) = if is_above { ("little", LITTLE, MUCH) } else { ("much", MUCH, LITTLE) };
    if !has(contrary) || has(fitting) {
        return None;
    }
    let found = selectors(measured);
    let reads = |words: &[&str]| {
        found
            .iter()
            .any(|found| found.selector.metric_name().is_none_or(|name| words.iter().any(|word| name.to_lowercase().contains(word))))
    };
    let matched = || {
        found.iter().flat_map(|found| &found.selector.matchers).any(|m| {
            matches!(m.label.text.as_str(), "mode" | "le" | "state")
                || ["idle", "free", "avail", "ok"].iter().any(|rest| m.value.contains(rest))
        })
    };
    let mut reckoned = false;
    visit(measured, &mut |node| match &node.kind {
        ExprKind::Binary(binary) => reckoned |= binary.op == BinaryOp::Sub && selectors(&binary.left).is_empty(),
        ExprKind::Call { function, .. } => reckoned |= function.text == "histogram_fraction",
        _ => {}
    });
    let excused: &[&str] = if is_above {
        &["us", "busy", "util", "fail", "err", "miss", "max", "limit", "capacity"]
    } else {
        &["free", "avail", "idle", "remain", "left", "succe", "hit", "up", "ready", "health", "expiry", "capacity", "interval", "ttl"]
    };
    (!found.is_empty() && !reads(excused) && !reckoned && !matched())
        .then(|| format!("`{name}` says that there is too {says}, and the condition is `{}`", op.symbol()))
}

/// The function of a rate, below sums and the like.
fn rates(expr: &Expr) -> Option<&str> {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) => rates(&aggregate.expr),
        ExprKind::Call { function, .. } => Some(function.text.as_str()),
        _ => None,
    }
}

/// The titles of panels and the legends of queries that speak of a quantile which is not drawn.
fn drawn(view: &DashboardView<'_>, found: &mut Vec<Diagnostic>) {
    for panel in &view.dashboard.panels {
        let own = || view.queries.iter().filter(|query| query.is_of(panel));
        let taken: Vec<f64> = own().flat_map(quantiles_of).collect();
        let whole = own().all(|query| query.expr.is_some());
        for (key, node) in ["title", "description"].into_iter().filter_map(|key| Some((key, panel.node.get(key)?))) {
            let exprs: Vec<&Expr> = own().filter_map(|query| query.expr.as_ref()).collect();
            let text = node.as_str().filter(|_| whole && !exprs.is_empty()).unwrap_or("");
            let messages: Vec<Option<String>> = exprs.iter().map(|expr| other_matcher(text, expr)).collect();
            // Where one of several queries has it, the text is about that one.
            if let Some(message) = messages.iter().all(Option::is_some).then(|| messages.into_iter().flatten().next()).flatten() {
                let finding = META.finding(node.span, message).path(format!("{}.{key}", panel.path));
                found.push(finding.help("correct the text, or the expression"));
            }
        }
        let mut judge = |node: Option<&Node>, key: &str, taken: &[f64]| {
            let Some((node, text)) = node.and_then(Node::with_str) else { return };
            if let Some(message) = quantile(&text.split_whitespace().collect::<Vec<_>>(), taken) {
                found.push(
                    META.finding(node.span, message).path(format!("{}.{key}", panel.path)).help("correct the text, or the expression"),
                );
            }
        };
        if whole {
            judge(panel.node.get("title"), "title", &taken);
        }
        for query in own() {
            if let Origin::Target { target, .. } = query.origin {
                judge(target.node.get("legendFormat"), "targets", &quantiles_of(query));
            }
        }
    }
}

/// The quantiles of a query that are not chosen by a variable.
fn quantiles_of(query: &Query<'_>) -> Vec<f64> {
    let mut found = Vec::new();
    let Some(expr) = &query.expr else { return found };
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => {
            found.extend(arguments.first().filter(|argument| !query.is_variable(&argument.range)).and_then(constant));
        }
        _ => {}
    });
    found
}

/// The quantiles that an expression takes, as far as they are numbers, and those that recorded series are called after.
fn quantiles(expr: &Expr) -> Vec<f64> {
    let recorded = selectors(expr);
    let names = recorded.iter().filter_map(|found| found.selector.metric_name()).filter(|name| name.contains(':'));
    let words = names.flat_map(|name| name.split([':', '_'])).filter_map(|word| word.strip_prefix('p'));
    let said = words.filter(|digits| (2..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let mut found: Vec<f64> = said.filter_map(|digits| format!("0.{digits}").parse().ok()).collect();
    let matchers =
        recorded.iter().flat_map(|found| &found.selector.matchers).filter(|m| m.label.text == "quantile" && m.op == MatchOp::Equal);
    found.extend(matchers.filter_map(|matcher| matcher.value.parse::<f64>().ok()));
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => {
            found.extend(arguments.first().and_then(constant));
        }
        _ => {}
    });
    found
}

/// How an alert compares, and with which number, where that is all there is to it.
fn condition(expr: &Expr) -> Option<(BinaryOp, f64)> {
    let ExprKind::Binary(binary) = &principal(expr).kind else { return None };
    let is_order = matches!(binary.op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual);
    Some((binary.op, constant(&binary.right).filter(|_| is_order)?))
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}

/// A quantile that a text speaks of, where the expression divides the sum of all observations by their number.
fn mean(words: &[&str], taken: &[f64], expr: &Expr) -> Option<String> {
    let ExprKind::Binary(compared) = &principal(expr).kind else { return None };
    let ExprKind::Binary(binary) = &without_parens(&compared.left).kind else { return None };
    let reads = |side: &Expr, end: &str| {
        let found = selectors(side);
        !found.is_empty() && found.iter().all(|found| found.selector.metric_name().is_some_and(|name| name.ends_with(end)))
    };
    if !taken.is_empty() || binary.op != BinaryOp::Div || !reads(&binary.left, "_sum") || !reads(&binary.right, "_count") {
        return None;
    }
    quantile(words, &[f64::NAN])?;
    Some("this speaks of a percentile, and the expression takes the mean".to_owned())
}

/// A quantile that a text speaks of and the expression does not take.
fn quantile(words: &[&str], taken: &[f64]) -> Option<String> {
    let of = |(at, word): (usize, &&str)| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_percentile = || words.get(at + 1).is_some_and(|next| next.to_lowercase().starts_with("percentile"));
        if word.eq_ignore_ascii_case("median") {
            return Some(50.0);
        }
        if let Some(percent) = share_that_takes(words, at) {
            return Some(percent);
        }
        let digits = word.strip_prefix(['p', 'P']).or_else(|| word.strip_suffix("th").filter(|_| is_percentile()))?;
        digits.parse::<f64>().ok().filter(|percent| (1.0..100.0).contains(percent))
    };
    let said = words.iter().enumerate().find_map(of)?;
    let wrong = !taken.is_empty() && !taken.iter().any(|quantile| near(quantile * 100.0, said));
    wrong.then(|| format!("this speaks of the p{said}, and the expression takes `{}`", taken[0]))
}

/// The percentage that begins `95% of the bookings take`.
fn share_that_takes(words: &[&str], at: usize) -> Option<f64> {
    let percent = words[at].strip_suffix('%')?.parse::<f64>().ok().filter(|percent| (1.0..100.0).contains(percent))?;
    let rest = &words[at + 1..(at + 7).min(words.len())];
    let takes = rest.iter().any(|word| matches!(*word, "take" | "takes" | "took" | "wait" | "waited"));
    (rest.first() == Some(&"of") && takes && !rest.iter().any(|word| word.contains(['.', ';']) || *word == "longer")).then_some(percent)
}

/// A direction that is not that of the condition, before the number that it compares with.
fn direction(words: &[&str], (op, number): (BinaryOp, f64)) -> Option<String> {
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    words.iter().enumerate().find_map(|(at, word)| {
        let says_above = match word.to_lowercase().as_str() {
            "above" | "over" | "exceeds" => true,
            "below" | "under" => false,
            "than" => match words.get(at.checked_sub(1)?)?.to_lowercase().as_str() {
                "more" | "higher" | "greater" | "larger" | "longer" => true,
                "less" | "lower" | "fewer" | "smaller" | "shorter" => false,
                _ => return None,
            },
            _ => return None,
        };
        let negated = words[at.saturating_sub(3)..at].iter().any(|word| matches!(word.to_lowercase().as_str(), "no" | "not" | "never"));
        let same = measures(words.get(at + 1)?)?.iter().any(|value| near(*value, number));
        (says_above != is_above && same && !negated)
            .then(|| format!("this says `{word} {}`, and the condition is `{op} {number}`", words[at + 1]))
    })
}

/// A direction that is not that of the condition, before a time that is the one it compares with, in whatever unit it is said.
fn direction_of_limit(text: &AlertText<'_>, expr: &Expr, (op, number): (BinaryOp, f64), measured: Quantity) -> Option<String> {
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    text.said.sentence.limits.iter().find_map(|limit| {
        let Some(Exact::Seconds(seconds)) = limit.exact else { return None };
        let said = text.text[limit.range.clone()].trim();
        let first = said.split_whitespace().next()?.to_lowercase();
        let says_above = match first.as_str() {
            "above" | "over" | "more" | "longer" | "older" | "higher" | "greater" | "larger" | "exceeds" | ">" | ">=" => true,
            "below" | "under" | "less" | "fewer" | "lower" | "<" | "<=" => false,
            _ => return None,
        };
        let before = text.text[..limit.range.start].to_lowercase();
        let sentence = before.rsplit(['.', '\n']).next().unwrap_or("");
        // What has not happened for so long is as old.
        let negated = !calls(expr, "time") && ["not ", "no ", "never ", "n't "].iter().any(|word| sentence.contains(word));
        (measured == Quantity::Seconds && near(seconds, number) && says_above != is_above && !negated)
            .then(|| format!("this says `{said}`, and the condition is `{op} {number}`"))
    })
}

/// A time in another unit than the one that is compared with: `above 500ms` where 500 counts seconds.
fn scale(words: &[&str], number: f64, measured: Quantity) -> Option<String> {
    words.windows(2).find_map(|pair| {
        if !matches!(pair[0].to_lowercase().as_str(), "above" | "over" | "exceeds" | "below" | "under" | "than") {
            return None;
        }
        let word = pair[1].trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let written: f64 = word[..end].parse().ok()?;
        let seconds = match &word[end..] {
            "ms" => written / 1000.0,
            "s" => written,
            _ => return None,
        };
        let (right, unit) = match measured {
            Quantity::Seconds => (seconds, "seconds"),
            Quantity::Millis => (seconds * 1000.0, "milliseconds"),
            _ => return None,
        };
        let wrong = !near(right, number) && [seconds, seconds * 1000.0, seconds / 1000.0].iter().any(|other| near(*other, number));
        wrong.then(|| format!("this says `{word}`, and the condition compares with {number} {unit}"))
    })
}

/// What a number with its unit may be in an expression.
fn measures(word: &str) -> Option<Vec<f64>> {
    let word = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '%');
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let number: f64 = word[..end].parse().ok()?;
    Some(match &word[end..] {
        "" => vec![number],
        "%" => vec![number, number / 100.0],
        "s" => vec![number, number * 1000.0],
        "ms" => vec![number, number / 1000.0],
        "m" | "min" => vec![number, number * 60.0],
        "h" => vec![number, number * 3600.0],
        "d" => vec![number, number * 86_400.0],
        _ => return None,
    })
}
