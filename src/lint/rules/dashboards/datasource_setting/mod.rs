//! Provisioned data sources that Grafana refuses or cannot reach.

mod address;
mod alertmanager;
mod followed;
mod headers;

use foldhash::{HashMap, HashSet};

use self::address::{asked, trusts, unverifiable};
use self::alertmanager::alertmanager;
use self::followed::{followed, shifted};
use self::headers::headers;
use crate::diagnostic::{Diagnostic, Level};
use crate::formats::provisioning::Datasource;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{View, ViewKind};
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// A provisioned data source cannot work: two of them have one name or one uid, more than one is the default, its URL has no
    /// scheme or leads to another program's port, or its method or interval is none that Grafana takes. Or it leads on to a data source
    /// that is not provisioned while others of that kind are, looks for what belongs to a span after its start, asks an Alertmanager in
    /// the way of Mimir's, or names a header whose value has another number.
    ///
    /// ```yaml fires
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "prometheus:9090" }]
    /// ```
    /// ```yaml silent
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "http://prometheus:9090" }]
    /// ```
    DatasourceSetting, "datasource-setting", Warning up to Error
}

/// Ports of other programs than the data source's.
const OTHER: &[(&str, &str)] = &[("9093", "Alertmanager"), ("9115", "the blackbox exporter"), ("4317", "OTLP"), ("4318", "OTLP")];

impl Rule for DatasourceSetting {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let lists =
            context.views.iter().filter_map(|view| if let ViewKind::Datasources(list) = &view.kind { Some((view, list)) } else { None });
        let provisioned: Vec<&Datasource<'_>> = lists.clone().flat_map(|(_, list)| list).collect();
        // By what Grafana reads as a whole, and by organisation.
        let mut defaults: HashMap<(&str, i64), &View<'_>> = HashMap::default();
        for (view, list) in lists {
            let mut seen = HashSet::default();
            for (index, source) in list.iter().enumerate() {
                let mut report = |level: Level, node: &Node, key: &str, message: String, help: &str| {
                    found.push(META.finding_at(level, node.span, message).path(format!("datasources[{index}].{key}")).help(help));
                };
                let text = |key: &str| source.node.get(key).and_then(Node::as_str);
                let known = |key: &'static str| (key, text("orgId"), text(key));
                let same = |key: &'static str| {
                    let value = source.node.get(key)?;
                    seen.contains(&known(key)).then_some(value)
                };
                for key in ["name", "uid"] {
                    if let Some(node) = same(key) {
                        report(
                            Level::Error,
                            node,
                            key,
                            format!("two data sources have the {key} {}", node.describe()),
                            "give each its own",
                        );
                    }
                }
                if let (Some(node), Some(organisation)) = (source.node.get("isDefault"), default_of(source)) {
                    let first = defaults.entry((read_as_a_whole(view), organisation)).or_insert(view);
                    let is_here = first.source == view.source;
                    // The first one of all is no second.
                    if !is_here || list[..index].iter().any(|other| default_of(other) == Some(organisation)) {
                        let level = if is_here { Level::Error } else { Level::Warning };
                        report(level, node, "isDefault", "two data sources are the default".to_owned(), "keep one");
                    }
                }
                seen.extend(["name", "uid"].map(known));
                let url = source.node.get_str("url");
                if let Some((node, text)) = url.filter(|(_, text)| !text.is_empty() && !text.contains('$')) {
                    let port =
                        text.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once(':')).map_or("", |(_, port)| port);
                    if source.kind == "prometheus" && !text.contains("://") {
                        report(Level::Warning, node, "url", format!("{} has no scheme", node.describe()), "write it as `http://host:port`");
                    } else if let Some((_, what)) =
                        OTHER.iter().find(|(other, _)| *other == port && matches!(source.kind, "prometheus" | "tempo" | "loki"))
                    {
                        report(
                            Level::Warning,
                            node,
                            "url",
                            format!("port {port} is {what}, and answers no queries"),
                            "name the port of its queries",
                        );
                    }
                }
                asked(source, context, &mut report);
                followed(source, &provisioned, &mut report);
                shifted(source, &mut report);
                headers(source, &mut report);
                alertmanager(source, context, &mut report);
                if let Some((node, host)) = url.and_then(|(node, text)| Some((node, unverifiable(text)?))).filter(|_| !trusts(source.node))
                {
                    report(
                        Level::Warning,
                        node,
                        "url",
                        format!("no authority certifies a host called `{host}`, so Grafana refuses its certificate"),
                        "write `http://`, or name the authority with `tlsAuthWithCACert`",
                    );
                }
                let data = source.node.get("jsonData").filter(|_| source.kind == "prometheus");
                let method = data.and_then(|data| data.get("httpMethod"));
                if let Some(node) =
                    method.filter(|node| !node.as_str().is_some_and(|text| matches!(text, "GET" | "POST" | "") || text.contains('$')))
                {
                    report(
                        Level::Warning,
                        node,
                        "jsonData.httpMethod",
                        format!("Prometheus is not asked by {}", node.describe()),
                        "use `POST`",
                    );
                }
                let interval = data.and_then(|data| data.get("timeInterval"));
                if let Some(node) = interval.filter(|node| {
                    node.as_str().is_some_and(|text| !text.is_empty() && !text.contains('$') && parse_duration(text).is_err())
                }) {
                    report(
                        Level::Warning,
                        node,
                        "jsonData.timeInterval",
                        format!("{} is no duration", node.describe()),
                        "write it as `15s`",
                    );
                }
            }
        }
    }
}

type Report<'r> = dyn FnMut(Level, &Node, &str, String, &str) + 'r;

/// The organisation that a data source is the default of: the first one, where it names none.
fn default_of(source: &Datasource<'_>) -> Option<i64> {
    source.node.get("isDefault").and_then(Node::as_bool).filter(|is_default| *is_default)?;
    source.node.get("orgId").map_or(Some(1), |id| id.as_i64().map(|id| id.max(1)))
}

/// The folder of which Grafana reads all files; of one that is called otherwise nobody knows, and it is the file.
fn read_as_a_whole<'a>(view: &View<'a>) -> &'a str {
    let folder = view.file.rsplit_once('/').map(|(folder, _)| folder);
    folder.filter(|folder| folder.rsplit('/').next() == Some("datasources")).unwrap_or(view.file)
}
