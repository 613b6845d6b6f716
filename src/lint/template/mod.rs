//! Go templates: in the labels and annotations of alerts, and in the texts of notifiers.

pub(in crate::lint) mod about;
pub(in crate::lint) mod sentence;

pub mod action;
mod block;
mod labels;
pub(in crate::lint) mod misfits;
pub mod notification;
mod outcomes;
pub mod parse;
pub mod pieces;
pub(in crate::lint) mod shown;
mod text;

pub use block::only_block;
pub use labels::{LabelRead, VARIABLES, external_label_reads, label_reads};
pub use outcomes::outcomes;
pub use text::{AlertText, AlertTexts};
