//! Reading back: what was rendered is read again by readers that had no part in writing it.
//!
//! A slip in a template is found here and not by the program that loads the file: our own located reader and
//! `serde_yaml` read the YAML files, `serde_json` the JSON files, our parser and `promql-parser` the expressions, and our reader of
//! LogQL those of Loki's rules.
//!
//! The files of a fleet are alike. Of files that differ only inside quoted text, which is JSON whoever reads it, the readers
//! judge one; of expressions that differ only in literals, `promql-parser` judges one; our own parser judges them all. Of services
//! whose files differ only in the service's name, one is judged, by the readers and by lint.

use std::collections::HashSet;
use std::fmt;
use std::sync::Mutex;

use serde::de::IgnoredAny;

use super::{File, Share};
use crate::logql::{self, Gives};
use crate::parallel;
use crate::promql::ast::ExprKind;
use crate::promql::{self, Expr, Options, walk};
use crate::source::{self, Fingerprint, Node, SourceMap};

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

/// The shapes that were judged: of shares by their files without the service's name, of files by their text, as it
/// is outside quotes, and of expressions.
#[derive(Default)]
pub struct Judged {
    shares: Mutex<HashSet<Fingerprint>>,
    files: Mutex<HashSet<Fingerprint>>,
    expressions: Mutex<HashSet<String>>,
}

/// Reads every file again that these readers know; the first that cannot be read is an error.
pub fn check(files: &[File], judged: &Judged) -> Result<(), ReadBackError> {
    let documents: Vec<&File> = files.iter().filter(|file| is_document(&file.path)).collect();
    parallel::map(&documents, |file| one(file, judged)).into_iter().collect()
}

/// Whether a file is YAML or JSON. Code is its compiler's to judge, and a page its reader's.
pub fn is_document(path: &str) -> bool {
    let extension = std::path::Path::new(path).extension().and_then(std::ffi::OsStr::to_str);
    extension.is_some_and(|extension| ["yml", "yaml", "json"].contains(&extension))
}

fn one(file: &File, judged: &Judged) -> Result<(), ReadBackError> {
    let failed = |message: String| ReadBackError { path: file.path.clone(), message };
    let is_json = std::path::Path::new(&file.path).extension().is_some_and(|extension| extension == "json");
    let expressions = match Outline::of(&file.text) {
        Some(outline) if !judged.is_new(&outline.fingerprint) => outline.expressions,
        _ => read(file, is_json).map_err(&failed)?,
    };
    let is_lokis = file.path.starts_with(super::loki_rules::FOLDER);
    let judge = |text: &String| {
        let verdict = if is_lokis { of_loki(text) } else { judged.expression(text, is_json) };
        verdict.map_err(|why| failed(format!("`{text}`: {why}")))
    };
    expressions.iter().try_for_each(judge)
}

/// What our reader of LogQL says of an expression in a rule, which compares numbers. There is no second one.
fn of_loki(text: &str) -> Result<(), String> {
    match logql::read(text) {
        Ok(Gives::Numbers) => Ok(()),
        Ok(Gives::Lines) => Err("these are lines, and a rule needs a number".to_owned()),
        Err(error) => Err(error.message),
    }
}

/// Reads a file with both readers; its expressions.
fn read(file: &File, is_json: bool) -> Result<Vec<String>, String> {
    let mut map = SourceMap::default();
    let id = map.add(file.path.as_str(), file.text.as_str());
    let ours = || if is_json { source::read_json(&map, id) } else { source::read_yaml(&map, id) };
    let other = || -> anyhow::Result<IgnoredAny> {
        Ok(if is_json { serde_json::from_str(&file.text)? } else { serde_yaml::from_str(&file.text)? })
    };
    let (second, documents) = parallel::both(other, ours);
    if let Some(finding) = documents.diagnostics.first() {
        return Err(format!("{}: {}", map.place(finding.span), finding.message));
    }
    let Some(root) = documents.roots.first() else { return Err("nothing was rendered".to_owned()) };
    second.map_err(|error| error.to_string())?;
    let mut expressions = Vec::new();
    collect(root, &mut expressions);
    Ok(expressions)
}

/// What a file is but for its quoted text.
struct Outline {
    fingerprint: Fingerprint,
    /// The quoted text under keys `expr`.
    expressions: Vec<String>,
}

impl Outline {
    /// The outline of a text; `None` where a quote does not end on its line, or what it holds is not JSON.
    fn of(text: &str) -> Option<Self> {
        let mut kept = Vec::with_capacity(text.len() / 2);
        let mut expressions = Vec::new();
        let (mut at, mut is_expression) = (0, false);
        while let Some(open) = memchr::memchr(b'"', &text.as_bytes()[at..]).map(|open| at + open) {
            let before = &text[at..open];
            // What begins on a line of its own is a value of YAML; whatever else comes before a value is a key of JSON.
            if let Some(line) = memchr::memrchr(b'\n', before.as_bytes()).map(|at| &before[at + 1..]) {
                is_expression = line.trim_start_matches([' ', '-']) == "expr: ";
            }
            let close = open + quoted_length(&text[open..])?;
            let quoted = &text[open..close];
            // Keys stay: what stands where is the outline.
            let is_key = text.as_bytes().get(close) == Some(&b':');
            kept.extend_from_slice(before.as_bytes());
            kept.extend_from_slice(if is_key { quoted.as_bytes() } else { b"\"\"" });
            if is_expression && !is_key {
                expressions.push(serde_json::from_str(quoted).ok()?);
            }
            is_expression = is_key && quoted == "\"expr\"";
            at = close;
        }
        kept.extend_from_slice(&text.as_bytes()[at..]);
        Some(Self { fingerprint: Fingerprint::of(&kept), expressions })
    }
}

/// How long the quoted text is that a text begins with, both quotes included.
fn quoted_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            0..b' ' => return None,
            _ => at += 1,
        }
    }
}

/// Every text under a key `expr`, at any depth.
fn collect(node: &Node, found: &mut Vec<String>) {
    for (key, _, value) in node.entries() {
        match value.as_str().filter(|_| key == "expr" && value.as_scalar().is_some()) {
            Some(text) => found.push(text.to_owned()),
            None => collect(value, found),
        }
    }
    node.items().for_each(|item| collect(item, found));
}

impl Judged {
    /// What a service's files are but for its name.
    pub fn shape_of(service: &str, files: &[File]) -> Fingerprint {
        let nameless = |text| str::split(text, service).collect::<Vec<_>>();
        let judged = files.iter().filter(|file| is_document(&file.path));
        Fingerprint::of(&judged.map(|file| (nameless(&file.path), nameless(&file.text))).collect::<Vec<_>>())
    }

    /// What the files of a share are, but for the name of the service that it is of.
    pub fn shape(share: Share, files: &[File]) -> Fingerprint {
        share.service().map_or_else(|| Fingerprint::of(&files), |service| Self::shape_of(&service.name, files))
    }

    /// Whether a share of this shape was found sound.
    pub fn is_sound(&self, shape: &Fingerprint) -> bool {
        self.shares.lock().is_ok_and(|known| known.contains(shape))
    }

    /// Notes that a share of this shape was found sound. Of those that were not, each is to be told.
    pub fn found_sound(&self, shape: Fingerprint) {
        if let Ok(mut known) = self.shares.lock() {
            known.insert(shape);
        }
    }

    /// Whether a file is the first of its outline.
    fn is_new(&self, outline: &Fingerprint) -> bool {
        self.files.lock().map_or(true, |mut known| known.insert(outline.clone()))
    }

    fn expression(&self, text: &str, of_a_dashboard: bool) -> Result<(), String> {
        let substituted = of_a_dashboard.then(|| promql::grafana::substitute(text).text);
        let plain = substituted.as_deref().unwrap_or(text);
        let expr = promql::parse(plain, &Options::stock()).map_err(|error| error.message)?;
        let first_of_its_shape = self.expressions.lock().map_or(true, |mut shapes| shapes.insert(shape(&expr)));
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

#[cfg(test)]
mod tests {
    use super::{File, Fingerprint, Judged, Outline};

    fn check(files: &[File]) -> Result<(), super::ReadBackError> {
        super::check(files, &Judged::default())
    }

    fn outline(text: &str) -> Option<Fingerprint> {
        Outline::of(text).map(|outline| outline.fingerprint)
    }

    #[test]
    fn services_that_differ_in_their_name_only_have_one_shape() {
        let shape = |name: &str, text: &str| {
            let file = |path: String, text: &str| File { path, text: text.to_owned() };
            Judged::shape_of(name, &[file(format!("alerts/{name}.yml"), text), file(format!("logs/{name}.alloy"), name)])
        };
        let of_cart = shape("cart", "expr: up{job=\"cart\"}");
        assert_eq!(of_cart, shape("shop", "expr: up{job=\"shop\"}"));
        assert_ne!(of_cart, shape("shop", "expr: up{job=\"cart\"}"), "another's job");
        assert_ne!(of_cart, shape("up", "expr: up{job=\"up\"}"), "a name that says something else too");
        let judged = Judged::default();
        assert!(!judged.is_sound(&of_cart));
        judged.found_sound(of_cart.clone());
        assert!(judged.is_sound(&of_cart));
    }

    #[test]
    fn files_that_differ_in_quoted_text_only_have_one_outline() {
        let text = "- alert: \"A\"\n  expr: \"up{job=\\\"a\\\"} == 0\"\n";
        assert_eq!(outline(text), outline(&text.replace("\\\"a", "\\\"bc")));
        assert_ne!(outline(text), outline(&text.replace("  expr", " expr")));
        assert_ne!(outline("{\"a\": 1}"), outline("{\"b\": 1}"));
        assert_eq!(outline("a: \"not closed\n"), None);
        assert_eq!(Outline::of(text).map(|o| o.expressions), Some(vec!["up{job=\"a\"} == 0".to_owned()]));
        assert_eq!(Outline::of("{\"expr\": \"up\", \"x\": \"y\"}").map(|o| o.expressions), Some(vec!["up".to_owned()]));
    }

    #[test]
    fn an_expression_is_judged_in_a_file_whose_like_was_read_already() {
        let file = |name: &str, expr: &str| File { path: name.to_owned(), text: format!("groups:\n  - expr: \"{expr}\"\n") };
        assert!(check(&[file("a.yml", "up"), file("b.yml", "down")]).is_ok());
        let wrong = check(&[file("a.yml", "up"), file("b.yml", "up ==")]).expect_err("half an expression");
        assert_eq!(wrong.path, "b.yml");
    }

    #[test]
    fn what_loki_evaluates_is_read_as_logql() {
        let rule = |expr: &str| File { path: "loki/rules/fake/a.yml".to_owned(), text: format!("groups:\n  - expr: '{expr}'\n") };
        assert!(check(&[rule("sum(count_over_time({a=\"b\"} |= \"c\" [5m])) > 0")]).is_ok());
        for (expr, message) in [("{a=\"b\"}", "needs a number"), ("sum(count_over_time({a=\"b\"} |= \"c\"))", "a range such as")] {
            let wrong = check(&[rule(expr)]).expect_err(expr);
            assert!(wrong.message.contains(message), "{}", wrong.message);
        }
    }
}
