//! Statements and conditions of the OpenTelemetry Transformation Language, as far as their words tell.

mod condition;
mod default;
mod paths;
mod piece;
mod trouble;

pub use condition::{always, asks_for_checks, compared_path, holds_for_severity, never, services, takes_service, worsens};
pub use default::hides_what_is_there;
pub use paths::{ROOTS, attributes, fields, paths, reads_own_attributes, reads_what_is_missing, resource_attributes, roots};
pub use trouble::{EDITORS, Use, misused, trouble};
