//! Configurations of log shippers: Grafana Alloy, Vector and Fluent Bit. Each is seen as components and what they say of one
//! another, so that one look judges all three.

mod alloy;
mod fluent_bit;
mod value;
mod vector;

use super::tables::logs::{self, Key, Kind, Role, Value};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::path::Path;
use crate::source::{MISSING_KEY, Node, Span, UNKNOWN_KEY};

/// A program that ships lines of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shipper {
    /// Grafana Alloy.
    Alloy,
    /// Vector.
    Vector,
    /// Fluent Bit.
    FluentBit,
}

/// A component: what brings, changes or takes lines.
#[derive(Debug)]
pub struct Component<'a> {
    /// As others name it: its id, or the tag of what an input of Fluent Bit brings.
    pub id: String,
    /// Its type; "" where it is not written.
    pub kind: &'a str,
    /// Where its type is written.
    pub kind_span: Span,
    /// Where its name is written.
    pub span: Span,
    /// Its settings.
    pub body: &'a Node,
    /// Where it stands in the flow.
    pub role: Role,
    /// Its path in the document.
    pub path: String,
}

/// Which way lines flow between a component and one that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the one that is named.
    To,
    /// From the one that is named.
    From,
}

/// A component that another names.
#[derive(Debug)]
pub struct Reference {
    /// The component that says so, as its place in the list.
    pub by: usize,
    /// What is named.
    pub name: String,
    /// Where.
    pub span: Span,
    /// The path of where.
    pub path: String,
    /// Which way lines flow.
    pub flow: Flow,
}

/// A configuration of a log shipper.
#[derive(Debug)]
pub struct LogPipeline<'a> {
    /// Whose it is.
    pub shipper: Shipper,
    /// The whole document.
    pub root: &'a Node,
    /// Its components.
    pub components: Vec<Component<'a>>,
    /// What they say of one another.
    pub references: Vec<Reference>,
    /// Whether components may be made that cannot be seen here.
    pub open: bool,
}

impl Shipper {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alloy => "Alloy",
            Self::Vector => "Vector",
            Self::FluentBit => "Fluent Bit",
        }
    }

    /// The known types of its components.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Alloy => logs::ALLOY,
            Self::Vector => logs::VECTOR,
            Self::FluentBit => logs::FLUENT_BIT,
        }
    }

    /// Whether what a reference names is this component.
    pub fn is_named(self, name: &str, component: &Component<'_>) -> bool {
        match self {
            // `loki.write.default.receiver` is something that the component exports.
            Self::Alloy => name.strip_prefix(component.id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
            // `routes.errors` is one output of a component, and `parse_*` is several.
            Self::Vector => {
                let whole = name.split('.').next().unwrap_or(name);
                fits(name, &component.id) || fits(whole, &component.id)
            }
            Self::FluentBit => component.role == Role::Source && (fits(name, &component.id) || fits(&component.id, name)),
        }
    }
}

/// Whether a pattern with `*` for any text fits a text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whose configuration a document is, if it is one.
pub(super) fn shipper_of(root: &Node) -> Option<Shipper> {
    if alloy::looks_like(root) {
        Some(Shipper::Alloy)
    } else if vector::looks_like(root) {
        Some(Shipper::Vector)
    } else {
        fluent_bit::looks_like(root).then_some(Shipper::FluentBit)
    }
}

/// Whether a text that is no YAML or JSON is in the syntax of Alloy: it begins with a block that has a dotted name.
pub fn looks_like_alloy(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let Some((name, rest)) = lines.next().and_then(|line| line.split_once(' ')) else { return false };
    let is_name = name.contains('.') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_'));
    is_name && rest.starts_with('"') && rest.trim_end().ends_with('{')
}

/// Views a document; what the shipper would reject about its keys is reported.
pub fn view<'a>(root: &'a Node, shipper: Shipper, diagnostics: &mut Vec<Diagnostic>) -> LogPipeline<'a> {
    match shipper {
        Shipper::Alloy => alloy::view(root, diagnostics),
        Shipper::Vector => vector::view(root, diagnostics),
        Shipper::FluentBit => fluent_bit::view(root, diagnostics),
    }
}

/// Compares the keys of a component, or of a block, with those of its type, and what they hold.
fn check(
    shipper: Shipper,
    (body, at): (&Node, Span),
    kind: &Kind,
    common: &'static [Key],
    path: &Path<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let known = || kind.keys.iter().chain(common);
    for (name, key, value) in body.entries().filter(|_| !kind.keys.is_empty()) {
        let written = name.to_lowercase();
        if let Some((_, holds)) = known().find(|(known, _)| is_key(known, &written)) {
            if let Some(diagnostic) = value::judge(shipper, value, *holds) {
                diagnostics.push(diagnostic.path(path.key(name).to_string()));
            }
            continue;
        }
        let names = known().map(|(name, _)| *name).chain(kind.blocks.iter().map(|block| block.name));
        if let Some(meant) = did_you_mean(&written, names).filter(|meant| *meant != written) {
            let message = format!("`{name}` is not a key of `{}`", kind.name);
            let diagnostic = Diagnostic::error(UNKNOWN_KEY, key.span, message).help(format!("did you mean `{meant}`?"));
            diagnostics.push(diagnostic.path(path.to_string()));
        }
    }
    let has = |key: &str| body.entries().any(|(name, _, value)| name.eq_ignore_ascii_case(key) && !value.is_null());
    for keys in kind.required.iter().filter(|keys| !keys.iter().any(|key| has(key))) {
        let message = format!("`{}` needs `{}`", kind.name, keys.join("` or `"));
        let diagnostic = Diagnostic::error(MISSING_KEY, at, message).help(format!("add `{}`", keys[0]));
        diagnostics.push(diagnostic.path(path.to_string()));
    }
}

/// Whether a key of a table is the one that is written.
fn is_key(known: &str, written: &str) -> bool {
    known.strip_suffix('*').map_or(known == written, |beginning| written.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_fit_what_they_say() {
        for (pattern, text, expected) in [
            ("app", "app", true),
            ("app", "apps", false),
            ("*", "", true),
            ("app.*", "app.a.b", true),
            ("app.*.log", "app.x.log", true),
            ("app.*.log", "app.log", false),
            ("a*b*c", "aXbXbc", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
