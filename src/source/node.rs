//! The located tree that every file is read into, YAML and JSON alike.
//!
//! A scalar keeps its text as written and the style it was written in; what it means is decided by
//! whoever reads it, as Prometheus does: go-yaml v3 takes `yes` for a boolean only where a boolean is
//! expected, keeps `012` and `2024-01-01` as they stand where a string is, and reads null as "".

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::text::Span;

/// One value of a document and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// From the first to the last character of the value, quotes and brackets included. The range of a
    /// block scalar starts at the first character of its content, behind the indentation.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of value.
#[derive(Clone, Debug, Hash)]
pub enum NodeKind {
    /// Text in one of the styles of YAML.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values, in the order written, without duplicates.
    Mapping(Vec<(Node, Node)>),
}

/// A scalar: text and how it was written.
#[derive(Clone, Debug)]
pub struct Scalar {
    text: Text,
    /// How it was written.
    pub style: Style,
    /// Whether it carries `!!str`, which makes a plain scalar a string.
    pub tagged_string: bool,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    Single,
    /// `"…"` in YAML.
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `"…"` in JSON.
    Json,
    /// The name of a block, with its label, in the syntax of Grafana Alloy.
    Header,
}

impl Style {
    /// The length of what stands before the text: a quote, or nothing.
    pub(super) fn mark(self) -> usize {
        usize::from(matches!(self, Self::Single | Self::Double | Self::Json))
    }
}

/// The text of a source. Whoever reads one has a handle of their own, lest threads wait for each other to count what they share.
pub(super) type Paper = Arc<Arc<str>>;

/// Decoded text: a piece of the source where nothing had to be decoded, which is nearly always.
#[derive(Clone, Debug)]
enum Text {
    Slice { paper: Paper, start: u32, end: u32 },
    Owned(Box<str>),
}

/// What it says, wherever it stands.
impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}

/// What it says: what it can mean is a question of its text and of whether it is plain.
impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.text(), self.is_plain()).hash(state);
    }
}

impl Scalar {
    /// A scalar whose decoded text is `range` of the source.
    pub(super) fn slice(paper: &Paper, range: std::ops::Range<usize>, style: Style) -> Self {
        let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            text: Text::Slice { paper: Arc::clone(paper), start: offset(range.start), end: offset(range.end) },
            style,
            tagged_string: false,
        }
    }

    /// A scalar whose decoded text differs from what was written.
    pub(super) fn owned(text: impl Into<Box<str>>, style: Style) -> Self {
        Self { text: Text::Owned(text.into()), style, tagged_string: false }
    }

    /// The decoded text; "" for an empty value, but `null` and `~` as written.
    pub fn text(&self) -> &str {
        match &self.text {
            Text::Slice { paper, start, end } => &paper[*start as usize..*end as usize],
            Text::Owned(text) => text,
        }
    }

    /// Whether its text is a piece of the source.
    pub(super) fn is_slice(&self) -> bool {
        matches!(self.text, Text::Slice { .. })
    }

    fn length(&self) -> usize {
        match &self.text {
            Text::Slice { start, end, .. } => (end - start) as usize,
            Text::Owned(text) => text.len(),
        }
    }

    /// Whether it can mean anything but a string.
    fn is_plain(&self) -> bool {
        self.style == Style::Plain && !self.tagged_string
    }
}

impl Node {
    /// The values of a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping, in the order written.
    pub fn as_mapping(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            NodeKind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The scalar, where it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The value of a key, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The text that stands under a key, and where it stands.
    pub fn get_str(&self, key: &str) -> Option<(&Node, &str)> {
        self.get(key).and_then(Node::with_str)
    }

    /// What stands at the end of a way of keys, each in what stands under the one before.
    pub fn at<'k>(&self, way: impl IntoIterator<Item = &'k str>) -> Option<&Node> {
        way.into_iter().try_fold(self, |node, key| node.get(key))
    }

    /// The key and the value of an entry.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        self.as_mapping()?.iter().find(|(k, _)| k.as_scalar().is_some_and(|s| s.text() == key)).map(|(k, v)| (k, v))
    }

    /// Entries whose key is a scalar: its text, the key, the value. Nothing where this is no mapping.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node, &Node)> {
        self.as_mapping().unwrap_or_default().iter().filter_map(|(key, value)| Some((key.as_scalar()?.text(), key, value)))
    }

    /// The items of a list; nothing where this is no list.
    pub fn items(&self) -> impl Iterator<Item = &Node> {
        self.as_sequence().unwrap_or_default().iter()
    }

    /// The items of the list under a key; nothing where there is none.
    pub fn items_of<'n>(&'n self, key: &str) -> impl Iterator<Item = &'n Node> + use<'n> {
        self.get(key).and_then(Node::as_sequence).unwrap_or_default().iter()
    }

    /// The entries of the mapping under a key, as [`Node::entries`] gives them; nothing where there is none.
    pub fn entries_of<'n>(&'n self, key: &str) -> impl Iterator<Item = (&'n str, &'n Node, &'n Node)> + use<'n> {
        self.get(key).into_iter().flat_map(Node::entries)
    }

    /// Whether it is `null`, `~` or nothing at all.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|s| s.is_plain() && s.length() <= 4 && matches!(s.text(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// This and its text, where it has one: what is said of the text is said at its place.
    pub fn with_str(&self) -> Option<(&Node, &str)> {
        self.as_str().map(|text| (self, text))
    }

    /// The text of a scalar as Prometheus puts it into a string: as written, null as "".
    pub fn as_str(&self) -> Option<&str> {
        if self.is_null() { Some("") } else { self.as_scalar().map(Scalar::text) }
    }

    /// The value where a boolean is expected.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_scalar().filter(|s| s.is_plain())?.text() {
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => Some(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => Some(false),
            _ => None,
        }
    }

    /// The value where a whole number is expected.
    pub fn as_i64(&self) -> Option<i64> {
        let text = self.as_scalar().filter(|s| s.is_plain())?.text();
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if !digits.as_bytes().first()?.is_ascii_digit() {
            return None;
        }
        let digits = digits.replace('_', "");
        let (radix, digits) = match digits.get(..2) {
            Some("0x" | "0X") => (16, &digits[2..]),
            Some("0o") => (8, &digits[2..]),
            Some("0b") => (2, &digits[2..]),
            // YAML 1.1 octal, which go-yaml still reads.
            Some(two) if two.starts_with('0') && digits[1..].bytes().all(|b| (b'0'..=b'7').contains(&b)) => (8, &digits[1..]),
            _ => (10, digits.as_str()),
        };
        let value = i128::from_str_radix(digits, radix).ok()?;
        i64::try_from(if negative { -value } else { value }).ok()
    }

    /// The value where a number is expected.
    #[expect(clippy::cast_precision_loss, reason = "a float is what was asked for")]
    pub fn as_f64(&self) -> Option<f64> {
        let text = self.as_scalar().filter(|s| s.is_plain())?.text();
        if let Some(whole) = self.as_i64() {
            return Some(whole as f64);
        }
        match text {
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
            ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
            // Rust would take `inf` and `nan` as well, which YAML does not.
            _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-._eE".contains(&b)) => text.replace('_', "").parse().ok(),
            _ => None,
        }
    }

    /// The scalar that stands at a place, of this node and all below it.
    pub fn find(&self, place: Span) -> Option<&Node> {
        match &self.kind {
            NodeKind::Scalar(_) => Some(self).filter(|scalar| scalar.span == place),
            NodeKind::Sequence(items) => items.iter().find_map(|item| item.find(place)),
            NodeKind::Mapping(entries) => entries.iter().find_map(|(key, value)| key.find(place).or_else(|| value.find(place))),
        }
    }

    /// What it is, in words for a message: "a list", "nothing", `` `abc` ``.
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Sequence(_) => "a list".to_owned(),
            NodeKind::Mapping(_) => "a mapping".to_owned(),
            NodeKind::Scalar(_) if self.is_null() => "nothing".to_owned(),
            NodeKind::Scalar(scalar) => {
                let text = scalar.text();
                let mut short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
                if text.chars().nth(40).is_some() {
                    short.push('…');
                }
                format!("`{short}`")
            }
        }
    }

    /// Leaves nothing in the list or mapping of a key, which keeps its place.
    pub fn clear(&mut self, key: &str) {
        let NodeKind::Mapping(entries) = &mut self.kind else { return };
        let is_it = |name: &Self| name.as_scalar().is_some_and(|scalar| scalar.text() == key);
        for (_, value) in entries.iter_mut().filter(|(name, _)| is_it(name)) {
            match &mut value.kind {
                NodeKind::Sequence(items) => *items = Vec::new(),
                NodeKind::Mapping(inner) => *inner = Vec::new(),
                NodeKind::Scalar(_) => {}
            }
        }
    }

    /// How many levels lie below and including this one.
    pub(super) fn depth(&self) -> usize {
        1 + match &self.kind {
            NodeKind::Scalar(_) => 0,
            NodeKind::Sequence(items) => items.iter().map(Self::depth).max().unwrap_or(0),
            NodeKind::Mapping(entries) => entries.iter().map(|(k, v)| k.depth().max(v.depth())).max().unwrap_or(0),
        }
    }

    /// A copy, as long as `budget` nodes are not used up.
    pub(super) fn copy(&self, budget: &mut usize) -> Option<Self> {
        *budget = budget.checked_sub(1)?;
        let kind = match &self.kind {
            NodeKind::Scalar(scalar) => NodeKind::Scalar(scalar.clone()),
            NodeKind::Sequence(items) => NodeKind::Sequence(items.iter().map(|n| n.copy(budget)).collect::<Option<_>>()?),
            NodeKind::Mapping(entries) => {
                NodeKind::Mapping(entries.iter().map(|(k, v)| Some((k.copy(budget)?, v.copy(budget)?))).collect::<Option<_>>()?)
            }
        };
        Some(Self { span: self.span, kind })
    }
}
