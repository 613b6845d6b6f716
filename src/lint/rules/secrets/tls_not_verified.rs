//! TLS that trusts anybody.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
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
                        found.push(
                            META.finding(value.span, "nobody checks whose certificate this is")
                                .path(path.key(key).to_string())
                                .help("name the authority with `ca_file`, and the host with `server_name`"),
                        );
                    }
                }
            });
        }
    }
}
