//! Links that messages hold.

use super::Report;
use super::values::is_template;
use crate::diagnostic::{Level, misspelt};
use crate::source::Node;

/// Links that no browser opens.
pub(super) fn links(node: &Node, is_button: bool, path: &str, report: &mut Report<'_>) {
    const KEYS: &[&str] = &["client_url", "title_link", "href", "image_url", "icon_url"];
    for (name, _, value) in node.entries() {
        match value.as_str().filter(|_| KEYS.contains(&name) || name == "url" && is_button) {
            Some(text) if !text.is_empty() && !is_template(value) && !text.contains(':') => {
                let message = format!("{} is no address that a browser opens", value.describe());
                report(Level::Warning, value, path, message, "begin with `https://`");
            }
            Some(text) if misspelt_scheme(text).is_some() => {
                let scheme = misspelt_scheme(text).unwrap_or("");
                let message = format!("no browser knows the scheme `{scheme}`");
                report(Level::Warning, value, path, message, "begin with `https://`");
            }
            None if matches!(name, "links" | "images" | "actions") => {
                value.items().for_each(|item| links(item, name == "actions", path, report));
            }
            _ => {}
        }
    }
}

/// The scheme of an address, where it is nearly one that browsers know.
fn misspelt_scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_word = scheme.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_word && misspelt(&scheme.to_lowercase(), &["https", "http"]).is_some()).then_some(scheme)
}
