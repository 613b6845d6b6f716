//! One `PromQL` expression of the inputs: where it is, what it was parsed to, and its parts with their places.

pub(in crate::lint) mod calendar;
pub(in crate::lint) mod comparison;
pub(in crate::lint) mod expression;
pub(in crate::lint) mod growth;
pub(in crate::lint) mod interval;
pub(in crate::lint) mod likeness;
pub(in crate::lint) mod named;
pub(in crate::lint) mod order;
pub(in crate::lint) mod outcome;
pub(in crate::lint) mod parts;
pub mod shape;
pub(in crate::lint) mod share;
pub(in crate::lint) mod unit;
pub(in crate::lint) mod when;
pub(in crate::lint) mod whole;
pub(in crate::lint) mod written;

use std::ops::Range;
use std::sync::OnceLock;

use crate::diagnostic::Fix;
use crate::formats::dashboard::{Dashboard, Panel, Target};
use crate::formats::rule_file::{Rule, RuleFile};
use crate::lint::query::parts::{Parts, Use};
use crate::lint::query::written::{Purpose, Written};
use crate::lint::words::anchored::full_match;
use crate::logql;
use crate::promql::ast::{BinaryOp, Expr, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::grafana::{self, Variable};
use crate::promql::walk::visit;
use crate::promql::{self, ParseError};
use crate::source::{Node, Span, encode, text_map};

/// What an expression belongs to.
#[derive(Clone, Copy)]
pub enum Origin<'a> {
    /// A rule.
    Rule {
        /// The file it is in.
        file: &'a RuleFile<'a>,
        /// The rule.
        rule: &'a Rule<'a>,
    },
    /// A query of a panel.
    #[allow(dead_code, reason = "what a rule may ask, whether or not one does yet")]
    Target {
        /// The dashboard it is in.
        dashboard: &'a Dashboard<'a>,
        /// The panel.
        panel: &'a Panel<'a>,
        /// The query.
        target: &'a Target<'a>,
    },
    /// An expression that a manifest brings, or that marks moments in a dashboard.
    Written(&'a Written<'a>),
}

/// What stands in a manifest's own panels for the choice of jobs and instances, and matchers of the same length.
pub(in crate::lint) const SELECTOR: &str = "$selector";
const ANY_JOB: &str = "job=~\".+\"";

/// An expression.
pub struct Query<'a> {
    /// Where it is written.
    pub node: &'a Node,
    /// What it belongs to.
    pub origin: Origin<'a>,
    /// The tree, where the text is `PromQL`.
    pub expr: Option<Expr>,
    /// What is wrong with the text as `PromQL`.
    pub errors: Vec<ParseError>,
    /// Grafana's variables in it; they were replaced by something of the same length.
    pub variables: Vec<Variable>,
    file_text: &'a str,
    places: OnceLock<text_map::Map>,
}

impl<'a> Query<'a> {
    /// Parses the expression of a rule.
    pub fn of_rule(file: &'a RuleFile<'a>, rule: &'a Rule<'a>, file_text: &'a str) -> Option<Self> {
        let node = rule.expr?;
        let text = node.as_str()?;
        // VictoriaMetrics evaluates groups of other languages as well.
        let language = file.groups.get(rule.place.0).and_then(|group| group.node.get("type")?.as_str());
        let foreign = language.is_some_and(|language| language != "prometheus");
        let (expr, errors) = if foreign { (None, Vec::new()) } else { parse(text) };
        Some(Self { node, origin: Origin::Rule { file, rule }, expr, errors, variables: Vec::new(), file_text, places: OnceLock::new() })
    }

    /// Parses the query of a panel, with Grafana's variables replaced.
    pub fn of_target(dashboard: &'a Dashboard<'a>, panel: &'a Panel<'a>, target: &'a Target<'a>, file_text: &'a str) -> Option<Self> {
        let node = target.expr?;
        let replaced = grafana::substitute(node.as_str()?);
        let foreign = [target.datasource, panel.datasource].into_iter().flatten().next().is_some_and(is_foreign);
        // What the value of a variable makes of its arguments is not known.
        let unknown = foreign || grafana::calls_a_variable(node.as_str()?, &replaced.variables);
        let (expr, errors) = if unknown { (None, Vec::new()) } else { parse(&replaced.text) };
        Some(Self {
            node,
            origin: Origin::Target { dashboard, panel, target },
            expr,
            errors,
            variables: replaced.variables,
            file_text,
            places: OnceLock::new(),
        })
    }

    /// Parses an expression of a manifest or an annotation, with Grafana's variables replaced; `None` for what is no `PromQL`.
    pub fn of_written(written: &'a Written<'a>, file_text: &'a str) -> Option<Self> {
        let text = written.node.as_str()?;
        let replaced = grafana::substitute(&text.replace(SELECTOR, ANY_JOB));
        if grafana::calls_a_variable(text, &replaced.variables) {
            return None;
        }
        let (expr, errors) = parse(&replaced.text);
        let mut variables = replaced.variables;
        variables.extend(text.match_indices(SELECTOR).map(|(at, _)| Variable {
            name: SELECTOR[1..].to_owned(),
            range: at..at + SELECTOR.len(),
            context: grafana::Context::InString,
        }));
        expr.is_some().then(|| Self {
            node: written.node,
            origin: Origin::Written(written),
            expr,
            errors,
            variables,
            file_text,
            places: OnceLock::new(),
        })
    }

    /// The place in the file of a range of the parsed text.
    pub fn span(&self, range: &Range<usize>) -> Span {
        self.places.get_or_init(|| text_map::Map::new(self.file_text, self.node)).span(range.clone())
    }

    /// A mend that puts a text in place of a range of the parsed text, written as the expression is; `None` where that is not
    /// sure to be safe.
    pub fn fix(&self, range: &Range<usize>, replacement: &str) -> Option<Fix> {
        let replacement = encode(self.file_text, self.node, replacement)?;
        Some(Fix { span: self.span(range), replacement })
    }

    /// The path of the expression in its document.
    pub fn path(&self) -> String {
        match self.origin {
            Origin::Rule { file, rule } => file.path(rule, "expr"),
            Origin::Target { target, .. } => format!("{}.expr", target.path),
            Origin::Written(written) => written.path.clone(),
        }
    }

    /// The rule, where it is one; an alert of a manifest is one, too.
    pub fn rule(&self) -> Option<&'a Rule<'a>> {
        match self.origin {
            Origin::Rule { rule, .. } => Some(rule),
            Origin::Target { .. } => None,
            Origin::Written(written) => written.rule.as_ref(),
        }
    }

    /// Whether it stands in a manifest.
    pub fn is_written(&self) -> bool {
        matches!(self.origin, Origin::Written(_))
    }

    /// The rule, where it alerts.
    pub fn alerting_rule(&self) -> Option<&'a Rule<'a>> {
        self.rule().filter(|rule| rule.is_alert())
    }

    /// The panel, where it is one.
    pub fn panel(&self) -> Option<&'a Panel<'a>> {
        match self.origin {
            Origin::Target { panel, .. } => Some(panel),
            Origin::Rule { .. } | Origin::Written(_) => None,
        }
    }

    /// Whether a panel draws it.
    pub fn is_of(&self, panel: &Panel<'_>) -> bool {
        self.panel().is_some_and(|own| std::ptr::eq(own, panel))
    }

    /// Whether it is the condition of an alert, of a rule or of a manifest.
    pub fn is_alert(&self) -> bool {
        match self.origin {
            Origin::Rule { rule, .. } => rule.is_alert(),
            Origin::Target { .. } => false,
            Origin::Written(written) => written.purpose == Purpose::Alert,
        }
    }

    /// Whether it is drawn over time.
    pub fn is_graph(&self) -> bool {
        match self.origin {
            Origin::Rule { .. } => false,
            Origin::Target { panel, .. } => matches!(panel.kind, "timeseries" | "graph"),
            Origin::Written(written) => written.purpose == Purpose::Panel,
        }
    }

    /// The name of the rule, or the title of the panel.
    pub fn name(&self) -> &'a str {
        match self.origin {
            Origin::Rule { rule, .. } => rule.name(),
            Origin::Target { panel, .. } => panel.title,
            Origin::Written(written) => written.name,
        }
    }

    /// Every selector with what stands around it.
    pub fn selectors(&self) -> Vec<Use<'_>> {
        self.expr.as_ref().map(Parts::of).unwrap_or_default().selectors
    }

    /// Whether a variable stands in an expression elsewhere than in a window or in what a label is compared with.
    pub fn is_built_of_variables(&self, expr: &Expr) -> bool {
        if self.variables.is_empty() {
            return false;
        }
        let mut apart = Vec::new();
        visit(expr, &mut |node| {
            if let ExprKind::Selector(selector) | ExprKind::Range { selector, .. } = &node.kind {
                apart.extend(selector.matchers.iter().filter(|m| m.label.text != "__name__").map(|matcher| matcher.value_range.clone()));
            }
            if let ExprKind::Range { range, .. } = &node.kind {
                apart.push(range.range.clone());
            }
        });
        // What was put in place of a variable may be shorter, with blanks behind it.
        let inside =
            |variable: &Variable| apart.iter().any(|place| place.start <= variable.range.start && variable.range.start < place.end);
        let overlaps = |variable: &&Variable| variable.range.start < expr.range.end && expr.range.start < variable.range.end;
        self.variables.iter().filter(overlaps).any(|variable| !inside(variable))
    }

    /// Whether a variable stands in a range of the parsed text, so that nothing can be said of it.
    pub fn is_variable(&self, range: &Range<usize>) -> bool {
        self.variables.iter().any(|variable| variable.range.start < range.end && range.start < variable.range.end)
    }

    /// Whether the name of a selector's metric is a variable, or missing.
    pub fn is_variable_metric(&self, selector: &Selector) -> bool {
        let place = selector.metric.as_ref().map(|metric| &metric.range);
        let place = place.or_else(|| selector.matchers.iter().find(|m| m.label.text == "__name__").map(|m| &m.value_range));
        place.is_none_or(|range| self.is_variable(range))
    }
}

/// Whether a data source is known to be something else than Prometheus.
fn is_foreign(datasource: &Node) -> bool {
    let kind = datasource.get("type").and_then(Node::as_str).unwrap_or("");
    let uid = datasource.get("uid").and_then(Node::as_str).or_else(|| datasource.as_str()).unwrap_or("");
    if kind.is_empty() {
        return uid.to_lowercase().contains("loki");
    }
    !matches!(kind, "prometheus" | "datasource" | "grafana-amazonprometheus-datasource")
        && !kind.contains('$')
        && !kind.contains("prometheus")
}

/// Functions of LogQL alone.
const OF_LOGQL: &[&str] = &["bytes_over_time(", "bytes_rate(", "rate_counter("];

fn parse(text: &str) -> (Option<Expr>, Vec<ParseError>) {
    // Rule files and panels of Loki look like those of Prometheus.
    if logql::looks_like(text) {
        return (None, Vec::new());
    }
    let parsed = promql::parse_all(text, &promql::Options::all());
    if parsed.errors.is_empty() {
        (parsed.expr, Vec::new())
    } else if OF_LOGQL.iter().any(|function| text.contains(function)) {
        (None, Vec::new())
    } else {
        (None, parsed.errors)
    }
}

/// The value of an expression of numbers alone.
pub fn constant(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(number) => Some(number.value),
        ExprKind::Paren(inner) => constant(inner),
        ExprKind::Unary { negative, expr } => constant(expr).map(|value| if *negative { -value } else { value }),
        ExprKind::Binary(binary) => {
            let (left, right) = (constant(&binary.left)?, constant(&binary.right)?);
            match binary.op {
                BinaryOp::Add => Some(left + right),
                BinaryOp::Sub => Some(left - right),
                BinaryOp::Mul => Some(left * right),
                BinaryOp::Div => Some(left / right),
                BinaryOp::Pow => Some(left.powf(right)),
                BinaryOp::Mod => Some(left % right),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a matcher lets a value through; `None` where it cannot be said.
pub fn matches(matcher: &Matcher, value: &str) -> Option<bool> {
    if is_placeholder(&matcher.value) {
        return None;
    }
    match matcher.op {
        MatchOp::Equal => Some(matcher.value == value),
        MatchOp::NotEqual => Some(matcher.value != value),
        MatchOp::Regex => full_match(&matcher.value, value),
        MatchOp::NotRegex => full_match(&matcher.value, value).map(|found| !found),
    }
}

/// The values that a matcher names one by one, where it lets no other through; none where there are many or they cannot be told.
pub fn named_values(matcher: &Matcher) -> Vec<String> {
    match matcher.op {
        MatchOp::Equal if !matcher.value.is_empty() => vec![matcher.value.clone()],
        MatchOp::Regex if is_plain_text(&matcher.value) => vec![matcher.value.clone()],
        MatchOp::Regex if matcher.value.contains('|') => {
            if is_placeholder(&matcher.value) {
                return Vec::new();
            }
            let Ok(pattern) = regex_syntax::parse(&matcher.value) else { return Vec::new() };
            let mut extractor = regex_syntax::hir::literal::Extractor::new();
            let words = extractor.limit_total(64).extract(&pattern);
            let exact = words.is_exact() && words.is_finite();
            let words = words.literals().filter(|_| exact).unwrap_or_default();
            words.iter().filter_map(|word| String::from_utf8(word.as_bytes().to_vec()).ok()).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a pattern matches its own text and nothing else.
fn is_plain_text(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b':' | b' '))
}

/// Whether a selector compares a label with a fixed value that is not empty.
pub fn pins(selector: &Selector, label: &str) -> bool {
    selector.matchers.iter().any(|m| m.label.text == label && m.op == MatchOp::Equal && !m.value.is_empty())
}

/// The job that a selector names, and no other.
pub fn named_job(selector: &Selector) -> Option<&str> {
    let mut jobs = selector.matchers.iter().filter(|matcher| matcher.label.text == "job");
    match (jobs.next(), jobs.next()) {
        (Some(Matcher { op: MatchOp::Equal, value, .. }), None) if !is_placeholder(value) => Some(value),
        _ => None,
    }
}

/// Whether a selector may read series of a job, as far as its matchers tell.
pub fn may_read(selector: &Selector, job: &str) -> bool {
    let mut asked = selector.matchers.iter().filter(|matcher| matcher.label.text == "job");
    asked.all(|matcher| matches(matcher, job) != Some(false))
}

/// The values of `job` that a selector asks for, or leaves out.
pub fn named_jobs(selector: &Selector) -> impl Iterator<Item = String> {
    selector.matchers.iter().filter(|matcher| matcher.label.text == "job").flat_map(named_values)
}

/// Whether a string holds one of Grafana's variables; a `$` that ends a regular expression is none.
pub fn is_placeholder(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = |at: usize| match (bytes[at], bytes.get(at + 1)) {
        (b'$', Some(next)) => next.is_ascii_alphabetic() || matches!(next, b'_' | b'{'),
        (b'[', Some(b'[')) => !text.contains("[[:"),
        _ => false,
    };
    memchr::memchr2_iter(b'$', b'[', bytes).any(begins)
}
