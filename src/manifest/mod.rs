//! What the user wrote: the service manifest as typed data, every value with its place.
//!
//! One file per section. Scalars are checked as they are read; what one section means for another is the
//! business of `model`.

pub mod alerts;
pub mod dashboard;
pub mod defaults;
pub mod dependencies;
pub mod health;
pub mod metrics;
pub mod overlay;
pub mod routing;
pub mod scalars;
pub mod scrape;
pub mod service;
pub mod stack;
pub mod telemetry;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::source::{
    Documents, Entries, Forms, INVALID_YAML, Lenient, Node, Raw, SourceId, SourceMap, Span, WRONG_TYPE, decode, read_outline,
    read_yaml_by_form,
};

use scalars::Text;

/// The id of findings about a manifest's own content.
pub const RULE: &str = "invalid-manifest";

/// The only value of `apiVersion` so far.
pub const API_VERSION: &str = "obsgen/v1";

/// A service and everything that is promised about it, declared once.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(title = "obsgen manifest", extend("required" = ["apiVersion", "service"], "additionalProperties" = false))]
pub struct Manifest {
    /// The version of this format: `obsgen/v1`.
    #[serde(rename = "apiVersion")]
    #[schemars(extend("const" = API_VERSION))]
    pub api_version: Lenient<String>,
    /// Who the service is.
    pub service: Lenient<service::Service>,
    /// Where Prometheus finds its metrics.
    pub scrape: Lenient<scrape::Scrape>,
    /// The checks that say whether it lives and is ready.
    pub health: Lenient<health::Health>,
    /// What it needs in order to work.
    pub dependencies: Entries<dependencies::Dependency>,
    /// The catalogue of what it exposes.
    pub metrics: Entries<metrics::Metric>,
    /// What somebody must be told of.
    pub alerts: Entries<alerts::Alert>,
    /// What is promised about it (SLOs).
    pub objectives: Entries<alerts::Objective>,
    /// Free recording rules: the recorded name and its expression.
    pub recording: Entries<Text>,
    /// Who is told of what.
    pub routing: Lenient<routing::Routing>,
    /// What is seen.
    pub dashboard: Lenient<dashboard::Dashboard>,
    /// How it logs.
    pub logging: Lenient<telemetry::Logging>,
    /// How it traces.
    pub tracing: Lenient<telemetry::Tracing>,
    /// Where crashes are reported.
    pub errors: Lenient<telemetry::Errors>,
    /// The versions that must accept what is rendered, and where these programs are.
    pub stack: Lenient<stack::Stack>,
    /// Kinds of artifact to render beyond the default ones.
    pub render: Lenient<Vec<Lenient<Text>>>,
    /// What differs in an environment: merged over the rest by key (RFC 7396).
    pub environments: Entries<Raw>,
}

/// A manifest that was read, and where it stands.
#[derive(Debug)]
pub struct Located {
    /// What was written: kilobytes, which thousands of manifests do not move about.
    pub manifest: Box<Manifest>,
    /// The whole document.
    pub span: Span,
}

/// What became of reading a manifest: whatever could be read, and everything that is wrong.
#[derive(Debug)]
pub struct Reading {
    /// The manifest, as far as it could be read, and its tree, with the environment merged over it.
    pub manifest: Option<(Located, Node)>,
    /// Everything that is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the wanted environment is one of the manifest's.
    pub has_environment: bool,
}

/// Longer manifests hold thousands of checks, which are not all held in memory as trees and as types at once.
const LONG: usize = 256 * 1024;

/// Reads the manifest of a source over what its folder's `defaults.yaml` say, as it stands in an environment (or without one).
///
/// Many manifests are read with the `forms` of one another.
pub fn read(sources: &SourceMap, id: SourceId, defaults: Option<&Node>, environment: Option<&str>, forms: &Forms) -> Reading {
    let text = &sources.get(id).text;
    // Environments are merged over the whole tree, and the whole tree over its defaults.
    let outlined = text.len() > LONG && defaults.is_none() && !text.contains("environments");
    let documents = if outlined { read_outline(sources, id, health::SECTION) } else { read_yaml_by_form(sources, id, forms) };
    let is_empty = documents.roots.is_empty() && documents.diagnostics.is_empty();
    let mut reading = read_document(documents, sources, defaults, environment);
    if is_empty {
        let finding = Diagnostic::error(RULE, Span::new(id, 0..0), "the file holds no manifest").help("write one with `obsgen init`");
        reading.diagnostics.push(finding);
    }
    reading
}

fn read_document(mut document: Documents, sources: &SourceMap, defaults: Option<&Node>, environment: Option<&str>) -> Reading {
    let mut diagnostics = std::mem::take(&mut document.diagnostics);
    // Of a text that is not YAML nobody can say what is missing in it.
    if diagnostics.iter().any(|found| found.rule == INVALID_YAML) {
        return Reading { manifest: None, diagnostics, has_environment: true };
    }
    if document.roots.is_empty() {
        return Reading { manifest: None, diagnostics, has_environment: false };
    }
    if let Some(second) = document.roots.get(1) {
        diagnostics.push(
            Diagnostic::error(RULE, second.span, "a manifest is one document, and this file holds several")
                .help("put each service into a file of its own"),
        );
    }
    let mut root = document.roots.swap_remove(0);
    let outlined = if document.is_outline { health::Health::take_outlined(&mut root) } else { Vec::new() };
    let mut reading = read_tree(root, defaults, environment);
    let health = reading.manifest.as_mut().and_then(|(located, _)| located.manifest.health.value_mut());
    diagnostics.extend(health.map(|health| health.outline(outlined, sources)).unwrap_or_default());
    reading.diagnostics.extend(diagnostics);
    reading.diagnostics.sort_by(|a, b| (a.span, &a.rule).cmp(&(b.span, &b.rule)));
    reading
}

/// Reads a manifest from its tree, which is merged over its defaults.
///
/// Every environment is checked, whichever is wanted, so that a manifest that renders in one place renders everywhere.
pub fn read_tree(root: Node, defaults: Option<&Node>, environment: Option<&str>) -> Reading {
    let root = match defaults {
        Some(defaults) => defaults::under(&root, defaults),
        None => root,
    };
    let chosen = environments(&root).find(|(name, _)| Some(*name) == environment).map(|(_, overlay)| overlay::merge(&root, overlay));
    let has_environment = chosen.is_some();
    let root = chosen.unwrap_or(root);
    let (manifest, mut diagnostics) = decode::<Manifest>(&root, RULE);
    check_environments(&root, &mut diagnostics);
    for (_, overlay) in environments(&root) {
        // What an environment does not speak of was just decoded.
        let spoken_of = overlay::merge(&overlay::below_keys_of(&root, overlay), overlay);
        add_new(&mut diagnostics, decode::<Manifest>(&spoken_of, RULE).1);
    }
    if let Some(manifest) = &manifest {
        check_version(manifest, &root, &mut diagnostics);
    }
    let span = root.span;
    let located = manifest.map(|manifest| (Located { manifest: Box::new(manifest), span }, root));
    Reading { manifest: located, diagnostics, has_environment }
}

/// The environments of a manifest's tree; one without a body differs in nothing.
fn environments(root: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let overlays = root.entries_of("environments");
    overlays.map(|(name, _, overlay)| (name, overlay)).filter(|(_, overlay)| overlay.as_mapping().is_some())
}

/// A manifest's tree, and that of each of its environments by itself.
pub fn variants(root: &Node) -> impl Iterator<Item = &Node> {
    std::iter::once(root).chain(environments(root).map(|(_, overlay)| overlay))
}

/// A manifest's tree as it stands in each of its environments.
pub fn in_environments(root: &Node) -> impl Iterator<Item = (&str, Node)> {
    environments(root).map(|(name, overlay)| (name, overlay::merge(root, overlay)))
}

/// An environment is a part of a manifest, and has none of its own.
fn check_environments(root: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for (name, _, overlay) in root.entries_of("environments") {
        let path = format!("environments.{name}");
        if overlay.as_mapping().is_none() {
            let message = format!("expected a mapping of what differs in `{name}`, found {}", overlay.describe());
            let finding = Diagnostic::error(WRONG_TYPE, overlay.span, message);
            diagnostics.push(finding.help("as in `production: { scrape: { targets: [\"myapp:4000\"] } }`").path(path));
        } else if let Some((key, _)) = overlay.entry("environments") {
            let finding = Diagnostic::error(RULE, key.span, "an environment has no environments of its own");
            diagnostics.push(finding.help("write it beside the others, below `environments:`").path(path));
        }
    }
}

/// Adds what was not found already: overlays share most of their tree with the base.
fn add_new(all: &mut Vec<Diagnostic>, found: Vec<Diagnostic>) {
    for diagnostic in found {
        if !all.iter().any(|known| known.span == diagnostic.span && known.message == diagnostic.message) {
            all.push(diagnostic);
        }
    }
}

fn check_version(manifest: &Manifest, root: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let help = format!("write `apiVersion: {API_VERSION}`");
    match &manifest.api_version {
        Lenient::Valid(version) if version.value == API_VERSION => {}
        Lenient::Valid(version) => {
            diagnostics.push(
                Diagnostic::error(
                    RULE,
                    version.span,
                    format!("`{}` is not a version of the manifest that this obsgen reads", scalars::shorten(version)),
                )
                .help(help)
                .path("apiVersion"),
            );
        }
        Lenient::Missing => {
            let start = root.as_mapping().and_then(<[_]>::first).map_or(root.span, |(key, _)| key.span);
            diagnostics.push(Diagnostic::error(RULE, start, "`apiVersion` is missing").help(help).path("apiVersion"));
        }
        Lenient::Invalid => {}
    }
}

/// The JSON Schema of the manifest, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Manifest).to_value()
}
