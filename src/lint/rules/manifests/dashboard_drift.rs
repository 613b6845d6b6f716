//! Dashboards that are called otherwise than their manifest says.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::dashboard::{Dashboard, uid_of_link};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::source::Node;

rule! {
    /// The manifest says which uid its dashboard has, or links to it, and the dashboard of that title, or of nearly that
    /// uid, among the inputs has another one: the links of alerts lead nowhere. Or the manifest gives its dashboard one uid, and links to nearly that; or
    /// it gives it that of a dashboard with another title, which it would take the place of.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// dashboard: { title: Web, uid: web }
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web-main", "panels": [] }
    /// ```
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: shop-api, links: { dashboard: "https://grafana.example.com/d/shopping" } }
    /// # file: dashboard.json
    /// { "title": "Shop", "uid": "shop-api", "panels": [] }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// dashboard: { title: Web, uid: web }
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [] }
    /// ```
    DashboardDrift, "dashboard-drift", Warning
}

impl Rule for DashboardDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let known = context.world.dashboard_uids(context.views);
        for view in context.manifests() {
            let own = view.root.get("dashboard");
            let uid = own.and_then(|own| own.get_str("uid"));
            taken(view.root, context, found);
            let link = view.root.at(["service", "links", "dashboard"]).and_then(|node| Some((node, uid_of_link(node.as_str()?)?)));
            if let Some(((node, uid), (place, linked))) = uid.zip(link)
                && uid != linked
                && !known.contains(uid)
                && are_akin(uid, linked)
            {
                let message = format!("the dashboard is `{uid}`, and the manifest links to `{linked}`");
                found.push(META.finding(node.span, message).path("dashboard.uid").related(place.span, "the link").help("use one uid"));
                continue;
            }
            let Some((place, wanted)) = uid.or(link).filter(|(_, wanted)| !known.contains(*wanted)) else { continue };
            let title = own.and_then(|own| own.get("title")?.as_str());
            let is_own = |dashboard: &&Dashboard<'_>| {
                let uid = dashboard.uid.and_then(Node::as_str).unwrap_or("");
                are_akin(uid, wanted) || title.is_some() && dashboard.root.get("title").and_then(Node::as_str) == title
            };
            if uid.is_none() && only_one(view.root, (place, wanted), context, found) {
                continue;
            }
            let mut all = context.dashboards().filter(is_own);
            if let (Some(dashboard), None) = (all.next(), all.next())
                && let Some((node, other)) = dashboard.uid.and_then(Node::with_str)
            {
                let message = format!("this dashboard is `{other}`, and the manifest says `{wanted}`");
                let finding = META.finding(node.span, message).path("uid").related(place.span, "declared here");
                found.push(finding.help("make the two say the same"));
            }
        }
    }
}

/// The uid of a dashboard that somebody drew by hand, which the one of the manifest would take the place of.
fn taken(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let text = |key: &str| root.at(["dashboard", key]).and_then(Node::with_str).filter(|(_, text)| !text.contains('$'));
    let (Some((node, uid)), Some((_, title))) = (text("uid"), text("title")) else { return };
    let is_rendered = |dashboard: &Dashboard<'_>| dashboard.root.items_of("tags").any(|tag| tag.as_str() == Some("obsgen"));
    let mut same = context.dashboards().filter(|dashboard| dashboard.uid.and_then(Node::as_str) == Some(uid) && !is_rendered(dashboard));
    let (Some(dashboard), None) = (same.next(), same.next()) else { return };
    let Some((place, other)) = dashboard.root.get_str("title").filter(|(_, other)| *other != title && !other.contains('$')) else { return };
    let message = format!("the dashboard `{other}` has this uid, and the one of the manifest is `{title}`: of the two one remains");
    found.push(META.finding(node.span, message).path("dashboard.uid").related(place.span, "the other").help("give it a uid of its own"));
}

/// Whether one uid is nearly the other, or goes on where it ends.
fn are_akin(one: &str, other: &str) -> bool {
    let begins = |long: &str, short: &str| !short.is_empty() && long.starts_with(short);
    begins(one, other) || begins(other, one) || did_you_mean(one, [other]).is_some()
}

/// The one dashboard beside the one manifest, whose uid is called as that of the link is at its beginning, and one of which is the name of
/// the service. Said in both files, for either may be wrong.
fn only_one(root: &Node, (place, linked): (&Node, &str), context: &Context<'_>, found: &mut Vec<Diagnostic>) -> bool {
    let (mut all, mut manifests) = (context.dashboards(), context.manifests());
    let (Some(dashboard), None, Some(_), None) = (all.next(), all.next(), manifests.next(), manifests.next()) else { return false };
    let Some((node, uid)) = dashboard.uid.and_then(Node::with_str) else { return false };
    let service = root.at(["service", "name"]).and_then(Node::as_str).unwrap_or("$");
    let is_alike = uid.chars().zip(linked.chars()).take_while(|(one, other)| one == other).count() >= 3;
    if !is_alike || !uid.starts_with(service) && !linked.starts_with(service) || linked.contains('$') {
        return false;
    }
    let message = format!("the manifest links to the dashboard `{linked}`, and the one here is `{uid}`");
    let help = "make the two say the same";
    found.push(META.finding(node.span, message.clone()).path("uid").related(place.span, "the link").help(help));
    found.push(META.finding(place.span, message).path("service.links.dashboard").related(node.span, "the dashboard").help(help));
    true
}
