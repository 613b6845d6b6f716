//! Reading back: what was rendered is read again by readers that had no part in writing it.
//!
//! A slip in a template is found here and not by the program that loads the file: our own located reader and
//! `serde_yaml` read every YAML file, `serde_json` every JSON file, our parser and `promql-parser` every expression.

use std::collections::HashSet;
use std::fmt;
use std::sync::Mutex;

use serde::de::IgnoredAny;

use super::File;
use crate::promql::ast::ExprKind;
use crate::promql::{self, Expr, Options, walk};
use crate::source::{self, Node, SourceMap};

/// A rendered file that one of its readers does not understand. This is a fault of a template, or of obsgen.
#[derive(Debug)]
pub struct ReadBackError {
    /// The file.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ReadBackError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for ReadBackError {}

/// Shapes of expressions that the second reader has judged in this run.
#[derive(Default)]
struct Judged(Mutex<HashSet<String>>);

/// Reads every file again; the first that cannot be read is an error.
pub fn check(files: &[File]) -> Result<(), ReadBackError> {
    let judged = Judged::default();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(files.len()).max(1);
    let chunk = files.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let judged = &judged;
        let handles: Vec<_> =
            files.chunks(chunk).map(|part| scope.spawn(move || part.iter().try_for_each(|file| one(file, judged)))).collect();
        handles.into_iter().try_for_each(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn one(file: &File, judged: &Judged) -> Result<(), ReadBackError> {
    let failed = |message: String| ReadBackError { path: file.path.clone(), message };
    let mut map = SourceMap::default();
    let id = map.add(file.path.as_str(), file.text.as_str());
    let is_json = std::path::Path::new(&file.path).extension().is_some_and(|extension| extension == "json");
    let documents = if is_json { source::read_json(&map, id) } else { source::read_yaml(&map, id) };
    if let Some(finding) = documents.diagnostics.first() {
        return Err(failed(format!("{}: {}", map.place(finding.span), finding.message)));
    }
    let Some(root) = documents.roots.first() else { return Err(failed("nothing was rendered".to_owned())) };
    if is_json {
        serde_json::from_str::<IgnoredAny>(&file.text).map_err(|error| failed(error.to_string()))?;
    } else {
        serde_yaml::from_str::<IgnoredAny>(&file.text).map_err(|error| failed(error.to_string()))?;
    }
    let mut expressions = Vec::new();
    collect(root, &mut expressions);
    expressions.into_iter().try_for_each(|text| judged.expression(text, is_json).map_err(|why| failed(format!("`{text}`: {why}"))))
}

/// Every text under a key `expr`, at any depth.
fn collect<'a>(node: &'a Node, found: &mut Vec<&'a str>) {
    for (key, _, value) in node.entries() {
        match value.as_str().filter(|_| key == "expr" && value.as_scalar().is_some()) {
            Some(text) => found.push(text),
            None => collect(value, found),
        }
    }
    node.items().for_each(|item| collect(item, found));
}

impl Judged {
    fn expression(&self, text: &str, of_a_dashboard: bool) -> Result<(), String> {
        let substituted = of_a_dashboard.then(|| promql::grafana::substitute(text).text);
        let plain = substituted.as_deref().unwrap_or(text);
        let expr = promql::parse(plain, &Options::stock()).map_err(|error| error.message)?;
        let first_of_its_shape = self.0.lock().map_or(true, |mut shapes| shapes.insert(shape(&expr)));
        if first_of_its_shape { second_reader(plain, &expr) } else { Ok(()) }
    }
}

/// An expression with every literal replaced: two of one shape differ in names of services and numbers only.
fn shape(expr: &Expr) -> String {
    let mut shape = String::new();
    walk::visit(expr, &mut |node| {
        let word = match &node.kind {
            ExprKind::Number(_) => "n",
            ExprKind::String(_) => "s",
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
                for matcher in &selector.matchers {
                    shape.push_str(&format!("{}{},", matcher.label.text, matcher.op.symbol()));
                }
                "v"
            }
            ExprKind::Subquery { .. } => "q",
            ExprKind::Call { function, .. } => &function.text,
            ExprKind::Aggregate(_) => "a",
            ExprKind::Binary(_) => "b",
            ExprKind::Unary { .. } => "u",
            ExprKind::Paren(_) => "p",
        };
        shape.push_str(word);
        shape.push(';');
    });
    shape
}

/// What `promql-parser` says. It lacks what is newer than its grammar, so only what the manifest itself brought may fail
/// there and no more than the known differences do; it panics on some numbers, which `catch_unwind` stops.
fn second_reader(text: &str, expr: &Expr) -> Result<(), String> {
    if !is_known_to(expr) {
        return Ok(());
    }
    let verdict = std::panic::catch_unwind(|| promql_parser::parser::parse(text).map(drop));
    match verdict {
        Ok(Ok(())) => Ok(()),
        Ok(Err(message)) => Err(format!("the second reader says: {message}")),
        Err(_) => Err("the second reader could not cope".to_owned()),
    }
}

/// Whether an expression has nothing in it that `promql-parser` 0.11 is known to read differently: raw strings, trim
/// operators, duration expressions, large numbers, and regular expressions of a size or syntax of Go's own.
fn is_known_to(expr: &Expr) -> bool {
    let mut known = true;
    walk::visit(expr, &mut |node| {
        use crate::promql::ast::{BinaryOp, DurationKind, MatchOp};
        let plain = |duration: &promql::ast::DurationExpr| matches!(duration.kind, DurationKind::Millis(ms) if ms > 0);
        known &= match &node.kind {
            ExprKind::Number(number) => !number.duration && number.value.abs() < 1e15,
            ExprKind::Selector(s) => s.extend.is_none() && s.offset.as_ref().is_none_or(plain),
            ExprKind::Range { selector, range, extend, .. } => {
                extend.is_none() && plain(range) && selector.offset.as_ref().is_none_or(plain)
            }
            ExprKind::Subquery { range, step, offset, .. } => plain(range) && [step, offset].into_iter().flatten().all(plain),
            ExprKind::Binary(binary) => {
                !matches!(binary.op, BinaryOp::TrimUpper | BinaryOp::TrimLower)
                    && binary.matching.as_ref().is_none_or(|m| m.fill_left.is_none() && m.fill_right.is_none())
            }
            _ => true,
        };
        if let ExprKind::Selector(selector) | ExprKind::Range { selector, .. } = &node.kind {
            let regexes = || selector.matchers.iter().filter(|m| matches!(m.op, MatchOp::Regex | MatchOp::NotRegex));
            known &= regexes().all(|m| m.value.len() < 1000 && regex::Regex::new(&m.value).is_ok());
        }
    });
    known
}
