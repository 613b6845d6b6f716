//! What becomes of an alert in Alertmanager: the values of its labels on arrival, and the routes that it takes.

use std::borrow::Borrow;
use std::cell::{OnceCell, RefCell};

use foldhash::{HashMap, HashSet};

use crate::formats::Kind;
use crate::formats::alertmanager::{Alertmanager, MatchOp, Matcher, Route};
use crate::formats::prometheus::Relabel;
use crate::formats::rule_file::Rule;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::inference::target_values;
use crate::lint::query::{Query, named_job, pins};
use crate::lint::template::outcomes;
use crate::lint::views::loading::Files;
use crate::lint::views::{View, ViewKind};
use crate::lint::words::anchored::{REMEMBERED, full_match, is_plain};
use crate::lint::world::exporters;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::{makes_labels, selectors, visit};
use crate::source::Node;

/// An alert of the inputs, as Alertmanager gets it.
pub struct Alert<'a> {
    /// Its rule.
    pub rule: &'a Rule<'a>,
    pub query: &'a Query<'a>,
    /// Whether it is a watchdog, found when that is first asked for.
    watchdog: OnceCell<bool>,
    /// The values that labels of its targets may have, found when one is first asked for.
    of_targets: RefCell<HashMap<String, Option<Vec<String>>>>,
}

/// Severities that are to wake somebody.
pub const GRAVE: &[&str] = &["critical", "page", "error", "emergency", "disaster"];
/// Severities that can wait.
pub const MILD: &[&str] = &["warning", "ticket", "info", "notice"];

/// A route that an alert ends at.
pub struct Delivery<'r, 'a> {
    /// The route.
    pub route: &'r Route<'a>,
    /// The receiver, perhaps of a route above.
    pub receiver: Option<&'a Node>,
    /// The labels that it is grouped by, perhaps of a route above.
    pub group_by: Option<&'a Node>,
}

/// Every alert of the inputs; none where there are too many to be led along the routes.
pub fn alerts<'a>(context: &Context<'a>) -> Vec<Alert<'a>> {
    let of = |query: &&'a Query<'a>| {
        query.alerting_rule().map(|rule| Alert { rule, query, watchdog: OnceCell::new(), of_targets: RefCell::default() })
    };
    if are_too_many(context) { Vec::new() } else { context.queries.iter().filter_map(of).collect() }
}

/// So many pairs of an alert and a route, or an inhibition, are looked at: no set that people keep has as many, and each is
/// compared more than once.
const PAIRS: usize = 2_000_000;

/// Of more patterns some would be forgotten in favour of others.
const PATTERNS: usize = REMEMBERED / 4 * 3;

/// So many pairs of an alert and a pattern are looked at where there are more: each pattern is compiled again for each alert.
const PAIRS_OF_PATTERNS: usize = 20_000;

/// Whether there are too many alerts and routes to compare them all: then nobody knows what becomes of the alerts.
fn are_too_many(context: &Context<'_>) -> bool {
    let configs = context.views.iter().filter_map(|view| if let ViewKind::Alertmanager(config) = &view.kind { Some(config) } else { None });
    let (mut rules, mut patterns) = (0, HashSet::default());
    for config in configs {
        let routes = config.routes();
        rules += routes.len() + config.inhibitions.len();
        let of_inhibitions = config.inhibitions.iter().flat_map(|rule| rule.source.iter().chain(&rule.target));
        let matchers = routes.into_iter().flat_map(|route| &route.matchers).chain(of_inhibitions);
        let is_pattern = |matcher: &&Matcher<'_>| matches!(matcher.op, MatchOp::Regex | MatchOp::NotRegex) && !is_plain(&matcher.value);
        patterns.extend(matchers.filter(is_pattern).map(|matcher| matcher.value.as_str()));
    }
    // Most sets are through with this.
    if rules * context.queries.len() <= PAIRS_OF_PATTERNS {
        return false;
    }
    let alerts = context.queries.iter().filter(|query| query.alerting_rule().is_some()).count();
    alerts * rules > PAIRS || patterns.len() > PATTERNS && alerts * patterns.len() > PAIRS_OF_PATTERNS
}

/// The values that several rules give to a label themselves, where none is put together when the alert fires: then no series bring others.
pub fn set_by_hand<'a>(label: &str, alerts: &[impl Borrow<Alert<'a>>]) -> Option<Vec<&'a str>> {
    let set: Vec<&str> = alerts.iter().filter_map(|alert| alert.borrow().rule.label(label)?.as_str()).collect();
    Some(set).filter(|set| set.len() >= 2 && !set.iter().any(|value| value.contains("{{")))
}

/// Whether several rules set the label of a matcher themselves, none of them to a value that it takes: then no series bring it.
pub fn is_set_otherwise<'a>(matcher: &Matcher<'_>, alerts: &[impl Borrow<Alert<'a>>]) -> bool {
    let is_asked = matcher.op == MatchOp::Equal && !matcher.value.is_empty() && !matches!(matcher.label.as_str(), "severity" | "alertname");
    is_asked && set_by_hand(&matcher.label, alerts).is_some_and(|set| !set.contains(&matcher.value.as_str()))
}

/// Whether a file of rules could not be read to its end, or too many alerts are there, so that alerts and their labels are missing here.
pub fn is_cut_off(context: &Context<'_>) -> bool {
    context.views.iter().any(|view| matches!(view.kind, ViewKind::Rules(_)) && !view.complete) || are_too_many(context)
}

/// Whether all alerts that reach Alertmanager are among the inputs, as far as can be told: there is one Prometheus, and all
/// that it loads is here.
pub fn is_closed(context: &Context<'_>) -> bool {
    let rules = || context.views.iter().filter(|view| matches!(view.kind, ViewKind::Rules(_)));
    let mut servers = context.views.iter().filter_map(|view| Some((view, view.prometheus()?)));
    let (Some((view, config)), None) = (servers.next(), servers.next()) else { return false };
    let files = Files::new(rules());
    let loads = |glob: &Node| files.loaded(view, glob).is_some();
    !are_too_many(context)
        && view.complete
        && rules().all(|view| view.complete)
        && !config.rule_files.is_empty()
        && config.rule_files.iter().all(loads)
}

/// Whether a rule, a page, or a configuration that says whence series come speaks of a label.
pub fn is_spoken_of(label: &str, context: &Context<'_>) -> bool {
    let is_source = |view: &&View<'_>| {
        let shown = matches!(view.kind, ViewKind::Other(Kind::Manifest | Kind::Exposition) | ViewKind::Collector(_));
        shown || matches!(view.kind, ViewKind::Rules(_) | ViewKind::Prometheus(_) | ViewKind::Targets(_))
    };
    let others = context.views.iter().filter(is_source);
    let shown = context.world.catalogues.iter().flat_map(|catalogue| &catalogue.metrics).flat_map(|metric| &metric.labels);
    others.into_iter().any(|view| view.text.contains(label)) || shown.into_iter().any(|known| known.name.value == label)
}

/// Whether no alert has a label, as far as can be told: all of them are here, nothing speaks of it, and it is none that exporters bring.
pub fn is_unheard(label: &str, context: &Context<'_>) -> bool {
    is_closed(context) && !is_spoken_of(label, context) && !exporters::bring(label)
}

impl<'a> Alert<'a> {
    /// The value of a label on arrival, "" where it has none; `None` where that cannot be said.
    pub fn value(&self, label: &str, context: &Context<'_>) -> Option<String> {
        let value = if label == "alertname" {
            self.rule.name().to_owned()
        } else {
            match self.rule.label(label) {
                Some(node) => node.as_str().filter(|value| !value.contains("{{"))?.to_owned(),
                // By convention a series carries no severity; any other label it may.
                None if label == "severity" => String::new(),
                None => {
                    let expr = self.query.expr.as_ref()?;
                    if let Some(job) = (label == "job").then(|| only_job(expr, context)).flatten() {
                        return relabelled_all(context, label, job);
                    }
                    (!shape(expr, context.world).possible(label) || !may_bring(expr, label, context)).then(String::new)?
                }
            }
        };
        relabelled_all(context, label, value)
    }

    /// Whether every series of it has a label, with a value.
    pub fn surely_has(&self, label: &str, context: &Context<'_>) -> bool {
        let set = self.rule.label(label).and_then(Node::as_str).is_some_and(|value| !value.is_empty());
        set || self.query.expr.as_ref().is_some_and(|expr| shape(expr, context.world).certain.contains(&label))
    }

    /// The labels that every series of it has.
    pub fn sure_labels(&self, context: &Context<'a>) -> Vec<&'a str> {
        self.query.expr.as_ref().map_or_else(Vec::new, |expr| shape(expr, context.world).certain.into_iter().collect())
    }

    /// The labels that all its series have and no others, in their order, where an aggregation puts them together by name: its own, or
    /// that of the recorded series that it reads.
    pub fn put_together_by(&self, context: &Context<'a>) -> Option<Vec<&'a str>> {
        let expr = self.query.expr.as_ref()?;
        let read = selectors(expr);
        let recorded = || read.iter().all(|found| found.selector.metric_name().is_some_and(|name| name.contains(':')));
        let shape = shape(expr, context.world);
        let mut labels: Vec<&str> = shape.labels.iter().copied().filter(|label| *label != "__name__").collect();
        labels.sort_unstable();
        let is_put_together = shape.closed && (recorded() || labels.iter().all(|label| self.groups_by(label)));
        (is_put_together && !labels.is_empty()).then_some(labels)
    }

    /// Whether its series may differ by a label that they are put together by: it is neither set nor asked for, and its values are not
    /// known to be one.
    pub fn differs_by(&self, label: &str, context: &Context<'_>) -> bool {
        let pinned = || self.query.expr.iter().flat_map(selectors).any(|found| pins(found.selector, label));
        let is_one = || self.of_targets(label, context).is_some_and(|values| values.iter().filter(|value| !value.is_empty()).count() < 2);
        self.rule.label(label).is_none()
            && !pinned()
            && (self.surely_has(label, context) || self.value(label, context).is_none())
            && !is_one()
    }

    /// The series that it reads, in their order.
    pub fn reads(&self) -> Vec<&'a str> {
        let expr = self.query.expr.as_ref();
        let mut names: Vec<&str> = expr.into_iter().flat_map(selectors).filter_map(|found| found.selector.metric_name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether its expression ends with an aggregation that keeps a label by its name.
    pub fn groups_by(&self, label: &str) -> bool {
        let mut found = false;
        if let Some(expr) = &self.query.expr {
            visit(expr, &mut |node| {
                if let ExprKind::Aggregate(aggregate) = &node.kind {
                    let keeps = aggregate.grouping.as_ref().filter(|grouping| !grouping.without);
                    found |= keeps.is_some_and(|grouping| grouping.labels.iter().any(|own| own.text == label));
                }
            });
        }
        found
    }

    /// The values that a label may have on arrival, where these can be told.
    fn values(&self, label: &str, context: &Context<'_>) -> Option<Vec<String>> {
        match self.rule.label(label).and_then(Node::as_str).filter(|text| label != "alertname" && text.contains("{{")) {
            Some(text) => outcomes(text)?.into_iter().map(|value| relabelled_all(context, label, value)).collect(),
            None => self.value(label, context).map(|value| vec![value]).or_else(|| self.of_targets(label, context)),
        }
    }

    /// The values that a label can have, where all of them are known; the empty one only where it may be missing.
    pub fn all_values(&self, label: &str, context: &Context<'_>) -> Option<Vec<String>> {
        let mut all = self.values(label, context)?;
        if self.surely_has(label, context) {
            all.retain(|value| !value.is_empty());
        }
        Some(all)
    }

    /// The values that a label of targets brings along, where its rule sets no other and all that may be read are listed.
    fn of_targets(&self, label: &str, context: &Context<'_>) -> Option<Vec<String>> {
        let is_set = self.rule.label(label).is_some() || label == "alertname";
        let expr = self.query.expr.as_ref().filter(|_| !is_set)?;
        let find =
            || target_values::of(expr, label, context.world)?.into_iter().map(|value| relabelled_all(context, label, value)).collect();
        self.of_targets.borrow_mut().entry(label.to_owned()).or_insert_with(find).clone()
    }

    /// The value that its rule gives to a label, where that is all there is to it.
    fn plain(&self, label: &str, context: &Context<'_>) -> Option<&'a str> {
        let is_relabelled = context.world.prometheus.iter().any(|config| !config.alert_relabel.is_empty());
        let own = self.rule.label(label).filter(|_| label != "alertname" && !is_relabelled)?.as_str();
        own.filter(|value| !value.is_empty() && !value.contains("{{"))
    }

    /// Whether all of these matchers let it through.
    pub fn takes(&self, matchers: &[Matcher<'_>], context: &Context<'_>) -> Option<bool> {
        let mut unknown = false;
        for matcher in matchers {
            if let Some(value) = self.plain(&matcher.label, context) {
                match matcher.takes(value, full_match) {
                    Some(false) => return Some(false),
                    Some(true) => {}
                    None => unknown = true,
                }
                continue;
            }
            let values = self.values(&matcher.label, context).unwrap_or_default();
            let all = |verdict| values.iter().all(|value| matcher.takes(value, full_match) == Some(verdict));
            match values.is_empty() {
                false if all(false) => return Some(false),
                false if all(true) => {}
                _ => unknown = true,
            }
        }
        if unknown { None } else { Some(true) }
    }

    /// The routes it ends at; `None` where that cannot be said.
    pub fn delivered<'r>(&self, config: &'r Alertmanager<'a>, context: &Context<'_>) -> Option<Vec<Delivery<'r, 'a>>> {
        let root = config.route.as_ref()?;
        self.below(root, &Delivery { route: root, receiver: None, group_by: None }, true, context)
    }

    fn below<'r>(
        &self,
        route: &'r Route<'a>,
        above: &Delivery<'r, 'a>,
        is_root: bool,
        context: &Context<'_>,
    ) -> Option<Vec<Delivery<'r, 'a>>> {
        if !is_root && !self.takes(&route.matchers, context)? {
            return Some(Vec::new());
        }
        let own = route.node.get("group_by").filter(|list| list.items().next().is_some());
        let here = Delivery { route, receiver: route.receiver.or(above.receiver), group_by: own.or(above.group_by) };
        let mut all = Vec::new();
        for child in &route.routes {
            let found = self.below(child, &here, false, context)?;
            let taken = !found.is_empty();
            all.extend(found);
            if taken && !child.goes_on {
                break;
            }
        }
        if all.is_empty() {
            all.push(here);
        }
        Some(all)
    }

    /// Whether it is meant to wake somebody.
    pub fn is_grave(&self) -> bool {
        let severity = self.rule.label("severity").and_then(Node::as_str);
        severity.is_some_and(|value| GRAVE.contains(&value))
    }

    /// Whether it always fires, to show that the alerting works.
    pub fn is_watchdog(&self) -> bool {
        *self.watchdog.get_or_init(|| self.is_heartbeat())
    }

    fn is_heartbeat(&self) -> bool {
        let severity = self.rule.label("severity").and_then(Node::as_str);
        let compares = |expr: &Expr| {
            let mut found = false;
            visit(expr, &mut |node| {
                found |= matches!(&node.kind, ExprKind::Binary(binary) if binary.op.is_comparison() || binary.op == BinaryOp::Unless);
            });
            found
        };
        // What compares may be about the heartbeat of something else.
        let open = self.query.expr.as_ref().is_some_and(|expr| !compares(expr));
        open && (severity == Some("none") || is_heartbeat(self.rule.name()))
    }
}

/// Whether an alert of this name is to show by firing that the alerting works.
pub fn is_heartbeat(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("watchdog") || name.contains("deadman") || name.contains("heartbeat")
}

/// What routes and inhibitions ask for by the name of an alert.
pub fn asked_by_name<'c>(context: &'c Context<'_>) -> Vec<&'c Matcher<'c>> {
    let configs = context.views.iter().filter_map(|view| if let ViewKind::Alertmanager(config) = &view.kind { Some(config) } else { None });
    let all = configs.flat_map(|config| {
        let of_inhibitions = config.inhibitions.iter().flat_map(|rule| rule.source.iter().chain(&rule.target));
        config.routes().into_iter().flat_map(|route| &route.matchers).chain(of_inhibitions)
    });
    all.filter(|matcher| matcher.label == "alertname" && matcher.op == MatchOp::Equal && !matcher.value.is_empty()).collect()
}

/// What every Prometheus of a fleet adds to its alerts, by habit.
const EXTERNAL: &[&str] = &["cluster", "datacenter", "dc", "env", "environment", "prometheus", "region", "replica", "stage"];

/// The value of a label behind what Prometheus does to alerts on their way; `None` where that cannot be said.
fn relabelled_all(context: &Context<'_>, label: &str, mut value: String) -> Option<String> {
    // How the Prometheus is configured nobody says here.
    if context.world.prometheus.is_empty() && value.is_empty() && EXTERNAL.contains(&label) {
        return None;
    }
    for config in &context.world.prometheus {
        let external = config.external_labels.and_then(|labels| labels.get(label)).and_then(Node::as_str);
        if let Some(external) = external.filter(|_| value.is_empty()) {
            external.clone_into(&mut value);
        }
        for step in &config.alert_relabel {
            value = relabelled(step, label, value)?;
        }
    }
    Some(value)
}

/// The one job whose series an expression returns.
fn only_job(expr: &Expr, context: &Context<'_>) -> Option<String> {
    let found = selectors(expr);
    let job = named_job(found.first()?.selector)?;
    let same = found.iter().all(|other| named_job(other.selector) == Some(job));
    (same && shape(expr, context.world).certain.contains(&"job")).then(|| job.to_owned())
}

/// Labels that the blackbox exporter gives to its own metrics.
const OF_PROBES: &[&str] =
    &["phase", "version", "reason", "fingerprint_sha256", "issuer", "subject", "subjectalternative", "serving_status", "serialnumber"];

/// Whether an expression may bring a label: only what it is made of is looked at, series of Prometheus itself, of probes and of
/// declared metrics, whose labels are known where the targets' are.
fn may_bring(expr: &Expr, label: &str, context: &Context<'_>) -> bool {
    if matches!(label, "job" | "instance") {
        return true;
    }
    makes_labels(expr)
        || selectors(expr).iter().any(|found| {
            if context.world.labels_read(found.selector).is_none_or(|targets| targets.contains(&label)) {
                return true;
            }
            let named = found.selector.matchers.iter().any(|matcher| matcher.label.text == label);
            let Some(name) = found.selector.metric_name() else { return true };
            let declared =
                || context.world.metric(name).is_none_or(|(_, metric, _)| metric.labels.iter().any(|known| known.name.value == label));
            // What is not declared may be an exporter's that everybody uses.
            if let Some(own) = exporters::labels_of(name).filter(|_| context.world.metric(name).is_none()) {
                return named || own.contains(&label);
            }
            let builtin = name == "up" || name.starts_with("scrape_");
            let probe = name.starts_with("probe_");
            named || if probe { OF_PROBES.contains(&label) } else { !builtin && declared() }
        })
}

/// The value of a label after a step of relabelling; `None` where that cannot be said.
fn relabelled(step: &Relabel<'_>, label: &str, value: String) -> Option<String> {
    let regex = step.regex.and_then(Node::as_str).unwrap_or("(.*)");
    match step.action.as_str() {
        "drop" | "keep" | "dropequal" | "keepequal" => Some(value),
        "labeldrop" => full_match(regex, label).map(|gone| if gone { String::new() } else { value }),
        "labelkeep" => full_match(regex, label).map(|kept| if kept { value } else { String::new() }),
        "replace" | "lowercase" | "uppercase" | "hashmod" => {
            let target = step.target.and_then(Node::as_str).filter(|target| !target.contains('$'))?;
            (target != label).then_some(value)
        }
        _ => None,
    }
}
