//! Probes over gRPC that ask for another service than the manifest.

use crate::diagnostic::{Diagnostic, did_you_mean, misspelt};
use crate::lint::context::Context;
use crate::lint::probes::probes;
use crate::lint::rule::{Rule, rule};
use crate::manifest::variants;
use crate::source::Node;

rule! {
    /// The manifest checks the health of one gRPC service at an address, and the module that the blackbox exporter probes this address
    /// with asks for another. A server answers `NOT_FOUND` for a service that it does not know, and the probe fails for ever. Or one of the
    /// two reads the certificate for nearly the name of the other.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: search }
    /// health: { ready: { grpc: "search:9000", service: search.v1.Search } }
    /// # file: prometheus.yml
    /// scrape_configs: [{ job_name: search-probe, metrics_path: /probe, params: { module: [grpc] }, static_configs: [{ targets: ["search:9000"] }] }]
    /// # file: blackbox.yml
    /// modules: { grpc: { prober: grpc, grpc: { service: search.v2.Search } } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: search }
    /// health: { ready: { grpc: "search:9000", service: search.v1.Search } }
    /// # file: prometheus.yml
    /// scrape_configs: [{ job_name: search-probe, metrics_path: /probe, params: { module: [grpc] }, static_configs: [{ targets: ["search:9000"] }] }]
    /// # file: blackbox.yml
    /// modules: { grpc: { prober: grpc, grpc: { service: search.v1.Search } } }
    /// ```
    GrpcServiceDrift, "grpc-service-drift", Warning
}

impl Rule for GrpcServiceDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        of_label(context, found);
        of_page(context, found);
        of_transport(context, found);
        of_certificate(context, found);
        let manifests = context.manifests().map(|view| view.root);
        // One address may serve several services.
        let checks: Vec<(&str, &Node)> = manifests
            .flat_map(|root| {
                let environments = root.entries_of("environments").map(|(_, _, overlay)| overlay);
                std::iter::once(root).chain(environments)
            })
            .flat_map(|root| root.entries_of("health"))
            .filter_map(|(_, _, check)| Some((check.get("grpc")?.as_str()?, check.get("service")?)))
            .collect();
        if checks.is_empty() {
            return;
        }
        for probe in probes(context).iter().filter(|probe| probe.module.prober() == "grpc") {
            let Some((asked, name)) = probe.section().and_then(|s| s.get("service")).and_then(Node::with_str) else {
                continue;
            };
            let here: Vec<&Node> =
                checks.iter().filter(|(address, _)| probe.targets().any(|(_, target)| target == *address)).map(|(_, node)| *node).collect();
            let names: Vec<&str> = here.iter().filter_map(|node| node.as_str()).collect();
            let Some(declared) = here.first().filter(|_| !names.contains(&name)) else { continue };
            let help = did_you_mean(name, names.iter().copied()).unwrap_or(names[0]);
            found.push(
                META.finding(asked.span, format!("this asks for {}, and the manifest checks {}", asked.describe(), declared.describe()))
                    .path(format!("modules.{}.grpc.service", probe.module.name()))
                    .related(declared.span, "the manifest")
                    .help(format!("did you mean `{help}`?")),
            );
            // Which of the two is wrong is not known.
            found.push(
                META.finding(declared.span, format!("this checks {}, and the probe asks for {}", declared.describe(), asked.describe()))
                    .path("health")
                    .related(asked.span, "the module")
                    .help("make the two say the same"),
            );
        }
    }
}

/// Checks over TLS of what the manifest asks without, or the other way round.
fn of_transport(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let checks: Vec<(&str, &Node)> = context
        .manifests()
        .flat_map(|view| view.root.entries_of("health"))
        .filter_map(|(_, _, check)| Some((check.get("grpc")?.as_str()?, check)))
        .collect();
    for probe in probes(context).iter().filter(|probe| probe.module.prober() == "grpc") {
        let Some(tls) = probe.section().and_then(|section| section.get("tls")) else { continue };
        let Some((_, check)) = checks.iter().find(|(address, _)| probe.targets().any(|(_, target)| target == *address)) else { continue };
        let declared = check.get("tls").is_some();
        let overlays = context.manifests().flat_map(|view| view.root.entries_of("environments"));
        let differs = overlays
            .filter_map(|(_, _, overlay)| overlay.get("health"))
            .flat_map(Node::entries)
            .any(|(_, _, check)| check.get("tls").is_some());
        if differs {
            continue;
        }
        if tls.as_bool().is_some_and(|on| on != declared) {
            let (here, there) = if declared { ("without", "with") } else { ("with", "without") };
            let finding = META.finding(tls.span, format!("this asks {here} TLS, and the manifest {there}"));
            let path = format!("modules.{}.grpc.tls", probe.module.name());
            found.push(finding.path(path).related(check.span, "the manifest").help("make the two say the same"));
        }
    }
}

/// Names of certificates, of which one is nearly the other.
fn of_certificate(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let roots = context.manifests().flat_map(|view| variants(view.root));
    let checks = roots.flat_map(|root| root.entries_of("health")).filter_map(|(_, _, check)| Some((check.get("grpc")?.as_str()?, check)));
    let checks: Vec<(&str, &Node)> = checks.filter_map(|(address, check)| Some((address, check.at(["tls", "server_name"])?))).collect();
    for probe in probes(context).iter().filter(|probe| probe.module.prober() == "grpc" && !checks.is_empty()) {
        let written = probe.section().and_then(|section| section.at(["tls_config", "server_name"])).and_then(Node::with_str);
        let Some((node, name)) = written else { continue };
        let here = || checks.iter().filter(|(address, _)| probe.targets().any(|(_, target)| target == *address)).map(|(_, node)| *node);
        if here().any(|declared| declared.as_str() == Some(name)) {
            continue;
        }
        let Some(declared) = here().find(|node| node.as_str().is_some_and(|other| did_you_mean(name, [other]).is_some())) else { continue };
        let message =
            |one: &Node, other: &Node| format!("the certificate is to be of {} here, and of {} there", one.describe(), other.describe());
        let path = format!("modules.{}.grpc.tls_config.server_name", probe.module.name());
        let finding = META.finding(node.span, message(node, declared)).path(path).related(declared.span, "the manifest");
        found.push(finding.help("make the two say the same"));
        let finding = META.finding(declared.span, message(declared, node)).path("health").related(node.span, "the module");
        found.push(finding.help("make the two say the same"));
    }
}

/// Services that are nearly one of which a manifest declares calls.
fn of_label(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let metrics = || context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page()).flat_map(|catalogue| &catalogue.metrics);
    let labels =
        metrics().flat_map(|metric| &metric.labels).filter(|label| matches!(label.name.value.as_str(), "grpc_service" | "rpc_service"));
    let known: Vec<&str> = labels.filter_map(|label| label.values.as_ref()).flatten().map(String::as_str).collect();
    if known.is_empty() {
        return;
    }
    for probe in probes(context).iter().filter(|probe| probe.module.prober() == "grpc") {
        let asked = probe.section().and_then(|section| section.get("service"));
        let Some((node, meant)) = asked.and_then(|node| Some((node, misspelt(node.as_str()?, &known)?))) else { continue };
        let message = format!("no calls of a service {} are declared", node.describe());
        let path = format!("modules.{}.grpc.service", probe.module.name());
        found.push(META.finding(node.span, message).path(path).help(format!("did you mean `{meant}`?")));
    }
}

/// Services that are nearly one whose calls a page of metrics shows.
fn of_page(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let pages = context.world.catalogues.iter().filter(|catalogue| catalogue.is_page());
    let labels = pages.flat_map(|page| &page.metrics).flat_map(|metric| &metric.labels);
    let of_service = labels.filter(|label| matches!(label.name.value.as_str(), "grpc_service" | "rpc_service"));
    let known: Vec<&str> = of_service.flat_map(|label| &label.seen).map(String::as_str).collect();
    for probe in probes(context).iter().filter(|probe| probe.module.prober() == "grpc") {
        let asked = probe.section().and_then(|section| section.get("service"));
        let Some((node, meant)) = asked.and_then(|node| Some((node, misspelt(node.as_str()?, &known)?))) else { continue };
        // What no one has called yet is shown by no page, so that only a letter or two tells.
        if node.as_str().is_some_and(|text| strsim::damerau_levenshtein(text, meant) <= 2) {
            let message = format!("the pages of metrics show calls of `{meant}`, and none of {}", node.describe());
            let path = format!("modules.{}.grpc.service", probe.module.name());
            found.push(META.finding(node.span, message).path(path).help(format!("did you mean `{meant}`?")));
        }
    }
}
