//! Environments of a manifest that change what is not there.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::slip::slip;

rule! {
    /// An environment adds a health check, dependency, metric, alert, objective or recorded series whose name is nearly that of one that
    /// there is: what it should change stays as it is.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health: { base: "http://web", readiness: { path: /ready } }
    /// environments: { staging: { health: { redyness: { path: /readyz } } } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health: { base: "http://web", readiness: { path: /ready } }
    /// environments: { staging: { health: { readiness: { path: /readyz } } } }
    /// ```
    ManifestEnvironment, "manifest-environment", Warning
}

impl Rule for ManifestEnvironment {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for root in context.manifests().map(|view| view.root) {
            for (environment, _, overlay) in root.entries_of("environments") {
                for section in ["health", "dependencies", "metrics", "alerts", "objectives", "recording"] {
                    let base = (section == "health").then_some("base");
                    let own: Vec<&str> = root.entries_of(section).map(|(name, ..)| name).chain(base).collect();
                    for (name, key, _) in overlay.entries_of(section) {
                        let Some(meant) = slip(name, &own) else { continue };
                        let finding = META.finding(key.span, format!("there is no `{name}` that this could change"));
                        found.push(finding.path(format!("environments.{environment}.{section}")).help(format!("did you mean `{meant}`?")));
                    }
                }
            }
        }
    }
}
