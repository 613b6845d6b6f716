//! Provisioned data sources that Grafana refuses or cannot reach.

mod address;
mod alertmanager;
mod default;
mod followed;
mod headers;
mod of_prometheus;
mod port;

use foldhash::HashSet;

use self::address::{asked, certified};
use self::alertmanager::alertmanager;
use self::default::Defaults;
use self::followed::{followed, shifted};
use self::headers::headers;
use self::of_prometheus::of_prometheus;
use self::port::other_program;
use crate::diagnostic::{Diagnostic, Level};
use crate::formats::provisioning::Datasource;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
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

impl Rule for DatasourceSetting {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let lists =
            context.views.iter().filter_map(|view| if let ViewKind::Datasources(list) = &view.kind { Some((view, list)) } else { None });
        let provisioned: Vec<&Datasource<'_>> = context.datasources().flatten().collect();
        let mut defaults = Defaults::default();
        for (view, list) in lists {
            let mut seen = HashSet::default();
            for (index, source) in list.iter().enumerate() {
                let mut report = |level: Level, node: &Node, key: &str, message: String, help: &str| {
                    found.push(META.finding_at(level, node.span, message).path(format!("datasources[{index}].{key}")).help(help));
                };
                let text = |key: &str| source.node.get(key).and_then(Node::as_str);
                let known = |key: &'static str| (key, text("orgId"), text(key));
                for key in ["name", "uid"] {
                    if let Some(node) = source.node.get(key).filter(|_| seen.contains(&known(key))) {
                        let message = format!("two data sources have the {key} {}", node.describe());
                        report(Level::Error, node, key, message, "give each its own");
                    }
                }
                seen.extend(["name", "uid"].map(known));
                if let Some((node, first, level)) = defaults.second(source, view) {
                    let message = "two data sources are the default".to_owned();
                    report(level, node, "isDefault", message.clone(), "keep one");
                    // In another file it may be the other one that was changed.
                    if first.span.source != node.span.source {
                        report(level, first, "isDefault", message, "keep one");
                    }
                }
                other_program(source, &mut report);
                asked(source, context, &mut report);
                followed(source, &provisioned, &mut report);
                shifted(source, &mut report);
                headers(source, &mut report);
                alertmanager(source, context, &mut report);
                certified(source, &mut report);
                of_prometheus(source, &mut report);
            }
        }
    }
}

type Report<'r> = dyn FnMut(Level, &Node, &str, String, &str) + 'r;
