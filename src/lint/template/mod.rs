//! Go templates: in the labels and annotations of alerts, and in the texts of notifiers.

mod labels;
pub mod notification;
pub mod parse;
mod text;

pub use labels::{VARIABLES, external_label_reads, label_reads};
pub use text::{AlertText, AlertTexts};

/// Whether a place in a text is inside `{{ … }}`, whether or not the text is a template.
pub fn inside_action(text: &str, at: usize) -> bool {
    text[..at].rfind("{{").is_some_and(|open| !text[open..at].contains("}}"))
}
