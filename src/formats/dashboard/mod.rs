//! Grafana dashboards: panels, queries, variables, of the classic schema and of the newer one.

mod classic;
mod newer;
mod parts;

use crate::source::Node;
use crate::source::path::Path;

pub(super) use classic::looks_like;
pub use parts::{Dashboard, Panel, Target, Variable};

/// The API group of dashboards as resources.
pub(super) const RESOURCE: &str = "dashboard.grafana.app/";

/// The body of a dashboard resource, of whichever schema.
fn resource(root: &Node) -> Option<&Node> {
    let is_resource = root.get("apiVersion").and_then(Node::as_str).is_some_and(|version| version.starts_with(RESOURCE));
    root.get("spec").filter(|spec| is_resource && spec.as_mapping().is_some())
}

/// The uid of the dashboard that a link leads to.
pub fn uid_of_link(url: &str) -> Option<&str> {
    url.split_once("/d/")?.1.split(['/', '?', '#']).next().filter(|uid| !uid.is_empty() && !uid.contains("{{"))
}

/// Views a document as a dashboard.
pub fn view(root: &Node) -> Dashboard<'_> {
    let name = root.get("metadata").and_then(|metadata| metadata.get("name"));
    match resource(root) {
        Some(spec) if spec.get("elements").is_some() => newer::view(spec, name, &Path::Root.key("spec")),
        resource => classic::view(root, resource.map(|spec| (spec, name))),
    }
}
