//! Limits that nothing comes near, or that everything is beyond.

mod capacity;
mod counts;
mod millis;
mod probes;
mod processors;
mod quotient;
mod trouble;

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::inference::measure::{innermost, measured};
use crate::lint::inference::moment::{Targets, Value, evaluate};
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::unit::Quantity;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{only_selector, selectors, without_parens};

rule! {
    /// An alert compares the memory of a process or a machine with so few bytes that any is above, or with so many that none has
    /// them: a number of megabytes that was taken for one of bytes, or one of bytes after a division. Or it compares the processor time of a
    /// process, which counts processors, with a percentage.
    ///
    /// What a page shows of any gauge of bytes is taken into account.
    /// So is what it shows of a time, where a limit is a thousand times that; and bytes that are divided by what is counted in no bytes
    /// are hardly less than one. Fewer failures than some are there at any ordinary time. A lag of 60000 seconds is one of a minute in milliseconds. A probe takes no longer than the timeouts of its module and of its scrape allow.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: MuchMemory
    ///         expr: process_resident_memory_bytes > 500
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: MuchMemory
    ///         expr: process_resident_memory_bytes > 500 * 1024 * 1024
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(process_cpu_seconds_total[5m]) > 80
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(process_cpu_seconds_total[5m]) > 0.8
    ///         labels: { severity: warning }
    /// ```
    ImplausibleThreshold, "implausible-threshold", Warning
}

/// What every process has at least, and what no machine has, in bytes.
const LEAST: f64 = 16_384.0;
const MOST: f64 = 1e14;
/// What no storage has, in bytes.
const MOST_STORED: f64 = 1e18;

impl Rule for ImplausibleThreshold {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if query.alerting_rule().is_none() {
            return;
        }
        for &Comparison { side, op, number, place, .. } in &query.comparisons {
            if !matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual) || number <= 0.0 {
                continue;
            }
            let or_equal = op == BinaryOp::GreaterEqual;
            let compared = Compared { side, is_above: op == BinaryOp::Greater || or_equal, or_equal, number };
            let fault = compared
                .of_memory()
                .or_else(|| compared.next_to_nothing())
                .or_else(|| compared.beyond_declared(query, context, place, found))
                .or_else(|| compared.of_size(context))
                .or_else(|| compared.of_no_bytes())
                .or_else(|| compared.of_time(query, context))
                .or_else(|| compared.of_probe(context))
                .or_else(|| compared.of_millis())
                .or_else(|| compared.of_failures())
                .or_else(|| compared.of_trouble(query))
                .or_else(|| compared.of_good())
                .or_else(|| compared.of_degrees())
                .or_else(|| compared.of_processors())
                .or_else(|| compared.told_as_percentage(query))
                .or_else(|| compared.of_count(context))
                .or_else(|| compared.beyond_capacity(context));
            if let Some((message, help)) = fault {
                found.push(META.finding(query.span(&place.range), message).path(query.path()).help(help));
            }
        }
    }
}

/// A number that something is compared with.
struct Compared<'e> {
    side: &'e Expr,
    /// Whether the condition asks for more than the number.
    is_above: bool,
    or_equal: bool,
    number: f64,
}

/// What is wrong, and what to do.
type Fault = Option<(String, &'static str)>;

impl Compared<'_> {
    fn of_memory(&self) -> Fault {
        let (name, by) = memory(self.side)?;
        let bytes = self.number * by;
        if bytes < LEAST {
            let message = format!("`{name}` is counted in bytes, and {bytes} are less than any process has");
            return Some((message, "multiply it: `500 * 1024 * 1024` are 500 MiB"));
        }
        let message = || format!("`{name}` is counted in bytes, and no machine has {bytes:e} of them");
        (bytes > MOST).then(|| (message(), "compare in the unit that the division leaves"))
    }

    /// What goes wrong, where too little of it is asked for.
    fn of_trouble(&self, query: &Expression<'_, '_>) -> Fault {
        let message = trouble::too_little(self.side, query).filter(|_| !self.is_above)?;
        Some((message, "write `>`"))
    }

    /// A share of failures that is to be less than nearly all.
    fn of_failures(&self) -> Fault {
        let ExprKind::Selector(selector) = &without_parens(self.side).kind else { return None };
        let name = selector.metric_name()?;
        let has = |words: &[&str]| name.split([':', '_']).any(|word| words.contains(&word));
        let is_share = has(&["error", "errors", "failed", "failures"]) && has(&["ratio", "share"]);
        let message = || format!("`{name}` is a share of what fails, which is below {} at any time", self.number);
        (is_share && !self.is_above && (0.5..1.0).contains(&self.number))
            .then(|| (message(), "compare `1 - …`, or what fails with a small share"))
    }

    /// The share within a bound, which is to be less than hardly any.
    fn of_good(&self) -> Fault {
        let ExprKind::Binary(share) = &without_parens(self.side).kind else { return None };
        let (part, all) = (only_selector(&share.left)?, only_selector(&share.right)?);
        let bound = part.matchers.iter().find(|m| m.label.text == "le")?;
        let stem = part.metric_name()?.strip_suffix("_bucket").filter(|_| share.op == BinaryOp::Div)?;
        let is_all =
            all.metric_name().is_some_and(|name| name.strip_suffix("_count").or_else(|| name.strip_suffix("_bucket")) == Some(stem));
        if is_all && self.is_above && self.number <= 0.2 {
            let message = format!("this is the share within `{}`, which is above {} at nearly any time", bound.value, self.number);
            return Some((message, "compare `1 - …`, which is the share that takes longer"));
        }
        let message = || format!("this is the share within `{}`, and below {} of it nearly all is slower", bound.value, self.number);
        (is_all && !self.is_above && self.number <= 0.1).then(|| (message(), "compare `1 - …` by `>`, or with what is left of 1"))
    }

    /// Degrees of another scale.
    fn of_degrees(&self) -> Fault {
        let name = only_selector(self.side)?.metric_name().filter(|name| name.ends_with("_celsius"))?;
        let message = || format!("`{name}` is in degrees Celsius, and nothing is at {}", self.number);
        (self.is_above && self.number > 200.0).then(|| (message(), "write degrees Celsius"))
    }

    /// Less than a kilobyte that is left.
    fn next_to_nothing(&self) -> Fault {
        let ExprKind::Selector(selector) = &without_parens(self.side).kind else { return None };
        let is_left = |name: &&str| ["_free_bytes", "_avail_bytes", "_available_bytes"].iter().any(|end| name.ends_with(end));
        let name = selector.metric_name().filter(is_left)?;
        let message = || format!("`{name}` is counted in bytes, and {} of them are nothing", self.number);
        let help = "write the bytes, as `10 * 1024 * 1024 * 1024`, or divide by the whole";
        (!self.is_above && self.number <= 1024.0).then(|| (message(), help))
    }

    /// Far from the most that a manifest declares, which may be wrong as well: said there, too.
    fn beyond_declared(&self, query: &Expression<'_, '_>, context: &Context<'_>, place: &Expr, found: &mut Vec<Diagnostic>) -> Fault {
        let (selector, by) = bytes(self.side).filter(|_| self.is_above)?;
        let (name, asked) = (selector.metric_name()?, self.number * by);
        let (_, metric, _) = context.world.metric_of(selector)?;
        let max = metric.max.filter(|max| asked < max / 500.0 || asked > 2.0 * max)?;
        let message = format!("`{name}` is declared to be {max} bytes at most, and an alert compares with {asked}");
        let finding = META.finding(metric.name.span, message).related(query.span(&place.range), "compared here");
        found.push(finding.help("correct one of the two"));
        Some((format!("`{name}` is declared to be {max} bytes at most, which is far from {asked}"), "correct one of the two"))
    }

    /// More than anybody stores, or far from what a page shows.
    fn of_size(&self, context: &Context<'_>) -> Fault {
        let (selector, by) = bytes(self.side)?;
        let (name, asked) = (selector.metric_name()?, self.number * by);
        if asked > MOST_STORED {
            let message = format!("`{name}` is counted in bytes, and nobody stores {asked:e} of them");
            return Some((message, "compare in the unit that the division leaves"));
        }
        let (page, metric, _) = context.world.metric_of(selector)?;
        let shown = metric.values.shown?;
        if shown.high >= LEAST && asked > 10_000.0 * shown.high {
            let message = format!("`{name}` is counted in bytes, and the page shows {} of them at most", shown.high);
            return Some((message, "correct the number: a gibibyte is `1024 ^ 3`"));
        }
        let message = || format!("`{name}` is counted in bytes, and the page shows {} of them at least", shown.low);
        if asked > 1.0 && asked < LEAST && shown.low >= 1000.0 * LEAST {
            return Some((message(), "multiply it: `500 * 1024 * 1024` are 500 MiB"));
        }
        let is_passed = self.is_above && is_memory(name) && page.is_page() && shown.low >= 20.0 * asked;
        is_passed.then(|| (message(), "write a limit that it can stay below"))
    }

    fn of_time(&self, query: &Expression<'_, '_>, context: &Context<'_>) -> Fault {
        // A page is evaluated only for what it may decide.
        if !self.is_above || self.number < 100.0 {
            return None;
        }
        let usual = usual_seconds(self.side, query, context)?;
        // The longest of all may take far longer than it usually does.
        let is_longest = |name: &str| name.split('_').any(|word| matches!(word, "max" | "oldest" | "longest" | "age"));
        if is_said(self.number, query) || selectors(self.side).iter().filter_map(|found| found.selector.metric_name()).any(is_longest) {
            return None;
        }
        let message = || format!("the value is in seconds, and by the page {} of them are usual", rounded(usual));
        (self.number >= 1000.0 * usual).then(|| (message(), "write seconds: 250 ms are `0.25`"))
    }

    /// More than there can be, by the gauge beside it that says how much that is.
    fn beyond_capacity(&self, context: &Context<'_>) -> Fault {
        if !self.is_above || !context.world.has_pages {
            return None;
        }
        // As much as there can be is reached.
        let least = if self.or_equal { self.number.next_down() } else { self.number };
        capacity::passed(self.side, least, context)
            .map(|message| (message, "compare with less, or with a part of that"))
            .or_else(|| Some((capacity::without_limit(self.side, self.number, context)?, "compare the number itself")))
    }

    fn of_millis(&self) -> Fault {
        let message = millis::as_seconds(self.side, self.number).filter(|_| self.is_above)?;
        Some((message, "write seconds: 250 ms are `0.25`"))
    }

    /// Longer than any probe lasts before it is given up.
    fn of_probe(&self, context: &Context<'_>) -> Fault {
        let (most, job) = probes::given_up(self.side, context).filter(|(most, _)| self.is_above && self.number > *most)?;
        let message = || format!("a probe of `{job}` is given up after `{most}` seconds, so this never holds");
        Some((message(), "compare with less, or give the module and the scrape more time"))
    }

    /// A part of one, of what is counted in whole ones.
    fn of_count(&self, context: &Context<'_>) -> Fault {
        let name = counts::whole(self.side, context).filter(|_| self.is_above && self.number > 0.0 && self.number < 1.0)?;
        let message =
            format!("`{name}` is a number of things and no share of how many there may be: one of them is above `{}`", self.number);
        Some((message, "divide by the most that there can be, or compare with a number of things"))
    }
}

/// Whether a text of the alert says as many seconds, as `15 minutes` for 900.
fn is_said(seconds: f64, query: &Expression<'_, '_>) -> bool {
    let texts: Vec<&str> = query.rule().into_iter().flat_map(RuleOfFile::annotations).filter_map(|(.., text)| text.as_str()).collect();
    let says = |(scale, words): &(f64, [&str; 2])| {
        let number = seconds / scale;
        let is_whole = number >= 1.0 && number.fract().abs() < f64::EPSILON;
        is_whole && words.iter().any(|word| texts.iter().any(|text| text.contains(&format!("{number}{word}"))))
    };
    [(1.0, ["s", " second"]), (60.0, ["m", " minute"]), (3600.0, ["h", " hour"]), (86_400.0, ["d", " day"])].iter().any(says)
}

/// The most seconds that a page shows of what a side measures, where that is a time.
fn usual_seconds(side: &Expr, query: &Expression<'_, '_>, context: &Context<'_>) -> Option<f64> {
    if !context.world.has_pages || measured(side, query, context.world) != Some(Quantity::Seconds) {
        return None;
    }
    let (Some(Value::Vector(points)), _) = evaluate(side, context.world, Targets::One) else { return None };
    points.iter().map(|point| point.value).reduce(f64::max).filter(|most| *most > 0.0)
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// The gauge of bytes that a side is, or is foreseen to be, and by what it is divided.
fn bytes(side: &Expr) -> Option<(&Selector, f64)> {
    let (selector, by) = match &innermost(side).kind {
        ExprKind::Selector(selector) => (selector, 1.0),
        ExprKind::Call { function, arguments } if function.text == "predict_linear" || function.text.ends_with("_over_time") => {
            match &without_parens(arguments.first()?).kind {
                ExprKind::Range { selector, .. } if !function.text.starts_with("count") => (selector, 1.0),
                _ => return None,
            }
        }
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div => {
            let (selector, by) = bytes(&binary.left)?;
            (selector, by * constant(&binary.right)?)
        }
        _ => return None,
    };
    selector.metric_name().filter(|name| name.ends_with("_bytes"))?;
    Some((selector, by))
}

/// The memory that a side measures, and by what it is divided.
fn memory(side: &Expr) -> Option<(&str, f64)> {
    match &without_parens(side).kind {
        ExprKind::Selector(selector) => selector.metric_name().filter(|name| is_memory(name)).map(|name| (name, 1.0)),
        ExprKind::Range { selector, .. } => selector.metric_name().filter(|name| is_memory(name)).map(|name| (name, 1.0)),
        ExprKind::Aggregate(aggregate) => {
            let keeps = matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg);
            memory(&aggregate.expr).filter(|_| keeps)
        }
        ExprKind::Call { function, arguments } => {
            let keeps = matches!(function.text.as_str(), "avg_over_time" | "max_over_time" | "min_over_time" | "last_over_time");
            memory(arguments.first()?).filter(|_| keeps)
        }
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div => {
            let by = constant(&binary.right).filter(|by| *by > 0.0)?;
            memory(&binary.left).map(|(name, before)| (name, before * by))
        }
        _ => None,
    }
}

/// Whether a metric is the memory that a process has or uses, which is never next to nothing.
fn is_memory(name: &str) -> bool {
    const MEMORY: &[&str] = &[
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "jvm_memory_committed_bytes",
        "jvm_memory_max_bytes",
        "jvm_memory_used_bytes",
        "go_memstats_sys_bytes",
        "go_memstats_heap_sys_bytes",
        "go_memstats_alloc_bytes",
        "go_memstats_heap_alloc_bytes",
        "go_memstats_heap_inuse_bytes",
        "container_memory_working_set_bytes",
        "container_memory_usage_bytes",
        "container_memory_rss",
        "node_memory_MemAvailable_bytes",
        "node_memory_MemFree_bytes",
        "node_memory_MemTotal_bytes",
        "nodejs_heap_size_used_bytes",
        "nodejs_heap_size_total_bytes",
    ];
    MEMORY.contains(&name)
}
