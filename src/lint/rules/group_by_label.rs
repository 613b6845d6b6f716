//! Grouping by a label that no alert has.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::alertmanager::Route;
use crate::lint::context::Context;
use crate::lint::routing::alerts;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::Node;

rule! {
    /// A route groups by a label that no alert here has: all of them land in one group, and one notification hides the rest.
    /// `...` beside other labels is refused.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web, group_by: [cluster] }
    /// receivers: [{ name: web }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: AppDown, expr: 'sum by (job) (up) == 0', labels: { severity: critical } }
    ///       - { alert: AppSlow, expr: 'sum by (job) (rate(busy_seconds_total[5m])) > 1', labels: { severity: warning } }
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// route: { receiver: web, group_by: [job] }
    /// receivers: [{ name: web }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: AppDown, expr: 'sum by (job) (up) == 0', labels: { severity: critical } }
    ///       - { alert: AppSlow, expr: 'sum by (job) (rate(busy_seconds_total[5m])) > 1', labels: { severity: warning } }
    /// ```
    GroupByLabel, "group-by-label", Warning up to Error
}

impl Rule for GroupByLabel {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let alerts = alerts(context);
        if let Some(root) = view.config.route.as_ref().filter(|_| alerts.len() > 1) {
            let grouped = |route: &&Route<'_>| route.node.get("group_by").is_some_and(|list| list.items().next().is_some());
            let place = root.node.entry("group_by").map(|(key, _)| key).or(root.receiver);
            if let Some(place) = place.filter(|_| !view.config.routes().iter().any(grouped)) {
                let message = "no route groups by anything, so all alerts of a route come as one notification";
                found.push(
                    META.finding(place.span, message).path("route").help("add `group_by: [alertname, job]`, or what tells alerts apart"),
                );
            }
        }
        for route in view.config.routes() {
            let Some(list) = route.node.get("group_by") else { continue };
            let path = format!("{}.group_by", route.path);
            let mut seen: Vec<&str> = Vec::new();
            for node in list.items() {
                let Some(label) = node.as_str() else { continue };
                if seen.contains(&label) {
                    let message = format!("`{label}` is twice in this list, which Alertmanager refuses");
                    found.push(META.finding_at(Level::Error, node.span, message).path(path.clone()).help("name it once"));
                }
                seen.push(label);
                let dots = label.len() > 1 && label.bytes().all(|byte| byte == b'.') && label != "...";
                if dots {
                    let message = format!("no alert has a label {}, so all are in one group", node.describe());
                    found.push(META.finding(node.span, message).path("route.group_by").help("did you mean `...`?"));
                    continue;
                }
                if label == "..." && list.items().count() > 1 {
                    let message = "`...` groups by every label and stands alone";
                    found.push(META.finding_at(Level::Error, node.span, message).path(path.clone()).help("remove it, or the others"));
                }
                // One alert alone is its group whatever it is grouped by.
                if matches!(label, "alertname" | "...") || alerts.len() < 2 {
                    continue;
                }
                if alerts.iter().all(|alert| alert.value(label, context).as_deref() == Some("")) {
                    let labels = alerts.iter().flat_map(|alert| alert.rule.labels().map(|(name, ..)| name)).chain(["alertname"]);
                    let help = did_you_mean(label, labels)
                        .map_or_else(|| "group by labels that alerts have".to_owned(), |meant| format!("did you mean `{meant}`?"));
                    found.push(META.finding(node.span, format!("no alert here has the label `{label}`")).path(path.clone()).help(help));
                    continue;
                }
                // Of a few alerts, or where it cannot be told of many, nothing is said.
                let bare = alerts.iter().filter(|alert| alert.value(label, context).as_deref() == Some("")).count();
                if alerts.len() >= 6 && bare * 3 > alerts.len() * 2 && !matches!(label, "job" | "instance") {
                    let message = format!(
                        "{bare} of {} alerts here have no label `{label}`, and all of those with one name fall together",
                        alerts.len()
                    );
                    found.push(META.finding(node.span, message).path(path.clone()).help("group by labels that alerts have"));
                    continue;
                }
                // Nearly a label that alerts set by themselves, and set by none.
                let own: Vec<&str> = alerts
                    .iter()
                    .flat_map(|alert| alert.rule.labels().map(|(name, ..)| name))
                    .chain(["alertname", "instance", "job"])
                    .collect();
                if let Some(meant) = did_you_mean(label, own.iter().copied()).filter(|meant| *meant != label && !own.contains(&label)) {
                    let message = format!("no alert here sets the label `{label}`");
                    found.push(META.finding(node.span, message).path(path.clone()).help(format!("did you mean `{meant}`?")));
                }
            }
            let _: &Node = list;
        }
    }
}
