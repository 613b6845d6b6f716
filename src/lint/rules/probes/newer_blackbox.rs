//! What the oldest blackbox_exporter that must load a file does not know.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::BlackboxView;
use crate::source::Node;

rule! {
    /// A module uses a key or a prober that the exporter of the manifest's `stack.blackbox.version` does not know: it does not
    /// start, and nothing is probed.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { blackbox: { version: "0.23" } }
    /// # file: blackbox.yml
    /// modules: { web: { prober: http, http: { fail_if_body_json_not_matches_cel: 'body.status == "ok"' } } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { blackbox: { version: "0.27" } }
    /// # file: blackbox.yml
    /// modules: { web: { prober: http, http: { fail_if_body_json_not_matches_cel: 'body.status == "ok"' } } }
    /// ```
    NewerBlackbox, "newer-blackbox", Warning
}

/// Keys of HTTP modules that came after 0.23, with a version that knows them for sure.
const KEYS: &[(&str, (u32, u32))] = &[
    ("body_file", (0, 24)),
    ("enable_http3", (0, 27)),
    ("fail_if_body_json_matches_cel", (0, 27)),
    ("fail_if_body_json_not_matches_cel", (0, 27)),
    ("use_http3", (0, 27)),
];

impl Rule for NewerBlackbox {
    fn blackbox(&self, view: &BlackboxView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(version) = context.world.catalogues.iter().filter_map(|catalogue| catalogue.blackbox_version).min() else { return };
        let mut report = |node: &Node, name: &str, path: String| {
            let message = format!("blackbox_exporter {}.{} must load this, and does not know `{name}`", version.0, version.1);
            found.push(META.finding(node.span, message).path(path).help("raise `stack.blackbox.version`, or do without"));
        };
        for module in view.modules {
            let path = format!("modules.{}", module.name());
            for (name, key, _) in module.node.entries_of("http") {
                if KEYS.iter().any(|(known, since)| *known == name && version < *since) {
                    report(key, name, format!("{path}.http.{name}"));
                }
            }
            if let Some(prober) = module.node.get("prober").filter(|node| node.as_str() == Some("unix") && version < (0, 27)) {
                report(prober, "unix", format!("{path}.prober"));
            }
        }
    }
}
