//! TLS that trusts anybody.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{View, ViewKind};
use crate::lint::words::walk;

rule! {
    /// With `insecure_skip_verify: true` whoever answers is believed: a certificate that ended, or another's, is not noticed.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, scheme: https, tls_config: { insecure_skip_verify: true }, static_configs: [{ targets: ["app:443"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, scheme: https, tls_config: { ca_file: ca.pem }, static_configs: [{ targets: ["app:443"] }] }]
    /// ```
    TlsNotVerified, "tls-not-verified", Warning
}

impl Rule for TlsNotVerified {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views.iter().filter(|view| view.is_configuration()) {
            walk::mappings(view.root, &mut |node, path| {
                for (key, _, value) in node.entries() {
                    if matches!(key, "insecure_skip_verify" | "tlsSkipVerify") && value.as_bool() == Some(true) {
                        let authority = ["ca_file", "ca"].into_iter().find(|key| node.get(key).is_some_and(|value| !value.is_null()));
                        let (message, help) = match authority {
                            Some(ca) => (
                                format!("nobody checks whose certificate this is, for all that `{ca}` says"),
                                format!("remove it: `{ca}` is looked at without it"),
                            ),
                            None if is_exporter(view, &path.to_string()) => (
                                "TLS is spoken, and nobody checks whose certificate this is".to_owned(),
                                "write `insecure: true` for a server without TLS, or name the authority with `ca_file`".to_owned(),
                            ),
                            None => (
                                "nobody checks whose certificate this is".to_owned(),
                                "name the authority with `ca_file`, and the host with `server_name`".to_owned(),
                            ),
                        };
                        found.push(META.finding(value.span, message).path(path.key(key).to_string()).help(help));
                    }
                }
            });
        }
    }
}

/// Whether this is of an exporter of the Collector, which speaks TLS unless it is told not to.
fn is_exporter(view: &View<'_>, path: &str) -> bool {
    matches!(view.kind, ViewKind::Collector(_)) && path.starts_with("exporters")
}
