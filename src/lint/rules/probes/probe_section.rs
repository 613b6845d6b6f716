//! Sections of modules that their prober does not read.

use crate::diagnostic::Diagnostic;
use crate::formats::blackbox::SECTIONS;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::BlackboxView;

rule! {
    /// A module of the blackbox exporter has a section for another prober than its own. What it says there (what to send, what to
    /// expect) is never looked at, and the probe passes for the wrong reasons.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { web: { prober: tcp, http: { valid_status_codes: [200] } } }
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { web: { prober: http, http: { valid_status_codes: [200] } } }
    /// ```
    ProbeSection, "probe-section", Warning
}

impl Rule for ProbeSection {
    fn blackbox(&self, view: &BlackboxView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for module in view.modules {
            let prober = module.prober();
            for section in SECTIONS.iter().filter(|section| **section != prober && SECTIONS.contains(&prober)) {
                let Some((key, body)) = module.node.entry(section) else { continue };
                if body.is_null() {
                    continue;
                }
                let place = module.node.get("prober").unwrap_or(module.name);
                found.push(
                    META.finding(place.span, format!("the prober is `{prober}`, which does not read the section `{section}`"))
                        .path(format!("modules.{}.{section}", module.name()))
                        .related(key.span, "this section")
                        .help(format!("use `prober: {section}`, or remove the section")),
                );
            }
        }
    }
}
