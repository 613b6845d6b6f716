//! Values that a text shows in the wrong unit.

mod condition;

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::measure::{gauge, measured};
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::named::ends_with_things;
use crate::lint::query::unit::Quantity;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::pieces::said;
use crate::lint::template::shown::{Shown, shown};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{alternatives, operations, selectors, visit, without_parens};
use crate::source::text_map;

rule! {
    /// A text shows `$value` in a unit that it does not have: a share from 0 to 1 before `%`, seconds before `ms`, a
    /// percentage through `humanizePercentage`, which multiplies by a hundred once more.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "p99 is {{ $value }} ms" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "p99 is {{ $value | humanizeDuration }}" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: BalanceLow
    ///         expr: shop_balance_cents < 10000
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the balance is below 10,000 euros" }
    /// ```
    UnitInText, "unit-in-text", Warning
}

impl Rule for UnitInText {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(query) = view.query.filter(|_| view.rule.is_alert()) else { return };
        // Of several that are joined by `or`, the value may be any.
        let quantities: Vec<Quantity> = query
            .expr
            .iter()
            .flat_map(alternatives)
            .filter_map(|expr| measured(expr, query, context.world).or_else(|| told_millis(view)))
            .collect();
        let days = query.expr.as_ref().and_then(parts_of_time);
        let cents = query.expr.as_ref().and_then(cents);
        let things = query.expr.as_ref().and_then(things);
        let celsius = query.expr.as_ref().and_then(celsius);
        for text in view.annotations() {
            if let Some((range, message)) = quantities.iter().find_map(|quantity| limit_in_bits(*quantity, text, query)) {
                let span = text_map::Map::new(view.text, text.node).span(range);
                let finding = META.finding(span, message).path(view.text_path(text)).related(query.node.span, "the value of this");
                found.push(finding.help("divide the limit by 8, or write bytes"));
            }
            if let Some((range, message)) = cents.and_then(|metric| limit_in_cents(metric, text, query)) {
                let span = text_map::Map::new(view.text, text.node).span(range);
                let finding = META.finding(span, message).path(view.text_path(text)).related(query.node.span, "the value of this");
                found.push(finding.help("multiply the limit by 100, or correct the text"));
            }
            for action in text.template().into_iter().flat_map(|template| &template.actions) {
                let Some(shown) = shown(action, text.text) else { continue };
                let Some((message, help)) = twice(shown, &text.text[action.range.end..])
                    .or_else(|| other_part(days?, shown, &text.text[action.range.end..]))
                    .or_else(|| quantities.iter().find_map(|quantity| contradiction(*quantity, shown, &text.text[action.range.end..])))
                    .or_else(|| as_time(things?, shown))
                    .or_else(|| other_degrees(celsius?, &text.text[action.range.end..]))
                    .or_else(|| condition::contradiction(query, shown, &text.text[action.range.end..], context.world))
                    .or_else(|| as_size(things?, shown, &text.text[action.range.end..]))
                    .or_else(|| money(cents?, &text.text[..action.range.start], &text.text[action.range.end..]))
                    .or_else(|| {
                        let (before, rest) = (&text.text[..action.range.start], &text.text[action.range.end..]);
                        quantities.iter().find_map(|quantity| bare(*quantity, shown, before, rest))
                    })
                else {
                    continue;
                };
                let span = text_map::Map::new(view.text, text.node).span(action.range.clone());
                let path = view.text_path(text);
                found.push(META.finding(span, message).path(path).related(query.node.span, "the value of this").help(help));
            }
        }
    }
}

/// Milliseconds, where nothing but a text of the alert says so: `above 1000 ms` of what is compared with 1000.
fn told_millis(view: &RuleView<'_>) -> Option<Quantity> {
    let [only] = view.query?.comparisons.as_slice() else { return None };
    let is_said = |text: &AlertText<'_>| {
        let limits = &text.said.sentence.limits;
        limits.iter().any(|limit| limit.unit == "ms" && limit.readings.first().is_some_and(|number| (number - only.number).abs() < 1e-9))
    };
    view.annotations().any(is_said).then_some(Quantity::Millis)
}

/// The seconds by which a time is divided: those of a day, an hour or a minute.
fn parts_of_time(expr: &Expr) -> Option<f64> {
    let ExprKind::Binary(compared) = &principal(expr).kind else { return None };
    let ExprKind::Binary(binary) = &without_parens(&compared.left).kind else { return None };
    let by = constant(&binary.right).filter(|_| compared.op.is_comparison() && binary.op == BinaryOp::Div)?;
    let mut of_now = false;
    visit(&binary.left, &mut |node| {
        of_now |= matches!(&node.kind, ExprKind::Call { function, .. } if function.text == "time");
    });
    (of_now && [60.0, 3600.0, 86_400.0].contains(&by)).then_some(by)
}

/// The metric that says by its name how many there are of something.
fn things(expr: &Expr) -> Option<&str> {
    let compared = alternatives(expr).into_iter().next()?;
    let name = gauge(compared)?.metric_name()?;
    let is_lag = name == "kafka_consumergroup_lag" || name == "kafka_consumergroup_lag_sum";
    (is_lag || ends_with_things(name)).then_some(name)
}

/// A number of things that is shown as a time.
fn as_time(metric: &str, shown: Shown<'_>) -> Option<(String, &'static str)> {
    let is_time = matches!(shown, Shown::Through("humanizeDuration"));
    is_time.then(|| (format!("`{metric}` says how many there are, and is shown as a time"), "use `humanize`"))
}

/// Whether what is compared is multiplied by a hundred, and divided by nothing.
fn is_hundredfold(expr: &Expr) -> bool {
    let mut inner = alternatives(expr).first().and_then(|expr| Comparison::of(without_parens(expr))).map_or(expr, |compared| compared.side);
    let mut multiplied = false;
    while let ExprKind::Binary(by) = &without_parens(inner).kind {
        let (factor, rest) = match (by.op, constant(&by.left), constant(&by.right)) {
            (BinaryOp::Mul, Some(factor), None) => (factor, &by.right),
            (BinaryOp::Mul, None, Some(factor)) => (factor, &by.left),
            _ => break,
        };
        multiplied |= (factor - 100.0).abs() < f64::EPSILON;
        inner = rest;
    }
    multiplied && !operations(inner).iter().any(|operation| matches!(*operation, "/" | "*"))
}

/// The metric that counts hundredths of a currency, where nothing divides them.
fn cents(expr: &Expr) -> Option<&str> {
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let name = only.selector.metric_name()?;
    let divides = operations(expr).iter().any(|operation| matches!(*operation, "/" | "*"));
    (!divides || is_hundredfold(expr)).then_some(())?;
    (name.split('_').any(|word| matches!(word, "cents" | "pence"))).then_some(name)
}

/// A metric in degrees Celsius that nothing reckons with.
fn celsius(expr: &Expr) -> Option<&str> {
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let reckons = operations(expr).iter().any(|operation| matches!(*operation, "/" | "*" | "+" | "-"));
    only.selector.metric_name().filter(|name| !reckons && name.split(['_', ':']).any(|word| word == "celsius"))
}

/// Degrees of another scale behind a value.
fn other_degrees(metric: &str, rest: &str) -> Option<(String, &'static str)> {
    let mut words = rest.split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '(' | ')' | ';')).filter(|word| !word.is_empty());
    let first = words.next()?.trim_start_matches('°');
    let scale = if matches!(first, "degrees" | "degree") { words.next()? } else { first };
    matches!(scale, "K" | "Kelvin" | "kelvin" | "F" | "Fahrenheit" | "fahrenheit")
        .then(|| (format!("`{metric}` is in degrees Celsius"), "write `°C`"))
}

/// A number of things that is shown as bytes.
fn as_size(metric: &str, shown: Shown<'_>, rest: &str) -> Option<(String, &'static str)> {
    let is_size = matches!(shown, Shown::Through("humanize1024" | "humanize")) && rest.starts_with('B') && !rest.starts_with("B/");
    is_size.then(|| (format!("`{metric}` is a number of things, and is shown as bytes"), "leave the `B` out, and write `humanize`"))
}

/// Hundredths of a currency that are shown as the currency.
fn money(metric: &str, before: &str, rest: &str) -> Option<(String, &'static str)> {
    let word = rest.split_whitespace().next().unwrap_or("").trim_end_matches(|c: char| !c.is_alphabetic() && c != '€');
    let is_said =
        ["EUR", "USD", "GBP", "CHF", "euro", "euros", "dollars", "pounds", "€"].contains(&word) || before.ends_with(['$', '€', '£']);
    is_said.then(|| (format!("`{metric}` counts hundredths of the currency"), "divide it by 100 in the expression"))
}

/// The limit of what counts hundredths of a currency, as the text says it of the currency itself.
fn limit_in_cents(metric: &str, text: &AlertText<'_>, query: &Expression<'_, '_>) -> Option<(Range<usize>, String)> {
    let [only] = query.comparisons.as_slice() else { return None };
    let mut start = 0;
    for word in text.text.split_inclusive(' ') {
        let (at, bare) = (start, word.trim_matches(|c: char| !c.is_ascii_digit()));
        start += word.len();
        let is_limit = bare.len() > 1 && bare.replace(',', "").parse::<f64>().is_ok_and(|number| (number - only.number).abs() < 1e-9);
        let before = &text.text[..at + word.find(bare).unwrap_or(0)];
        if is_limit && let Some((message, _)) = money(metric, before, &text.text[start..]) {
            return Some((at..at + word.trim_end().len(), message));
        }
    }
    None
}

/// A time in days, hours or minutes that is shown as one of another unit.
fn other_part(by: f64, shown: Shown<'_>, rest: &str) -> Option<(String, &'static str)> {
    let own = if by > 4000.0 {
        "days"
    } else if by > 100.0 {
        "hours"
    } else {
        "minutes"
    };
    let message = format!("the value is in {own}");
    let said = rest.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).take(2);
    let mut said = said.filter(|word| ["days", "hours", "minutes", "seconds"].contains(word));
    match shown {
        Shown::Through("humanizeDuration") => Some((message, "show the number, and the unit behind it")),
        Shown::Through("humanizePercentage" | "humanize1024" | "humanizeTimestamp") => {
            Some((message, "use `humanize`, and the unit behind it"))
        }
        _ => said.next().filter(|word| *word != own).map(|_| (message, "write that unit, or divide by the seconds of the other")),
    }
}

/// A share or a time that is shown as a bare number.
fn bare(quantity: Quantity, shown: Shown<'_>, before: &str, rest: &str) -> Option<(String, &'static str)> {
    let Shown::Before(word) = shown else { return None };
    let ends = rest.trim_end_matches('"').is_empty() || rest.starts_with('.') || rest.starts_with(',');
    let is_said = ["is ", "takes ", "take "].iter().any(|verb| before.ends_with(verb));
    match quantity {
        Quantity::Share if word == "of" => {
            Some(("the value is a share from 0 to 1, and reads as a number".to_owned(), "write `{{ $value | humanizePercentage }}`"))
        }
        Quantity::Seconds if ends && is_said => {
            Some(("the value is in seconds, and the text does not say so".to_owned(), "write `{{ $value | humanizeDuration }}`"))
        }
        _ => None,
    }
}

/// A unit that stands behind a function which writes its own.
fn twice(shown: Shown<'_>, rest: &str) -> Option<(String, &'static str)> {
    let word = &rest[..rest.find(|c: char| !c.is_ascii_alphabetic() && c != '%').unwrap_or(rest.len())];
    match shown {
        Shown::Through("humanizePercentage") if word == "%" => {
            Some(("`humanizePercentage` writes the `%` itself".to_owned(), "take the `%` behind it away"))
        }
        Shown::Through("humanizeDuration") if matches!(word, "s" | "ms" | "m" | "h") => {
            Some(("`humanizeDuration` writes the unit itself".to_owned(), "take the unit behind it away"))
        }
        _ => None,
    }
}

/// Whether what stands behind a value says that it is of each of some lengths of time: `requests per minute`, `/min`.
fn says_each(rest: &str, times: &[&str]) -> bool {
    let sentence = &rest[..rest.find(['.', ',', ';', ':', '(', '{', '\n']).unwrap_or(rest.len())];
    let words: Vec<&str> = sentence.split_whitespace().take(6).collect();
    let each = |pair: &[&str]| matches!(pair[0], "per" | "a" | "an" | "every" | "each") && times.contains(&pair[1]);
    words.windows(2).any(each) || words.iter().any(|word| word.rsplit_once('/').is_some_and(|(_, time)| times.contains(&time)))
}

/// A limit that a text tells in bits, where the same number of bytes is compared.
fn limit_in_bits(quantity: Quantity, text: &AlertText<'_>, query: &Expression<'_, '_>) -> Option<(Range<usize>, String)> {
    let [only] = query.comparisons.as_slice() else { return None };
    if !matches!(quantity, Quantity::Bytes | Quantity::BytesPerSecond) {
        return None;
    }
    text.said.sentence.limits.iter().find_map(|limit| {
        let prefix =
            limit.unit.strip_suffix("bps").or_else(|| limit.unit.strip_suffix("bits")).or_else(|| limit.unit.strip_suffix("bit"))?;
        let known = [&["", ""], &["k", "kilo"], &["M", "mega"], &["G", "giga"], &["T", "tera"]];
        let power = known.iter().position(|names| names.contains(&prefix))?;
        let number = limit.readings.first()? * 1000_f64.powi(i32::try_from(power).ok()?);
        let same = (number - only.number).abs() <= 1e-9 * number;
        same.then(|| (limit.place.clone(), format!("the text says `{}`, and as many bytes are compared", &text.text[limit.place.clone()])))
    })
}

/// Whether a unit of bits stands behind a value, perhaps with its prefix.
fn says_bits(rest: &str) -> bool {
    let word = &rest.trim_start()[..rest.trim_start().find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.trim_start().len())];
    let unit = word.strip_prefix(['k', 'M', 'G', 'T']).unwrap_or(word);
    matches!(unit, "bit" | "bits" | "bps")
}

/// Whether what stands behind a value says that it is of a window, as `in the last 30 minutes`, and not how fast it grows.
fn says_within(rest: &str) -> bool {
    // Of what it happens to may be filled in.
    let plain = said(rest);
    let sentence = &plain[..plain.find(['.', ';', '(', '\n']).unwrap_or(plain.len())];
    let words: Vec<&str> = sentence.split_whitespace().take(8).collect();
    let is_short = |word: &str| {
        let digits = word.trim_end_matches([',', ':']).trim_end_matches(['s', 'm', 'h', 'd']);
        digits.len() < word.len() && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_time = |word: &str| {
        is_short(word) || matches!(word.trim_end_matches([',', ':']), "minutes" | "minute" | "hours" | "hour" | "min" | "mins")
    };
    // `runs failed over the last hour`, and not `3.2 over the last hour`, which may be a mean.
    let begins = words.iter().position(|word| matches!(*word, "in" | "within"));
    let begins = begins.or_else(|| words.windows(2).skip(1).position(|pair| pair == ["over", "the"]).map(|at| at + 2));
    let is_said = begins.is_some_and(|at| words[at + 1..].iter().take(4).any(|word| is_time(word)));
    is_said && !["second", "/s", "rate", "average"].iter().any(|word| rest.contains(word))
}

fn contradiction(quantity: Quantity, shown: Shown<'_>, rest: &str) -> Option<(String, &'static str)> {
    let said = |what: &str, help| Some((format!("the value is {what}"), help));
    match (quantity, shown) {
        (Quantity::Share, Shown::Before("%" | "percent")) => {
            said("a share from 0 to 1, and is shown as a percentage", "write `{{ $value | humanizePercentage }}`, without `%`")
        }
        (Quantity::Share, Shown::Through("humanize")) if rest.starts_with('%') => {
            said("a share from 0 to 1, and is shown as a percentage", "write `{{ $value | humanizePercentage }}`, without `%`")
        }
        (Quantity::Seconds, Shown::Before("ms" | "milliseconds" | "m" | "minutes" | "h" | "hours" | "d" | "days" | "%")) => {
            said("in seconds", "write `{{ $value | humanizeDuration }}`")
        }
        (Quantity::Millis, Shown::Before("s" | "seconds") | Shown::Through("humanizeDuration")) => {
            said("in milliseconds, and is shown as seconds", "divide it by 1000 in the expression, or show it before `ms`")
        }
        (Quantity::Bytes | Quantity::BytesPerSecond, _) if says_bits(rest) => {
            said("in bytes, and the text speaks of bits", "multiply it by 8, or write bytes")
        }
        (Quantity::EventsPerSecond, _) if says_within(rest) => {
            said("how often it happens in a second, and the text says how often within a time", "take the `increase`, or say `per second`")
        }
        (Quantity::Events, _) if says_each(rest, &["second", "sec"]) => {
            said("how often it happened within the window, and the text says how often in a second", "take the `rate`")
        }
        (Quantity::EventsPerSecond, _) if says_each(rest, &["minute", "min", "hour", "day"]) => {
            said("how often it happens in a second, and the text says another time", "multiply it by the seconds of that time")
        }
        (Quantity::Bytes, Shown::Before("KB" | "MB" | "GB" | "KiB" | "MiB" | "GiB" | "%" | "s" | "ms")) => {
            said("in bytes", "write `{{ $value | humanize1024 }}B`")
        }
        _ => None,
    }
}
