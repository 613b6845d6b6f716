//! Manifests and rules that disagree about whose service it is and where its runbooks are.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::formats::Kind;
use crate::formats::alertmanager::{MatchOp, Matcher};
use crate::formats::prometheus::Relabel;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::context::Context;
use crate::lint::query::named_job;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{RuleView, ViewKind};
use crate::lint::words::anchored::full_match;
use crate::manifest::variants;
use crate::promql::walk::selectors;
use crate::source::Node;

rule! {
    /// The manifest names a team or a place of runbooks that no alert of its service has, while all of them have another that
    /// differs by a letter or lies elsewhere; the runbooks are no URL; it names a target that its job does not scrape; or one of its
    /// alerts is of a team that no manifest and no route knows, or says that it is of another service than it reads.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web, runbooks: runbooks.example.com/web }
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: Down, expr: 'up{job="web"} == 0', labels: { severity: critical } }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web, runbooks: "https://runbooks.example.com/web" }
    /// # file: alerts.yml
    /// groups: [{ name: web, rules: [{ alert: Down, expr: 'up{job="web"} == 0', labels: { severity: critical } }] }]
    /// ```
    ServiceDrift, "service-drift", Warning
}

impl Rule for ServiceDrift {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((label, service)) = view.rule.label("service").and_then(Node::with_str) else { return };
        let Some(expr) = view.query.and_then(|query| query.expr.as_ref()).filter(|_| view.rule.is_alert()) else { return };
        let read = selectors(expr);
        let mut owners = read.iter().map(|used| context.world.service_of_job(named_job(used.selector)?));
        // What it reads has to be of one other service.
        let Some(Some(owner)) = owners.next() else { return };
        // What a dependency's exporter says may be told in the name of that dependency.
        let is_own = || read.iter().any(|used| named_job(used.selector) == Some(owner));
        let is_service = || context.world.catalogues.iter().any(|catalogue| !catalogue.is_page() && catalogue.service.value == service);
        if owner != service && owners.all(|other| other == Some(owner)) && (is_own() || is_service()) {
            let message = format!("this is an alert on `{owner}`, whose jobs it reads, and says that its service is `{service}`");
            found.push(META.finding(label.span, message).path(view.path("labels")).help(format!("write `service: {owner}`")));
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Gathered once: a fleet has thousands of both.
        let files = context.rule_files();
        let mut by_service: HashMap<&str, Vec<&RuleOfFile<'_>>> = HashMap::new();
        for rule in files.flat_map(RuleFile::rules).filter(|rule| rule.is_alert()) {
            if let Some(service) = rule.label("service").and_then(Node::as_str) {
                by_service.entry(service).or_default().push(rule);
            }
        }
        for query in context.queries.iter().filter(|query| query.alerting_rule().is_some()) {
            let Some(rule) = query.rule().filter(|rule| rule.label("service").is_none()) else { continue };
            let used = query.selectors();
            let mut owners = used.iter().map(|used| context.world.service_of_job(named_job(used.selector)?));
            if let Some(Some(owner)) = owners.next()
                && owners.all(|other| other == Some(owner))
                && used.iter().all(|used| named_job(used.selector) == Some(owner))
            {
                by_service.entry(owner).or_default().push(rule);
            }
        }
        let teams = Teams::of(context);
        for manifest in context.manifests().map(|view| view.root) {
            let Some(service) = manifest.get("service") else { continue };
            let name = service.get("name").and_then(Node::as_str).unwrap_or("");
            let alerts = by_service.get(name).map_or(&[][..], Vec::as_slice);
            if let Some(node) = service.get("runbooks") {
                runbooks(node, alerts, found);
            }
            if let Some(node) = service.get("team") {
                team(node, alerts, found);
                others(node, alerts, &teams, found);
            }
            targets(manifest, service, context, found);
        }
    }
}

fn runbooks(node: &Node, alerts: &[&RuleOfFile<'_>], found: &mut Vec<Diagnostic>) {
    let Some(base) = node.as_str().filter(|text| !text.is_empty() && !text.contains('$')) else { return };
    if !base.starts_with("http://") && !base.starts_with("https://") {
        let message = format!("{} is no URL, and nobody can follow it from an alert", node.describe());
        found.push(META.finding(node.span, message).path("service.runbooks").help(format!("write `https://{base}`")));
        return;
    }
    let links = || {
        let annotation =
            |rule: &&RuleOfFile<'_>| rule.annotations().find(|(name, ..)| *name == "runbook_url").map(|(.., value)| value.span);
        let text = |rule: &&RuleOfFile<'_>| {
            rule.annotations().find(|(name, ..)| *name == "runbook_url").and_then(|(.., value)| value.as_str().map(str::to_owned))
        };
        alerts.iter().filter_map(move |rule| Some((annotation(rule)?, text(rule)?)))
    };
    // What goes on with a letter lies in a folder that is called otherwise.
    let ends = base.ends_with(|c: char| c.is_alphanumeric());
    let is_below = |link: &str| link.strip_prefix(base).is_some_and(|rest| !(ends && rest.starts_with(|c: char| c.is_alphanumeric())));
    let elsewhere = links().find(|(_, link)| !is_below(link) && !link.contains("{{"));
    if let Some((span, _)) = elsewhere.filter(|_| !links().any(|(_, link)| is_below(&link))) {
        let message = "no alert of the service links to a runbook there";
        found.push(
            META.finding(node.span, message)
                .path("service.runbooks")
                .related(span, "this one links elsewhere")
                .help("make the two say the same"),
        );
    }
}

fn team(node: &Node, alerts: &[&RuleOfFile<'_>], found: &mut Vec<Diagnostic>) {
    let Some(team) = node.as_str() else { return };
    let teams = || alerts.iter().filter_map(|rule| rule.label("team")).filter_map(|label| Some((label.span, label.as_str()?)));
    if teams().any(|(_, other)| other == team) {
        return;
    }
    let near = |other: &str| team.is_empty() || strsim::damerau_levenshtein(other, team) == 1;
    if let Some((span, other)) = teams().find(|(_, other)| near(other)) {
        let message = format!("no alert of the service is of the team {}", node.describe());
        found
            .push(META.finding(node.span, message).path("service.team").related(span, "this one").help(format!("did you mean `{other}`?")));
    }
}

/// The teams that somebody knows.
struct Teams<'a> {
    /// Those of manifests.
    named: HashSet<&'a str>,
    /// What routes and inhibitions ask of the label.
    asked: Vec<&'a Matcher<'a>>,
}

impl<'a> Teams<'a> {
    fn of(context: &Context<'a>) -> Self {
        let (mut named, mut asked) = (HashSet::new(), Vec::new());
        for view in context.views {
            match &view.kind {
                ViewKind::Other(Kind::Manifest) => named.extend(view.root.get("service").and_then(|service| service.get("team")?.as_str())),
                ViewKind::Alertmanager(config) => {
                    asked.extend(config.routes().into_iter().flat_map(|route| &route.matchers).filter(|matcher| matcher.label == "team"));
                }
                _ => {}
            }
        }
        Self { named, asked }
    }

    fn knows(&self, team: &str) -> bool {
        let positive = |matcher: &&&Matcher<'_>| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex);
        self.named.contains(team) || self.asked.iter().filter(positive).any(|matcher| matcher.takes(team, full_match) != Some(false))
    }
}

/// Alerts of the service with a team that no manifest and no route knows.
fn others(node: &Node, alerts: &[&RuleOfFile<'_>], teams: &Teams<'_>, found: &mut Vec<Diagnostic>) {
    let mut said = None;
    for label in alerts.iter().filter_map(|rule| rule.label("team")) {
        let Some(other) = label.as_str().filter(|other| !other.is_empty() && !other.contains("{{") && !teams.knows(other)) else {
            continue;
        };
        let others = || alerts.iter().filter_map(|rule| rule.label("team")).filter_map(Node::as_str);
        if said == Some(other) {
            continue;
        }
        let message = format!("no manifest and no route knows the team `{other}`, and the service is of the team {}", node.describe());
        let help = format!("write `team: {}`, or route it", node.as_str().unwrap_or(""));
        found.push(META.finding(label.span, message).related(node.span, "the manifest").help(help));
        // Where all of them say so, the manifest may have the wrong one.
        if said.is_none() && others().all(|team| team == other) {
            said = Some(other);
            let message = format!("the team is {} here, and `{other}` in every alert of the service", node.describe());
            let finding = META.finding(node.span, message).path("service.team").related(label.span, "such as this one");
            found.push(finding.help("make the two say the same"));
        }
    }
}

/// Whether a step of relabelling may take targets away, or ask them elsewhere.
fn changes_targets(step: &Relabel<'_>) -> bool {
    let written = step.target.and_then(Node::as_str).unwrap_or("");
    !matches!(step.action.as_str(), "replace" | "lowercase" | "uppercase" | "hashmod") || written.starts_with("__") || written.contains('$')
}

fn targets_of(root: &Node) -> Vec<&Node> {
    root.at(["scrape", "targets"]).into_iter().flat_map(Node::items).collect()
}

/// Targets of the manifest that the job does not scrape.
fn targets(manifest: &Node, service: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let [config] = context.world.prometheus.as_slice() else { return };
    let name = service.get("job").or_else(|| service.get("name")).and_then(Node::as_str);
    let Some(job) = config.jobs.iter().find(|job| Some(job.name()) == name) else { return };
    if !job.targets.discovery.is_empty() || job.relabel.iter().any(changes_targets) {
        return;
    }
    let scraped: Vec<&str> = job.targets.addresses.iter().filter_map(|node| node.as_str()).collect();
    let is_scraped = |node: &&Node| node.as_str().is_some_and(|text| scraped.contains(&text));
    // Where none is the same, the job's address is what differs, and that is said already.
    let declared = targets_of(manifest);
    if !declared.iter().any(is_scraped) {
        return;
    }
    // The configuration may be that of an environment.
    if variants(manifest).skip(1).any(|overlay| targets_of(overlay).iter().any(is_scraped)) {
        return;
    }
    for node in declared.into_iter().filter(|node| node.as_str().is_some_and(|text| !scraped.contains(&text))) {
        let place = job.name.unwrap_or(job.node).span;
        let finding = META.finding(node.span, format!("the job `{}` does not scrape {}", job.name(), node.describe()));
        found.push(finding.path("scrape.targets").related(place, "the job").help("add it there, or remove it here"));
        let finding = META.finding(place, format!("the target {} of the manifest is not scraped", node.describe()));
        found.push(finding.path(format!("scrape_configs[{}]", job.index)).related(node.span, "the manifest").help("add it"));
    }
}
