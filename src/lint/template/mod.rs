//! Go templates: in the labels and annotations of alerts, and in the texts of notifiers.

pub mod action;
mod labels;
pub mod notification;
pub mod parse;
mod text;

pub use labels::{LabelRead, VARIABLES, external_label_reads, label_reads};
pub use text::{AlertText, AlertTexts};
