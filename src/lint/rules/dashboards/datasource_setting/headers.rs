//! Headers of requests, whose names and values stand apart.

use super::Report;
use crate::diagnostic::Level;
use crate::formats::provisioning::Datasource;

/// Names of headers without a value of the same number, and values without a name, where the file has values at all.
pub(super) fn headers(source: &Datasource<'_>, report: &mut Report<'_>) {
    let part = |part: &str| source.node.get(part);
    let (Some(names), Some(values)) = (part("jsonData"), part("secureJsonData")) else { return };
    for (key, place, _) in names.entries() {
        let Some(number) = key.strip_prefix("httpHeaderName").filter(|number| !number.is_empty()) else { continue };
        if values.get(&format!("httpHeaderValue{number}")).is_none() {
            let help = format!("write it as `httpHeaderValue{number}` below `secureJsonData`");
            report(Level::Warning, place, &format!("jsonData.{key}"), "this header has no value, and is not sent".to_owned(), &help);
        }
    }
    for (key, place, _) in values.entries() {
        let Some(number) = key.strip_prefix("httpHeaderValue").filter(|number| !number.is_empty()) else { continue };
        if names.get(&format!("httpHeaderName{number}")).is_none() {
            let help = format!("write it as `httpHeaderName{number}` below `jsonData`");
            report(Level::Warning, place, &format!("secureJsonData.{key}"), "this header has no name, and is not sent".to_owned(), &help);
        }
    }
}
