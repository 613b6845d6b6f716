//! Paper: text and the located tree that is read from it. This room knows nothing of monitoring.

mod alloy;
mod builder;
mod bytes;
mod comments;
mod containers;
pub mod decode;
mod documents;
mod encode;
mod fingerprint;
mod form;
mod forms;
mod ids;
mod json;
pub mod node;
pub mod path;
mod pieces;
pub mod text_map;
mod toml;
mod yaml;

#[cfg(test)]
mod tests;

pub use crate::text::{Position, Source, SourceId, SourceMap, Span, Spanned};
pub use bytes::{ReadError, SIZE_LIMIT, read_bytes};
pub use comments::read_comments;
pub use containers::{Entries, Lenient, OneOrMany, Raw, SHORTHAND};
pub use decode::{decode, decode_below};
pub use documents::{Documents, Ignore};
pub use encode::{content, encode};
pub use fingerprint::{Fingerprint, digits};
pub use forms::Forms;
pub use ids::{DUPLICATE_KEY, INVALID_ALLOY, INVALID_JSON, INVALID_TOML, INVALID_YAML, MISSING_KEY, UNKNOWN_KEY, WRONG_TYPE};
pub use node::{Node, NodeKind};

/// Reads every YAML document of a source: a long list in pieces, everything else in one go.
pub fn read_yaml(map: &SourceMap, id: SourceId) -> Documents {
    let text = &map.get(id).text;
    pieces::read(text, id).unwrap_or_else(|| yaml::read(text, id, builder::Language::Yaml))
}

/// Reads every YAML document of a source, without taking it apart where another of its form was read before.
pub fn read_yaml_by_form(map: &SourceMap, id: SourceId, forms: &Forms) -> Documents {
    forms.read_whole(&map.get(id).text, id, || read_yaml(map, id))
}

/// Reads a source as YAML, of one section of its root only an outline: mappings in it are left empty where [`reread`] can
/// read them again. [`Documents::is_outline`] says whether any may be.
pub fn read_outline(map: &SourceMap, id: SourceId, section: &str) -> Documents {
    yaml::read_outline(&map.get(id).text, id, section)
}

/// The mapping that was left empty in an outline; `None` where it cannot be read.
pub fn reread(map: &SourceMap, span: Span) -> Option<Node> {
    yaml::reread(&map.get(span.source).text, span.source, span.range())
}

/// Reads a source as JSON.
pub fn read_json(map: &SourceMap, id: SourceId) -> Documents {
    json::read(&map.get(id).text, id)
}

/// Reads a source as TOML.
pub fn read_toml(map: &SourceMap, id: SourceId) -> Documents {
    toml::read(&map.get(id).text, id)
}

/// Reads a source in the syntax of Grafana Alloy.
pub fn read_alloy(map: &SourceMap, id: SourceId) -> Documents {
    alloy::read(&map.get(id).text, id)
}
