//! One of several probes of like hosts that is asked otherwise than the others.

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::hosts::{host, port};
use crate::lint::world::programs::is_of_probes;
use crate::source::Node;

rule! {
    /// A job probes the instances of one service, `web-1`, `web-2` and `web-3`, at one path, and one of them at another or over another
    /// scheme: a slip that looks like an instance that is down.
    ///
    /// Said where hosts differ in nothing but their numbers, and all but one of three or more are asked alike.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: ready
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["http://web-1:8080/ready", "http://web-2:8080/redy", "http://web-3:8080/ready"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "prober:9115" }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: ready
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["http://web-1:8080/ready", "http://web-2:8080/ready", "http://web-3:8080/ready"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "prober:9115" }
    /// ```
    OddTarget, "odd-target", Warning
}

impl Rule for OddTarget {
    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in view.config.jobs.iter().filter(|job| is_of_probes(job)) {
            let Some((node, usual)) = odd(job) else { continue };
            let message = format!("{} is asked otherwise than the other instances", node.describe());
            let finding = META.finding(node.span, message).path(format!("scrape_configs[{}].static_configs", job.index));
            found.push(finding.related(usual.span, "such as this one").help("ask all of them alike"));
        }
    }
}

/// What is asked of a host: the scheme, the port and the path.
type Asked<'t> = (&'t str, &'t str, &'t str);

/// The one target that is asked otherwise than all others of hosts that are called alike, and one of those.
fn odd<'a>(job: &Job<'a>) -> Option<(&'a Node, &'a Node)> {
    let targets: Vec<(&Node, &str)> = job.targets.addresses.iter().filter_map(|node| Some((*node, node.as_str()?))).collect();
    let stem = |target: &str| host(target).chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let first = stem(targets.first()?.1);
    if targets.len() < 3 || !targets.iter().all(|(_, target)| stem(target) == first && host(target).contains(|c: char| c.is_ascii_digit()))
    {
        return None;
    }
    let mut times: HashMap<Asked<'_>, usize> = HashMap::default();
    for (_, target) in &targets {
        *times.entry(asked(target)).or_default() += 1;
    }
    let (_, usual) = targets.iter().find(|(_, target)| times[&asked(target)] + 1 == targets.len())?;
    let (node, _) = targets.iter().find(|(_, target)| asked(target) != asked(usual))?;
    let (like, _) = targets.iter().find(|(_, target)| asked(target) == asked(usual))?;
    Some((node, like))
}

fn asked(target: &str) -> Asked<'_> {
    let (scheme, rest) = target.split_once("://").unwrap_or(("http", target));
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    (scheme, port(target), path)
}
