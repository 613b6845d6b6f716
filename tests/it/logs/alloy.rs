//! Enough of Alloy's syntax to judge a rendered configuration: blocks, attributes, literals and references
//! (`docs/sources/get-started/configuration-syntax` of Grafana Alloy).

use std::collections::{BTreeMap, BTreeSet};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
    /// `loki.write.name.receiver`
    Reference(String),
}

/// A block: its name, its label, its attributes and the blocks in it.
#[derive(Debug, Default)]
pub struct Block {
    pub name: String,
    pub label: Option<String>,
    pub attributes: BTreeMap<String, Value>,
    pub blocks: Vec<Block>,
}

impl Block {
    pub fn named(&self, name: &str) -> Vec<&Self> {
        self.blocks.iter().filter(|block| block.name == name).collect()
    }

    pub fn text(&self, name: &str) -> &str {
        match self.attributes.get(name) {
            Some(Value::Text(text)) => text,
            other => panic!("{}: {name} is {other:?}", self.name),
        }
    }
}

/// Reads a file; `Err` says where it cannot be read.
pub fn read(text: &str) -> Result<Block, String> {
    let mut reader = Reader { rest: text };
    let body = reader.body()?;
    reader.blanks(true);
    if reader.rest.is_empty() { Ok(body) } else { Err(reader.here("the end")) }
}

/// What references of components name that there is not.
pub fn dangling(file: &Block) -> BTreeSet<String> {
    let known: BTreeSet<String> =
        file.blocks.iter().filter_map(|block| Some(format!("{}.{}", block.name, block.label.as_ref()?))).collect();
    let mut references = Vec::new();
    collect(file, &mut references);
    references.into_iter().filter(|reference| reference.rsplit_once('.').is_none_or(|(component, _)| !known.contains(component))).collect()
}

fn collect(block: &Block, found: &mut Vec<String>) {
    fn of(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Text(_) => {}
            Value::List(items) => items.iter().for_each(|item| of(item, found)),
            Value::Object(entries) => entries.values().for_each(|item| of(item, found)),
            Value::Reference(name) => found.push(name.clone()),
        }
    }
    block.attributes.values().for_each(|value| of(value, found));
    block.blocks.iter().for_each(|inner| collect(inner, found));
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn here(&self, wanted: &str) -> String {
        format!("{wanted} is missing before {:?}", self.rest.chars().take(40).collect::<String>())
    }

    /// Blanks and comments; line ends only where they mean nothing.
    fn blanks(&mut self, lines: bool) {
        loop {
            let before = self.rest.len();
            self.rest = self.rest.trim_start_matches(|c: char| c == ' ' || c == '\t' || c == '\r' || lines && c == '\n');
            if self.rest.starts_with("//") {
                self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..];
            }
            if self.rest.len() == before {
                return;
            }
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        self.rest = rest;
        true
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(self.here(word)) }
    }

    fn body(&mut self) -> Result<Block, String> {
        let mut body = Block::default();
        loop {
            self.blanks(true);
            if self.rest.is_empty() || self.rest.starts_with('}') {
                return Ok(body);
            }
            let name = self.path()?;
            self.blanks(false);
            if self.take("=") {
                self.blanks(false);
                let value = self.value()?;
                if body.attributes.insert(name.clone(), value).is_some() {
                    return Err(format!("{name} is set twice"));
                }
            } else {
                let label = if self.rest.starts_with('"') { Some(self.string()?) } else { None };
                if let Some(label) = &label
                    && (!label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || label.starts_with(|c: char| c.is_ascii_digit()))
                {
                    return Err(format!("{label:?} is no label"));
                }
                self.blanks(false);
                self.expect("{")?;
                let inner = self.body()?;
                self.expect("}")?;
                body.blocks.push(Block { name, label, ..inner });
            }
            self.blanks(false);
            if !self.rest.is_empty() && !self.rest.starts_with(['\n', '}']) {
                return Err(self.here("a line end"));
            }
        }
    }

    /// Names with dots between them.
    fn path(&mut self) -> Result<String, String> {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let fine = name.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
        if !fine {
            return Err(self.here("a name"));
        }
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn value(&mut self) -> Result<Value, String> {
        if self.rest.starts_with('"') {
            return self.string().map(Value::Text);
        }
        if self.take("[") {
            let mut items = Vec::new();
            loop {
                self.blanks(true);
                if self.take("]") {
                    return Ok(Value::List(items));
                }
                items.push(self.value()?);
                self.blanks(true);
                if !self.take(",") && !self.rest.starts_with(']') {
                    return Err(self.here("a comma"));
                }
            }
        }
        if self.take("{") {
            let mut entries = BTreeMap::new();
            loop {
                self.blanks(true);
                if self.take("}") {
                    return Ok(Value::Object(entries));
                }
                let key = if self.rest.starts_with('"') { self.string()? } else { self.path()? };
                self.blanks(false);
                self.expect("=")?;
                self.blanks(false);
                let value = self.value()?;
                if entries.insert(key.clone(), value).is_some() {
                    return Err(format!("{key} is set twice"));
                }
                self.blanks(true);
                if !self.take(",") && !self.rest.starts_with('}') {
                    return Err(self.here("a comma"));
                }
            }
        }
        self.path().map(Value::Reference)
    }

    /// A string of Go: JSON has no escape that it does not take.
    fn string(&mut self) -> Result<String, String> {
        let bytes = self.rest.as_bytes();
        let mut end = 1;
        while *bytes.get(end).ok_or_else(|| self.here("a quote"))? != b'"' {
            if bytes[end] == b'\n' {
                return Err(self.here("a quote"));
            }
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let (quoted, rest) = self.rest.split_at(end + 1);
        let text = serde_json::from_str(quoted).map_err(|error| format!("{quoted}: {error}"))?;
        self.rest = rest;
        Ok(text)
    }
}
