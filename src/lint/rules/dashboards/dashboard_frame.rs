//! What a dashboard says about itself as a whole, and what of it Grafana cannot use.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::dashboard::Dashboard;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// A dashboard has no title, a uid that Grafana does not take, a schema version that is none or missing, a time range that ends before it
    /// begins or lies in the future, a refresh interval that is no duration or shorter than Grafana allows, a link that leads
    /// nowhere, or no panels.
    ///
    /// ```json fires
    /// { "title": "Web", "uid": "web", "schemaVersion": 39, "time": { "from": "now+6h", "to": "now" },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "uid": "web", "schemaVersion": 39, "time": { "from": "now-6h", "to": "now" }, "refresh": "30s",
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    DashboardFrame, "dashboard-frame", Warning
}

/// Keys of a dashboard that others are nearly.
const KEYS: &[&str] = &[
    "annotations",
    "description",
    "editable",
    "fiscalYearStartMonth",
    "gnetId",
    "graphTooltip",
    "id",
    "links",
    "liveNow",
    "panels",
    "preload",
    "refresh",
    "revision",
    "rows",
    "schemaVersion",
    "snapshot",
    "style",
    "tags",
    "templating",
    "time",
    "timepicker",
    "timezone",
    "title",
    "uid",
    "version",
    "weekStart",
];

/// Grafana reads no schema older than this any longer, and this is far beyond the newest.
const SCHEMAS: std::ops::Range<i64> = 13..1000;

/// Grafana's shortest interval, where nobody has changed it, in milliseconds.
const SHORTEST: i64 = 5000;

/// `now`, some steps, and perhaps a rounding.
static RELATIVE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^now((?:[-+]\d+[smhdwMQy])*)(?:/f?[smhdwMQy])*$").ok());
static STEP: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"([-+])(\d+)([smhdwMQy])").ok());

struct Report<'r> {
    found: &'r mut Vec<Diagnostic>,
}

impl Report<'_> {
    fn add(&mut self, node: &Node, path: &str, message: String, help: &str) {
        self.found.push(META.finding(node.span, message).path(path).help(help));
    }
}

impl Rule for DashboardFrame {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let dashboard = view.dashboard;
        if dashboard.layout_apart {
            return;
        }
        let mut report = Report { found };
        names(dashboard.root, &mut report);
        time(dashboard.root, &mut report);
        begins_before(dashboard.root, context, &mut report);
        too_coarse(dashboard, &mut report);
        links(dashboard.root, &mut report);
        for (key, node, _) in dashboard.root.entries().filter(|(key, ..)| !KEYS.contains(key)) {
            if let Some(meant) =
                did_you_mean(key, KEYS.iter().copied()).filter(|meant| dashboard.root.get(meant).is_none() || *meant == "panels")
            {
                report.add(node, key, format!("a dashboard has no `{key}`"), &format!("did you mean `{meant}`?"));
            }
        }
        if let Some(list) = dashboard.root.get("panels").filter(|list| list.as_sequence().is_some_and(<[_]>::is_empty))
            && dashboard.root.get("rows").is_none()
        {
            report.add(list, "panels", "the dashboard has no panels".to_owned(), "add one, or remove the file");
        }
    }
}

/// Title, uid, version of the schema, and switches.
fn names(root: &Node, report: &mut Report<'_>) {
    match root.get("title") {
        Some(title) if title.as_str().is_some_and(|title| title.trim().is_empty()) => {
            report.add(title, "title", "the title is empty, and Grafana does not load the dashboard".to_owned(), "give it one");
        }
        None => {
            if let Some((key, _)) = root.entry("panels").or_else(|| root.entry("uid")) {
                report.add(key, "title", "the dashboard has no title, and Grafana does not load it".to_owned(), "add `\"title\": \"…\"`");
            }
        }
        _ => {}
    }
    if let Some((node, uid)) = root.get_str("uid")
        && !uid.contains('$')
    {
        let takes = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let message = if uid.len() > 40 {
            Some(format!("the uid has {} characters, and Grafana takes at most 40", uid.len()))
        } else if !uid.is_empty() && !uid.chars().all(takes) {
            Some(format!("the uid {} has characters that Grafana does not take", node.describe()))
        } else if uid.is_empty() {
            Some("the uid is empty: Grafana makes one up, and links to the dashboard break".to_owned())
        } else {
            None
        };
        if let Some(message) = message {
            report.add(node, "uid", message, "use letters, digits, `-` and `_`");
        }
    }
    if let Some(node) = root.get("schemaVersion").filter(|node| !node.is_null()) {
        match node.as_i64() {
            Some(version) if SCHEMAS.contains(&version) => {}
            _ => {
                report.add(
                    node,
                    "schemaVersion",
                    format!("{} is no version of the schema that Grafana reads", node.describe()),
                    "write 39",
                );
            }
        }
    }
    if let Some((key, _)) = root.entry("panels").filter(|(_, list)| root.get("schemaVersion").is_none() && list.items().next().is_some()) {
        let message = "without `schemaVersion` Grafana takes the dashboard for one of its first, and rewrites it on loading";
        report.add(key, "schemaVersion", message.to_owned(), "add `\"schemaVersion\": 39`");
    }
    for key in ["editable", "liveNow"] {
        if let Some(node) = root.get(key).filter(|node| node.as_bool().is_none() && !node.is_null()) {
            report.add(node, key, format!("`{key}` is true or false"), "use one of those");
        }
    }
}

/// The range of time, how often it is asked for anew, and what is offered instead.
fn time(root: &Node, report: &mut Report<'_>) {
    if let Some(time) = root.get("time") {
        let moment = |key: &str| time.get_str(key);
        for key in ["from", "to"] {
            let Some((node, text)) = moment(key) else { continue };
            let absolute =
                text.starts_with(|c: char| c.is_ascii_digit()) && (text.contains('-') || text.bytes().all(|b| b.is_ascii_digit()));
            if offset(text).is_none() && !absolute && !text.contains('$') {
                report.add(node, &format!("time.{key}"), format!("{} is no moment", node.describe()), "write it as `now-6h`");
            }
        }
        let offsets = |key: &str| moment(key).and_then(|(node, text)| Some((node, offset(text)?)));
        if let Some((node, from)) = offsets("from")
            && from > 0
        {
            report.add(
                node,
                "time.from",
                "the range of time begins in the future, where there is nothing yet".to_owned(),
                "write it as `now-6h`",
            );
        } else if let (Some((node, from)), Some((_, to))) = (offsets("from"), offsets("to")) {
            let rounded = |key: &str| moment(key).is_some_and(|(_, text)| text.contains('/'));
            if from >= to && !(rounded("from") || rounded("to")) {
                report.add(node, "time.from", "the range of time ends before it begins".to_owned(), "write it as `now-6h` to `now`");
            }
        }
    }
    if let Some(node) = root.get("refresh").filter(|node| !node.is_null()) {
        let text = node.as_str().unwrap_or("");
        let ends = root.get("time").and_then(|time| time.get("to")).and_then(Node::as_str).unwrap_or("now");
        if ends.starts_with(|c: char| c.is_ascii_digit()) && parse_duration(text).is_ok() {
            report.add(node, "refresh", format!("what is shown ends at {ends}, and nothing new comes into it"), "end at `now`");
        }
        let off = node.as_bool() == Some(false) || text.is_empty() || matches!(text, "auto" | "off" | "false") || text.contains('$');
        match parse_duration(text) {
            _ if off => {}
            Ok(interval) if interval >= SHORTEST => {}
            Ok(_) => report.add(node, "refresh", format!("{} is shorter than the 5s that Grafana allows", node.describe()), "use `30s`"),
            Err(_) => report.add(node, "refresh", format!("{} is no interval", node.describe()), "write it as `30s`"),
        }
    }
    for node in root.get("timepicker").and_then(|picker| picker.get("refresh_intervals")).into_iter().flat_map(Node::items) {
        if node.as_str().is_some_and(|text| parse_duration(text).is_err() && text != "auto") {
            report.add(node, "timepicker.refresh_intervals", format!("{} is no interval", node.describe()), "write it as `30s`");
        }
    }
}

/// Queries whose shortest step is longer than all the time that is shown.
fn too_coarse(dashboard: &Dashboard<'_>, report: &mut Report<'_>) {
    let Some(time) = dashboard.root.get("time") else { return };
    let moment = |key: &str| time.get(key).and_then(Node::as_str).filter(|text| !text.contains('/')).and_then(offset);
    let (Some(from), Some(to)) = (moment("from"), moment("to")) else { return };
    let shown = to.saturating_sub(from).saturating_mul(1000);
    for panel in dashboard.panels.iter().filter(|panel| panel.kind == "timeseries" && panel.node.get("timeFrom").is_none_or(Node::is_null))
    {
        let steps = panel.targets.iter().filter(|target| target.expr.is_some()).map(|target| (target.node, &target.path));
        for (node, path) in [(panel.node, &panel.path)].into_iter().chain(steps) {
            let step = node.get_str("interval").and_then(|(node, text)| Some((node, parse_duration(text.trim_start_matches('>')).ok()?)));
            if let Some((node, _)) = step.filter(|(_, step)| shown > 0 && *step > shown) {
                let message = format!("one point stands for {}, and the dashboard opens on less", node.describe());
                report.add(node, &format!("{path}.interval"), message, "leave it out, or write a shorter one");
            }
        }
    }
}

/// A dashboard that opens on more than is kept.
fn begins_before(root: &Node, context: &Context<'_>, report: &mut Report<'_>) {
    let Some((node, text)) = root.get("time").and_then(|time| time.get("from")).and_then(Node::with_str) else {
        return;
    };
    let (Some(from), Some((kept, place))) = (offset(text).filter(|_| !text.contains('/')), context.world.retention()) else { return };
    if from.saturating_neg().saturating_mul(1000) > kept {
        let kept = crate::promql::duration::format_duration(kept);
        let finding = META.finding(node.span, format!("samples are kept for `{kept}`, and the dashboard opens on more"));
        report.found.push(finding.path("time.from").related(place, "kept as long").help("show less, or keep them longer"));
    }
}

/// How far a relative moment lies from now, in seconds.
fn offset(text: &str) -> Option<i64> {
    let steps = RELATIVE.as_ref()?.captures(text)?.get(1).map_or("", |steps| steps.as_str());
    let seconds = |unit: &str| match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "M" => 30 * 86_400,
        "Q" => 91 * 86_400,
        _ => 365 * 86_400,
    };
    let step = |step: regex::Captures<'_>| {
        let length = step[2].parse::<i64>().ok()?.checked_mul(seconds(&step[3]))?;
        Some(if &step[1] == "-" { -length } else { length })
    };
    STEP.as_ref()?.captures_iter(steps).map(step).try_fold(0_i64, |sum, step| sum.checked_add(step?))
}

/// Links of the dashboard.
fn links(root: &Node, report: &mut Report<'_>) {
    for link in root.items_of("links") {
        let text = |key: &str| link.get_str(key);
        let kind = text("type");
        if let Some((node, _)) = kind.filter(|(_, kind)| !matches!(*kind, "link" | "dashboards")) {
            report.add(node, "links", format!("{} is no type of link", node.describe()), "use `link` or `dashboards`");
        }
        for key in ["targetBlank", "includeVars", "keepTime", "asDropdown"] {
            if let Some(node) = link.get(key).filter(|node| node.as_bool().is_none() && !node.is_null()) {
                report.add(node, "links", format!("`{key}` is true or false"), "write it without quotes");
            }
        }
        let Some((node, url)) = text("url") else { continue };
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        let leads = url.starts_with(['/', '$', '#', '?', 'd']) || scheme.is_some_and(|scheme| matches!(scheme, "http" | "https"));
        match kind.map(|(_, kind)| kind) {
            Some("dashboards") if scheme.is_some() => {
                report.add(node, "links", "a link to dashboards goes by their tags, and not to a URL".to_owned(), "use the type `link`");
            }
            Some("link") if !leads => {
                let message = if url.is_empty() { "the link leads nowhere".to_owned() } else { format!("{} is no URL", node.describe()) };
                report.add(node, "links", message, "write it as `https://…`");
            }
            _ => {}
        }
    }
}
