//! Data sources that dashboards or the server itself do not fit.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, did_you_mean, misspelt};
use crate::formats::provisioning::Datasource;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{View, ViewKind};
use crate::lint::words::hosts::{host, is_own};
use crate::promql::duration::{format_duration, parse_duration};
use crate::source::Node;

rule! {
    /// A provisioned data source is not what is asked for: dashboards name a uid or a type that none has, its type is nearly a known
    /// one, it has no URL, its host is a slip of its own name or Grafana itself, or it says that Prometheus scrapes more or less
    /// often than it does, from which Grafana reckons `$__rate_interval`. Or it leads on to another by a uid that is nearly one of
    /// theirs, or the file is of a version that Grafana does not read. A provider of dashboards names a file, or a folder that it does not use.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 30s }
    /// scrape_configs: [{ job_name: web, static_configs: [{ targets: ["web:8080"] }] }]
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "http://prometheus:9090", jsonData: { timeInterval: 5s } }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 30s }
    /// scrape_configs: [{ job_name: web, static_configs: [{ targets: ["web:8080"] }] }]
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "http://prometheus:9090", jsonData: { timeInterval: 30s } }]
    /// ```
    DatasourceUse, "datasource-use", Warning
}

/// Data sources of Grafana's own and the plugins used most.
const TYPES: &[&str] = &[
    "alertmanager",
    "cloudwatch",
    "elasticsearch",
    "graphite",
    "influxdb",
    "jaeger",
    "loki",
    "mixed",
    "mssql",
    "mysql",
    "opentsdb",
    "parca",
    "postgres",
    "prometheus",
    "stackdriver",
    "tempo",
    "zipkin",
];

/// What Grafana's plugin for Prometheus reads.
const SETTINGS: &[&str] = &[
    "httpMethod",
    "timeInterval",
    "queryTimeout",
    "manageAlerts",
    "allowAsRecordingRulesTarget",
    "prometheusType",
    "prometheusVersion",
    "cacheLevel",
    "incrementalQuerying",
    "incrementalQueryOverlapWindow",
    "disableRecordingRules",
    "disableMetricsLookup",
    "customQueryParameters",
    "exemplarTraceIdDestinations",
    "defaultEditor",
    "seriesLimit",
    "tlsAuth",
    "tlsAuthWithCACert",
    "tlsSkipVerify",
    "serverName",
    "sigV4Auth",
    "oauthPassThru",
    "keepCookies",
    "timeout",
    "directUrl",
];

impl Rule for DatasourceUse {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut all: Vec<(&View<'_>, &Datasource<'_>)> = Vec::new();
        for view in context.views {
            let list = match &view.kind {
                ViewKind::Datasources(list) => list,
                ViewKind::Providers(list) => {
                    version(view, found);
                    for provider in list {
                        folder(provider, found);
                    }
                    continue;
                }
                _ => continue,
            };
            version(view, found);
            for (index, source) in list.iter().enumerate() {
                let path = format!("datasources[{index}]");
                one(source, list, &path, context, found);
            }
            all.extend(list.iter().map(|source| (view, source)));
        }
        asked_for(&all, context, found);
        referred_to(&all, found);
    }
}

/// The version of a provisioning file.
fn version(view: &View<'_>, found: &mut Vec<Diagnostic>) {
    match view.root.entry("apiVersion") {
        Some((_, node)) if node.as_i64() != Some(1) => {
            let message = format!("Grafana reads version 1 of this file, and not {}", node.describe());
            found.push(META.finding(node.span, message).path("apiVersion").help("write `apiVersion: 1`"));
        }
        None => {
            let Some((_, key, _)) = view.root.entries().next() else { return };
            let message = "without `apiVersion` Grafana reads this file in an older form, in which keys have other names";
            found.push(META.finding(key.span, message).path("apiVersion").help("begin it with `apiVersion: 1`"));
        }
        _ => {}
    }
}

/// The folder of a provider of dashboards.
fn folder(provider: &Node, found: &mut Vec<Diagnostic>) {
    let path = provider.get("options").and_then(|options| options.get("path"));
    if let Some(node) = path.filter(|node| node.as_str().is_some_and(|text| text.to_lowercase().ends_with(".json"))) {
        let message = format!("{} is a file, and dashboards are looked for in a folder", node.describe());
        found.push(META.finding(node.span, message).path("providers.options.path").help("name the folder"));
    }
    let by_files = provider.at(["options", "foldersFromFilesStructure"]).filter(|node| node.as_bool() == Some(true));
    let named = |key: &str| provider.get_str(key).filter(|(_, text)| !text.is_empty());
    if let (Some(node), Some((folder, _))) = (by_files, named("folder").or_else(|| named("folderUid"))) {
        let message = if named("folder").and(named("folderUid")).is_some() {
            "with folders that are made of files Grafana refuses a `folder` with a `folderUid`"
        } else {
            "folders are made of those that the files lie in, and the one that is named here is not used"
        };
        let finding = META.finding(node.span, message).path("providers.options.foldersFromFilesStructure");
        found.push(finding.related(folder.span, "the folder").help("leave the folder out, or this"));
    }
    if let Some(node) = provider.get("updateIntervalSeconds").filter(|node| node.as_i64() == Some(0)) {
        let message = "with 0 Grafana looks every 10 seconds, as if nothing were said";
        found.push(META.finding(node.span, message).path("providers.updateIntervalSeconds").help("say how often"));
    }
}

/// A data source by itself.
fn one(source: &Datasource<'_>, list: &[Datasource<'_>], path: &str, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut add = |node: &Node, key: &str, message: String, help: String| {
        found.push(META.finding(node.span, message).path(format!("{path}.{key}")).help(help));
    };
    let kind = source.node.get("type");
    if let Some((node, meant)) = kind.and_then(|node| Some((node, did_you_mean(node.as_str()?, TYPES.iter().copied())?)))
        && !TYPES.contains(&source.kind)
    {
        add(node, "type", format!("no data source is of type {}", node.describe()), format!("did you mean `{meant}`?"));
    }
    let url = source.node.get_str("url");
    match (url, kind) {
        (None | Some((_, "")), Some(node)) if matches!(source.kind, "prometheus" | "loki" | "tempo" | "jaeger" | "alertmanager") => {
            add(node, "url", "the data source has no URL, so nothing can be asked".to_owned(), "add `url: http://host:port`".to_owned());
        }
        (Some((node, text)), _) => address(node, text, source, (list, context), &mut add),
        _ => {}
    }
    if source.kind != "prometheus" {
        return;
    }
    for (name, key, value) in source.node.entries_of("jsonData") {
        if let Some(meant) = misspelt(name, SETTINGS) {
            add(key, "jsonData", format!("Grafana reads no setting `{name}`"), format!("did you mean `{meant}`?"));
        }
        let flag = matches!(
            name,
            "manageAlerts" | "disableRecordingRules" | "incrementalQuerying" | "disableMetricsLookup" | "tlsSkipVerify" | "tlsAuth"
        );
        if flag && value.as_bool().is_none() && !value.as_str().is_some_and(|text| text.contains('$')) {
            add(value, "jsonData", format!("`{name}` is true or false"), "write it without quotes".to_owned());
        }
        if name == "timeInterval" {
            interval(value, context, &mut add);
        }
    }
}

/// How often Prometheus scrapes, as the data source says and as Prometheus does.
fn interval(node: &Node, context: &Context<'_>, add: &mut dyn FnMut(&Node, &str, String, String)) {
    let (Some(said), [config]) = (node.as_str().and_then(|text| parse_duration(text).ok()), context.world.prometheus.as_slice()) else {
        return;
    };
    let scraped: Vec<i64> = config.jobs.iter().map(|job| job.interval).collect();
    let (Some(least), Some(most)) = (scraped.iter().min(), scraped.iter().max()) else { return };
    let message = if said < *least {
        format!("every job is scraped every `{}` or less often, and `$__rate_interval` comes out too short", format_duration(*least))
    } else if said > *most {
        format!("every job is scraped every `{}` or more often, and rates come out coarser than they are", format_duration(*most))
    } else {
        return;
    };
    add(node, "jsonData.timeInterval", message, format!("write `{}`", format_duration(*most)));
}

/// Where a data source is asked.
fn address(
    node: &Node,
    text: &str,
    source: &Datasource<'_>,
    (list, context): (&[Datasource<'_>], &Context<'_>),
    add: &mut dyn FnMut(&Node, &str, String, String),
) {
    let host = |text: &str| host(text).to_lowercase();
    let (own, port) = (host(text), text.rsplit_once(':').map_or("", |(_, rest)| rest.split('/').next().unwrap_or("")));
    let named = [source.kind, source.uid.unwrap_or(""), source.name.unwrap_or("")];
    let first = own.split('.').next().unwrap_or("").to_owned();
    if let Some(meant) =
        named.iter().map(|name| name.to_lowercase()).find(|name| name.len() > 4 && strsim::damerau_levenshtein(name, &first) == 1)
    {
        add(node, "url", format!("the host `{first}` is nearly `{meant}`"), format!("did you mean `{meant}`?"));
    }
    let others = list.iter().filter_map(|other| other.node.get("url")?.as_str());
    if is_own(&own) && source.node.get("access").and_then(Node::as_str) != Some("direct") && others.map(host).any(|other| !is_own(&other)) {
        add(node, "url", format!("`{own}` is Grafana itself where it runs in a container"), "name the host of the data source".to_owned());
    }
    let other = [("9091", "the Pushgateway"), ("9100", "the node exporter"), ("3000", "Grafana itself")];
    if let Some((_, what)) = other.iter().find(|(other, _)| *other == port && source.kind == "prometheus" && !scrapes_itself(port, context))
    {
        add(node, "url", format!("port {port} is {what}, and answers no queries"), "name the port of its queries".to_owned());
    }
}

/// Whether a Prometheus here scrapes itself at a port.
fn scrapes_itself(port: &str, context: &Context<'_>) -> bool {
    let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs).filter(|job| job.name().contains("prometheus"));
    let mut addresses = jobs.flat_map(|job| &job.targets.addresses).filter_map(|node| node.as_str());
    addresses.any(|address| is_own(host(address)) && address.ends_with(&format!(":{port}")))
}

/// What dashboards ask for and no data source is.
fn asked_for(all: &[(&View<'_>, &Datasource<'_>)], context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some((_, key, _)) = all.first().and_then(|(view, _)| view.root.entries().find(|(key, ..)| *key == "datasources")) else { return };
    let variables = || context.dashboards().flat_map(|dashboard| &dashboard.variables).filter(|variable| variable.kind == "datasource");
    for variable in variables() {
        let Some(kind) = variable.node.get("query").and_then(Node::as_str).filter(|kind| TYPES.contains(kind)) else { continue };
        let of_kind: Vec<_> = all.iter().map(|(_, source)| source).filter(|source| source.kind == kind).collect();
        if of_kind.is_empty() {
            let message = format!("a dashboard chooses among data sources of type `{kind}`, and there is none");
            found.push(
                META.finding(key.span, message)
                    .path("datasources")
                    .related(variable.name.span, "this variable")
                    .help("add one, or correct its type"),
            );
            return;
        }
        let wanted = variable
            .node
            .get("current")
            .and_then(|current| current.get("value")?.as_str())
            .filter(|uid| !uid.contains('$') && *uid != "default");
        let Some(wanted) = wanted else { continue };
        if !of_kind.iter().any(|source| source.uid == Some(wanted) || source.name == Some(wanted)) {
            let place = of_kind[0].node.get("uid").or_else(|| of_kind[0].node.get("name")).unwrap_or(key);
            let message = format!("a dashboard begins with the data source `{wanted}`, and none has this uid");
            found.push(
                META.finding(place.span, message)
                    .path("datasources")
                    .related(variable.name.span, "this variable")
                    .help(format!("write `uid: {wanted}`")),
            );
            return;
        }
    }
}

/// Other data sources that one leads to, from an exemplar, a trace or a line.
fn referred_to(all: &[(&View<'_>, &Datasource<'_>)], found: &mut Vec<Diagnostic>) {
    let known: Vec<&str> = all.iter().filter_map(|(_, source)| source.uid).collect();
    let mut missed: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for (_, source) in all {
        let mut places = Vec::new();
        source.node.get("jsonData").into_iter().for_each(|settings| references(settings, &mut places));
        for node in places {
            let Some(uid) = node.as_str().filter(|uid| !uid.contains('$') && !known.contains(uid)) else { continue };
            // What is not provisioned here may have been made by hand, unless its name is nearly one of these.
            // By its name, as it is written, Grafana finds it as well.
            let of_name =
                || all.iter().find(|(_, source)| source.name.is_some_and(|name| name != uid && name.eq_ignore_ascii_case(uid)))?.1.uid;
            let Some(meant) = did_you_mean(uid, known.iter().copied()).or_else(of_name) else { continue };
            let message = format!("no data source has the uid `{uid}`");
            found.push(META.finding(node.span, message).path("jsonData").help(format!("did you mean `{meant}`?")));
            missed.entry(meant).or_default().push(node);
        }
    }
    // Where several ask for one that nobody has, the one that was meant may have the wrong uid.
    for (uid, asked) in missed.into_iter().filter(|(_, asked)| asked.windows(2).all(|pair| pair[0].as_str() == pair[1].as_str())) {
        let own = all.iter().find_map(|(_, source)| source.node.get("uid").filter(|node| node.as_str() == Some(uid)));
        let (Some(own), [first, _, ..]) = (own, asked.as_slice()) else { continue };
        let message = format!("the others ask for {}, and nobody for this", first.describe());
        found.push(META.finding(own.span, message).path("datasources").related(first.span, "asked for here").help("use one uid"));
    }
}

fn references<'a>(node: &'a Node, places: &mut Vec<&'a Node>) {
    for (key, _, value) in node.entries() {
        if matches!(key, "alertmanagerUid" | "datasourceUid") {
            places.push(value);
        } else {
            references(value, places);
        }
    }
    node.items().for_each(|item| references(item, places));
}
