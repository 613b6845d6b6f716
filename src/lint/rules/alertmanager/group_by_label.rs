//! Grouping by a label that no alert has.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::alertmanager::Route;
use crate::lint::context::Context;
use crate::lint::routing::{Alert, alerts, is_cut_off, is_spoken_of};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::source::Node;

rule! {
    /// A route groups by a label that no alert here has, or none of those that come to it: all of them land in one group, and one
    /// notification hides the rest.
    /// `...` beside other labels is refused.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// route: { receiver: web, group_by: [queue] }
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
        let alerts = if is_cut_off(context) { Vec::new() } else { alerts(context) };
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
        // What each alert is grouped by, where that can be told.
        let ends: Vec<(&Alert<'_>, Option<Vec<&Node>>)> = alerts
            .iter()
            .map(|alert| {
                let ends = alert.delivered(view.config, context);
                (alert, ends.map(|ends| ends.iter().filter_map(|end| end.group_by).collect()))
            })
            .collect();
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
                    // What relabelling takes away is a label of the rules all the same.
                    let help = did_you_mean(label, labels)
                        .filter(|meant| *meant != label)
                        .map_or_else(|| "group by labels that alerts have".to_owned(), |meant| format!("did you mean `{meant}`?"));
                    found.push(META.finding(node.span, format!("no alert here has the label `{label}`")).path(path.clone()).help(help));
                    continue;
                }
                // What cannot be told of an alert may be all that comes here.
                let coming =
                    || ends.iter().filter(|(_, lists)| lists.as_ref().is_none_or(|lists| lists.iter().any(|own| std::ptr::eq(*own, list))));
                if coming().count() > 1 && coming().all(|(alert, _)| alert.value(label, context).as_deref() == Some("")) {
                    let message = format!("none of the alerts that come here has the label `{label}`");
                    found.push(META.finding(node.span, message).path(path.clone()).help("group by labels that they have"));
                    continue;
                }
                // Nearly a label that alerts set by themselves, and set by none.
                let is_unheard = !is_spoken_of(label, context);
                let own: Vec<&str> = alerts
                    .iter()
                    .flat_map(|alert| alert.rule.labels().map(|(name, ..)| name))
                    .chain(["alertname", "instance", "job"])
                    .chain(alerts.iter().filter(|_| is_unheard).flat_map(|alert| alert.sure_labels(context)))
                    .collect();
                if let Some(meant) = did_you_mean(label, own.iter().copied()).filter(|meant| *meant != label && !own.contains(&label)) {
                    let message = format!("no alert here sets the label `{label}`");
                    found.push(META.finding(node.span, message).path(path.clone()).help(format!("did you mean `{meant}`?")));
                }
            }
        }
    }
}
