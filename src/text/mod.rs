//! The texts that people wrote, and places in them. This room knows nothing of what a text says.

mod map;
mod source;
mod span;

pub use map::SourceMap;
pub use source::{Position, Source};
pub use span::{SourceId, Span, Spanned};
