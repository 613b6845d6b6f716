//! Typed structs from nodes: a serde deserializer that collects every finding instead of stopping.
//!
//! Unknown keys are reported and skipped. What is wrong with a value is reported where the value stands;
//! a `Lenient` around it lets the rest of the struct be read all the same. Types need no
//! `deny_unknown_fields`; `flatten`, `untagged` and internally tagged enums lose places and are to be avoided.

use std::cell::RefCell;

use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::containers::{ONE_OR_MANY, RAW, SHORTHAND, SPANNED};
use super::ids::{MISSING_KEY, UNKNOWN_KEY, WRONG_TYPE};
use super::node::{Node, NodeKind};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::text::{Span, Spanned};

/// Reads a value out of a node, with everything that is wrong with it.
///
/// `rule` is the id for what a type itself rejects (a custom error); what every format knows has its own:
/// `unknown-key`, `missing-key`, `wrong-type`. There may be findings beside a value.
pub fn decode<T: DeserializeOwned>(node: &Node, rule: &'static str) -> (Option<T>, Vec<Diagnostic>) {
    decode_below(&[], node, rule)
}

/// The same for a node that stands below keys of a tree that it is not part of any more.
pub fn decode_below<T: DeserializeOwned>(keys: &[&Spanned<String>], node: &Node, rule: &'static str) -> (Option<T>, Vec<Diagnostic>) {
    let context = Context { rule, diagnostics: RefCell::default() };
    let value = below(keys, &Path::Root, |path| {
        let decoder = Decoder { node, path, context: &context };
        T::deserialize(decoder).map_err(|fault| decoder.record(fault)).ok()
    });
    (value, context.diagnostics.into_inner())
}

/// What is read below these keys.
fn below<T>(keys: &[&Spanned<String>], path: &Path<'_>, read: impl FnOnce(&Path<'_>) -> T) -> T {
    match keys {
        [] => read(path),
        [key, rest @ ..] => below(rest, &Path::Key { holder: path, name: &key.value, span: key.span }, read),
    }
}

struct Context {
    rule: &'static str,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

/// The way from the root to a node.
enum Path<'a> {
    Root,
    Key { holder: &'a Self, name: &'a str, span: Span },
    Index { holder: &'a Self, index: usize },
}

impl Path<'_> {
    fn push_to(&self, text: &mut String) {
        match self {
            Self::Root => {}
            Self::Key { holder, name, .. } => {
                holder.push_to(text);
                super::path::push_key(text, name);
            }
            Self::Index { holder, index } => {
                holder.push_to(text);
                super::path::push_index(text, *index);
            }
        }
    }
}

impl Context {
    fn push(&self, path: &Path<'_>, mut diagnostic: Diagnostic) {
        let mut text = String::new();
        path.push_to(&mut text);
        diagnostic.path = (!text.is_empty()).then_some(text);
        self.diagnostics.borrow_mut().push(diagnostic);
    }
}

impl Decoder<'_> {
    /// Records a fault at the node it arose at, once.
    fn record(self, fault: Fault) -> Fault {
        let node = self.node;
        let diagnostic = match fault {
            Fault::Recorded => return Fault::Recorded,
            Fault::Type(message) => Diagnostic::error(WRONG_TYPE, node.span, message),
            Fault::Custom(message) => Diagnostic::error(self.context.rule, node.span, message),
            Fault::Choice { message, help } => Diagnostic::error(self.context.rule, node.span, message).help(help),
            Fault::Missing(key) => {
                Diagnostic::error(MISSING_KEY, self.holder(), format!("`{key}` is missing")).help(format!("add `{key}:`"))
            }
        };
        self.context.push(self.path, diagnostic);
        Fault::Recorded
    }

    /// Where a missing key is reported: at the key of the mapping that lacks it.
    fn holder(self) -> Span {
        let node = self.node;
        match self.path {
            Path::Key { span, .. } => *span,
            _ => node.as_mapping().and_then(<[_]>::first).map_or(node.span, |(key, _)| key.span),
        }
    }
}

/// Why a value could not be read.
#[derive(Debug)]
enum Fault {
    /// It is in the list already.
    Recorded,
    Type(String),
    Custom(String),
    Choice {
        message: String,
        help: String,
    },
    Missing(&'static str),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Recorded => f.write_str("see the findings"),
            Self::Type(message) | Self::Custom(message) | Self::Choice { message, .. } => f.write_str(message),
            Self::Missing(key) => write!(f, "`{key}` is missing"),
        }
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::Type(format!("expected {expected}, found {}", found(unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let expected = match expected.to_string().as_str() {
            "u8" | "u16" | "u32" | "u64" => "a whole number, not below zero".to_owned(),
            "i8" | "i16" | "i32" => "a smaller number".to_owned(),
            other => other.to_owned(),
        };
        Self::Type(format!("expected {expected}, found {}", found(unexpected)))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let help = match did_you_mean(variant, expected.iter().copied()) {
            Some(name) => format!("did you mean `{name}`? Known are {known}"),
            None => format!("known are {known}"),
        };
        Self::Choice { message: format!("`{variant}` is not known here"), help }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

fn found(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Signed(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("`{value}`"),
        Unexpected::Float(value) => format!("`{value}`"),
        Unexpected::Str(value) => format!("`{value}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

#[derive(Clone, Copy)]
struct Decoder<'a> {
    node: &'a Node,
    path: &'a Path<'a>,
    context: &'a Context,
}

impl<'a> Decoder<'a> {
    fn expected(self, what: &str) -> Fault {
        Fault::Type(format!("expected {what}, found {}", self.node.describe()))
    }

    fn text(self) -> Result<&'a str, Fault> {
        match self.node.as_scalar() {
            Some(scalar) if !self.node.is_null() => Ok(scalar.text()),
            _ => Err(self.expected("a string")),
        }
    }

    /// The entries of a mapping that it stands for.
    fn fields(self, entries: &'a [(Node, Node)], known: Option<&'static [&'static str]>) -> Fields<'a> {
        Fields { entries: entries.iter(), value: None, known, path: self.path, context: self.context }
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.node.as_i64() {
                Some(number) => visitor.visit_i64(number),
                None => Err(self.expected("a whole number")),
            }
        }
    )*};
}

macro_rules! floats {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.node.as_f64() {
                Some(number) => visitor.visit_f64(number),
                None => Err(self.expected("a number")),
            }
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.visit_str(self.text()?)
        }
    )*};
}

impl<'de> serde::Deserializer<'de> for Decoder<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            NodeKind::Sequence(_) => self.deserialize_seq(visitor),
            NodeKind::Mapping(_) => self.deserialize_map(visitor),
            NodeKind::Scalar(_) if self.node.is_null() => visitor.visit_unit(),
            NodeKind::Scalar(scalar) => {
                // Only the two words of YAML 1.2: `yes` is text where nobody asks for a boolean.
                let literal = scalar.text().eq_ignore_ascii_case("true") || scalar.text().eq_ignore_ascii_case("false");
                if let Some(value) = self.node.as_bool().filter(|_| literal) {
                    visitor.visit_bool(value)
                } else if let Some(value) = self.node.as_i64() {
                    visitor.visit_i64(value)
                } else if let Some(value) = self.node.as_f64() {
                    visitor.visit_f64(value)
                } else {
                    visitor.visit_str(scalar.text())
                }
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.as_bool() {
            Some(value) => visitor.visit_bool(value),
            None => Err(self.expected("`true` or `false`")),
        }
    }

    whole_numbers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }
    floats! { deserialize_f32 deserialize_f64 }
    texts! { deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_identifier }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.node.is_null() { visitor.visit_unit() } else { Err(self.expected("nothing")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            ONE_OR_MANY if self.node.as_sequence().is_some() => self.deserialize_seq(visitor),
            SHORTHAND if self.node.as_scalar().is_some() => visitor.visit_some(self),
            RAW => self.deserialize_any(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.as_sequence() {
            Some(items) => visitor.visit_seq(Items { items: items.iter().enumerate(), path: self.path, context: self.context }),
            None => Err(self.expected("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.as_mapping() {
            Some(entries) => visitor.visit_map(self.fields(entries, None)),
            None => Err(self.expected("a mapping")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name == SPANNED {
            return visitor.visit_seq(PlaceAndValue { step: 0, decoder: self });
        }
        match self.node.as_mapping() {
            Some(entries) => visitor.visit_map(self.fields(entries, Some(fields))).map_err(|fault| self.record(fault)),
            None => Err(self.expected("a mapping")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            NodeKind::Scalar(_) => visitor.visit_enum(self.text()?.into_deserializer()),
            NodeKind::Mapping(entries) if entries.len() == 1 => {
                visitor.visit_enum(Variant { key: &entries[0].0, value: &entries[0].1, path: self.path, context: self.context })
            }
            _ => Err(self.expected("a name, or a mapping with one key")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    path: &'a Path<'a>,
    context: &'a Context,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        let decoder = Decoder { node, path: &Path::Index { holder: self.path, index }, context: self.context };
        seed.deserialize(decoder).map_err(|fault| decoder.record(fault)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Fields<'a> {
    entries: std::slice::Iter<'a, (Node, Node)>,
    value: Option<(&'a Node, &'a Node)>,
    /// The keys that are known; `None` where any is.
    known: Option<&'static [&'static str]>,
    path: &'a Path<'a>,
    context: &'a Context,
}

impl Fields<'_> {
    /// Whether a key is known; reports it where it is not.
    fn knows(&self, key: &Node) -> bool {
        let Some(fields) = self.known else { return true };
        let name = key.as_scalar().map_or("", super::node::Scalar::text);
        if fields.contains(&name) {
            return true;
        }
        self.context.push(self.path, unknown_key(key, fields.iter().copied()));
        false
    }
}

/// The finding for a key that is not known where it stands.
pub fn unknown_key<'a>(key: &Node, known: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let Some(name) = key.as_scalar().map(super::node::Scalar::text) else {
        return Diagnostic::error(WRONG_TYPE, key.span, format!("expected a key, found {}", key.describe()));
    };
    let diagnostic = Diagnostic::error(UNKNOWN_KEY, key.span, format!("`{name}` is not a key here"));
    match did_you_mean(name, known.clone()) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic.help(format!("known are {}", known.map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))),
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        while let Some((key, value)) = self.entries.next() {
            if !self.knows(key) {
                continue;
            }
            self.value = Some((key, value));
            let decoder = Decoder { node: key, path: self.path, context: self.context };
            return seed.deserialize(decoder).map_err(|fault| decoder.record(fault)).map(Some);
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, value) = self.value.take().expect("serde asks for a value after its key");
        let name = key.as_scalar().map_or("", super::node::Scalar::text);
        let decoder = Decoder { node: value, path: &Path::Key { holder: self.path, name, span: key.span }, context: self.context };
        seed.deserialize(decoder).map_err(|fault| decoder.record(fault))
    }
}

/// What a [`super::Spanned`] asks for: its source, start and end, then the value.
struct PlaceAndValue<'a> {
    step: usize,
    decoder: Decoder<'a>,
}

impl<'de> SeqAccess<'de> for PlaceAndValue<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let span = self.decoder.node.span;
        self.step += 1;
        let value = match self.step {
            1 => seed.deserialize(span.source.0.into_deserializer()),
            2 => seed.deserialize(span.start.into_deserializer()),
            3 => seed.deserialize(span.end.into_deserializer()),
            _ => seed.deserialize(self.decoder).map_err(|fault| self.decoder.record(fault)),
        };
        value.map(Some)
    }
}

struct Variant<'a> {
    key: &'a Node,
    value: &'a Node,
    path: &'a Path<'a>,
    context: &'a Context,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a> {
    type Error = Fault;
    type Variant = VariantValue<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Fault> {
        let decoder = Decoder { node: self.key, path: self.path, context: self.context };
        let variant = seed.deserialize(decoder).map_err(|fault| decoder.record(fault))?;
        Ok((variant, VariantValue(self)))
    }
}

struct VariantValue<'a>(Variant<'a>);

impl VariantValue<'_> {
    fn inside<T>(&self, read: impl FnOnce(Decoder<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let Variant { key, value, path, context } = self.0;
        let name = key.as_scalar().map_or("", super::node::Scalar::text);
        let decoder = Decoder { node: value, path: &Path::Key { holder: path, name, span: key.span }, context };
        read(decoder).map_err(|fault| decoder.record(fault))
    }
}

impl<'de> VariantAccess<'de> for VariantValue<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.inside(|decoder| if decoder.node.is_null() { Ok(()) } else { Err(decoder.expected("nothing")) })
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.inside(|decoder| seed.deserialize(decoder))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.inside(|decoder| serde::Deserializer::deserialize_seq(decoder, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.inside(|decoder| serde::Deserializer::deserialize_struct(decoder, "", fields, visitor))
    }
}
