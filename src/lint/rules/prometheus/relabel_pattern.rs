//! Relabelling whose pattern does not fit how its values are made.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::lint::world::{exporters, relabel};
use crate::source::Node;

rule! {
    /// A pattern of relabelling is written for other values than it is compared with: it expects `;` between values that are joined by
    /// something else, or where there is one value alone, or letters where a port stands. A comma between them is none. It is only the beginning of names of metrics, where whole ones are compared. Or it fits as well where the label is missing,
    /// and so takes the path, the scheme or the address from a target; or what it writes is no address, one name for many metrics, or
    /// `$1` as it stands, for a doubled dollar is a plain one.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     kubernetes_sd_configs: [{ role: pod }]
    ///     relabel_configs:
    ///       - { source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path], regex: "(.*)", target_label: __metrics_path__ }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     kubernetes_sd_configs: [{ role: pod }]
    ///     relabel_configs:
    ///       - { source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path], regex: "(.+)", target_label: __metrics_path__ }
    /// ```
    RelabelPattern, "relabel-pattern", Warning
}

impl Rule for RelabelPattern {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let doubles = doubles_by_mistake(view);
        let names = Names { context, all: OnceCell::new() };
        for job in &view.config.jobs {
            let at = format!("scrape_configs[{}]", job.index);
            for (list, steps) in [("relabel_configs", &job.relabel), ("metric_relabel_configs", &job.metric_relabel)] {
                for (index, step) in steps.iter().enumerate() {
                    let fault = joined(step)
                        .filter(|_| !is_written_so(job, step))
                        .or_else(|| drops_without(step))
                        .or_else(|| drops_port(step))
                        .or_else(|| swapped(step))
                        .or_else(|| by_comma(step))
                        .or_else(|| beginning(step, &names))
                        .or_else(|| if list == "relabel_configs" { None } else { of_metrics(step, &names) })
                        .or_else(|| glob(step))
                        .or_else(|| doubled(step).filter(|_| doubles))
                        .or_else(|| if list == "relabel_configs" { of_target(job, index, step) } else { renamed(step) });
                    if let Some((place, message, help)) = fault {
                        found.push(META.finding(place.span, message).path(format!("{at}.{list}[{index}]")).help(help));
                    }
                }
            }
        }
        for (entry, (_, steps)) in view.config.remote_write.iter().enumerate() {
            for (index, step) in steps.iter().enumerate() {
                if let Some((place, message, help)) =
                    joined(step).or_else(|| beginning(step, &names)).or_else(|| of_metrics(step, &names)).or_else(|| glob(step))
                {
                    let path = format!("remote_write[{entry}].write_relabel_configs[{index}]");
                    found.push(META.finding(place.span, message).path(path).help(help));
                }
            }
        }
    }
}

type Fault<'a> = Option<(&'a Node, String, &'static str)>;

/// An address behind another label, where the pattern has a number at its end.
fn swapped<'a>(step: &Relabel<'a>) -> Fault<'a> {
    let (place, regex) = step.regex.and_then(Node::with_str)?;
    let [_, .., last] = step.sources.as_slice() else { return None };
    let end = regex.trim_end_matches('$').rsplit_once(';')?.1;
    let is_number = matches!(end, "(\\d+)" | "\\d+" | "([0-9]+)" | "[0-9]+");
    let message = || format!("`__address__` comes last and is a host with its port, and {} has a number there", place.describe());
    (*last == "__address__" && is_number && step.node.get("separator").is_none())
        .then(|| (place, message(), "name `__address__` first in `source_labels`"))
}

/// The names of metrics that are declared, shown or asked for, collected when they are first needed.
struct Names<'c, 'a> {
    context: &'c Context<'a>,
    all: OnceCell<BTreeSet<&'a str>>,
}

impl<'a> Names<'_, 'a> {
    fn all(&self) -> &BTreeSet<&'a str> {
        let asked = || self.context.selectors().filter_map(|(_, used)| used.selector.metric_name());
        self.all.get_or_init(|| asked().chain(self.context.world.metric_names()).collect())
    }

    /// Whether a name is none of a metric, and some names go on behind it.
    fn is_beginning(&self, name: &str) -> bool {
        if exporters::is_known(name) || self.context.world.metric(name).is_some() || self.all().contains(name) {
            return false;
        }
        let longer = format!("{name}_");
        let goes_on = |other: &str| other.starts_with(&longer);
        let asked = || self.all().range(longer.as_str()..).next().is_some_and(|other| goes_on(other));
        exporters::is_section(name) || exporters::of_program(&longer).next().is_some() || asked()
    }
}

/// The beginning of names, which is compared with whole names and so is that of none.
fn beginning<'a>(step: &Relabel<'a>, names: &Names<'_, '_>) -> Fault<'a> {
    let (place, name) = step.regex.and_then(Node::with_str)?;
    let is_name = name.contains('_') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let chooses = step.sources == ["__name__"] && matches!(step.action.as_str(), "keep" | "drop");
    // `go_(gc|memstats)_`
    let is_cut = name.ends_with('_') && name.contains('(') && !name.contains(".*") && !name.contains(".+");
    if chooses && is_cut {
        let message = format!("{} is compared with whole names, of which none ends with `_`", place.describe());
        return Some((place, message, "write what follows, as in `NAME_.*`"));
    }
    (chooses && is_name && names.is_beginning(name.trim_end_matches('_'))).then(|| {
        let message = format!("{} is compared with whole names, and is only the beginning of some", place.describe());
        (place, message, "write what follows, as in `NAME_.*`")
    })
}

/// Names of metrics that are compared with the name of a job or an instance, of which none is called so.
fn of_metrics<'a>(step: &Relabel<'a>, names: &Names<'_, '_>) -> Fault<'a> {
    let (place, regex) = step.regex.and_then(Node::with_str).filter(|_| matches!(step.action.as_str(), "keep" | "drop"))?;
    let [source @ ("job" | "instance")] = step.sources.as_slice() else { return None };
    let of_metric = |part: &str| {
        let stem = part.trim_end_matches(".*").trim_end_matches(".+");
        let is_name = stem.contains('_') && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let bare = stem.trim_end_matches('_');
        is_name && (exporters::is_known(stem) || names.context.world.metric(stem).is_some() || names.is_beginning(bare))
    };
    let parts: Vec<&str> = regex.split('|').collect();
    let pattern = relabel::pattern(step)?;
    let is_job = names.context.world.jobs.iter().any(|(job, _)| pattern.is_match(job));
    // A part that is none that is known goes with those that are.
    let known = parts.iter().filter(|part| of_metric(part)).count();
    let are_names = parts.iter().all(|part| part.contains('_'));
    (known > 0 && are_names && !is_job).then(|| {
        let message = format!("{} are names of metrics, and they are compared with `{source}`", place.describe());
        (place, message, "write `source_labels: [__name__]`")
    })
}

/// Patterns of names as those of files, where `*` repeats the sign before it: `jvm_*` is `jvm`, `jvm_` and `jvm__`.
fn glob<'a>(step: &Relabel<'a>) -> Fault<'a> {
    let (place, regex) = step.regex.and_then(Node::with_str).filter(|_| step.sources == ["__name__"])?;
    let inner = regex.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(regex);
    let is_glob = |part: &str| {
        let name = part.strip_suffix("_*").unwrap_or("");
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'))
    };
    let part = inner.split('|').find(|part| is_glob(part))?;
    let message = format!("`{part}` matches `{}`, and nothing that goes on behind it", part.trim_end_matches("_*"));
    Some((place, message, "write `.*` for whatever follows"))
}

/// Whether the targets of a job are written with `;` between what relabelling takes apart.
fn is_written_so(job: &Job<'_>, step: &Relabel<'_>) -> bool {
    let asks = step.sources == ["__address__"] || step.sources == ["__param_target"];
    asks && job.targets.addresses.iter().any(|node| node.as_str().is_some_and(|text| text.contains(';')))
}

/// Values that are joined by `;`, and a pattern that takes them apart by a comma.
fn by_comma<'a>(step: &Relabel<'a>) -> Fault<'a> {
    let (place, regex) = step.regex.and_then(Node::with_str)?;
    let is_apart =
        step.sources.len() > 1 && step.node.get("separator").is_none_or(|node| node.as_str() == Some(";")) && !regex.contains([';', '{']);
    let is_between =
        regex.split_once(',').is_some_and(|(before, behind)| !before.is_empty() && !behind.is_empty() && !before.contains('['));
    (is_apart && is_between).then(|| {
        let message = format!("the values are joined by `;`, and {} looks for a comma between them", place.describe());
        (place, message, "write `;` between the patterns")
    })
}

/// The port that is called after the metrics, which is left out.
fn drops_port<'a>(step: &Relabel<'a>) -> Fault<'a> {
    let (place, name) = step.regex.and_then(Node::with_str).filter(|_| step.action == "drop")?;
    let [source] = step.sources.as_slice() else { return None };
    let is_of_metrics = name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| matches!(word, "metrics" | "prometheus" | "prom"));
    (source.ends_with("_port_name") && source.starts_with("__meta_kubernetes_") && is_of_metrics).then(|| {
        let message = format!("this leaves out the port {}, which is called after what is to be scraped", place.describe());
        (place, message, "write `action: keep`")
    })
}

/// A pattern of what is dropped with an empty alternative, which takes all that has no such label.
fn drops_without<'a>(step: &Relabel<'a>) -> Fault<'a> {
    let (place, regex) = step.regex.and_then(Node::with_str).filter(|_| step.action == "drop" && step.sources.len() == 1)?;
    let is_empty = regex.starts_with('|')
        || regex.ends_with('|') && !regex.ends_with("\\|")
        || ["||", "(|", "|)"].iter().any(|part| regex.contains(part));
    let message = || format!("{} matches nothing at all, too, so that whatever has no `{}` is dropped", place.describe(), step.sources[0]);
    (is_empty && relabel::pattern(step)?.is_match("")).then(|| (place, message(), "leave the empty alternative out"))
}

/// A pattern with `;` for values that are joined by something else, or for one that is joined with none.
fn joined<'a>(step: &Relabel<'a>) -> Fault<'a> {
    let (place, regex) = step.regex.and_then(Node::with_str)?;
    if let [source] = step.sources.as_slice() {
        // What discovery finds may be any text.
        let is_word = !source.starts_with("__meta_") && !source.starts_with("__tmp");
        let message = || format!("{} has `;`, which joins the values of several labels, and one alone is compared", place.describe());
        return (is_word && needs_semicolon(regex))
            .then(|| (place, message(), "name all labels in `source_labels`, or leave the rest out"));
    }
    let (node, separator) = step.node.get_str("separator")?;
    // Values hold none: nothing else brings one.
    let expects = regex.contains(';') && !regex.contains("[^;");
    (step.sources.len() > 1 && separator != ";" && expects)
        .then(|| (node, format!("the pattern has `;` between the values, and {} joins them", node.describe()), "leave `separator` out"))
}

/// Whether each text that a pattern matches has a `;`.
fn needs_semicolon(regex: &str) -> bool {
    let plain = |part: &str| !part.contains(['|', '[', '\\']);
    let is_outside = |at: usize| regex[..at].matches('(').count() == regex[..at].matches(')').count();
    let may_lack = |at: usize| regex[at + 1..].starts_with(['?', '*', '{']);
    // An alternative within a group of its own does not concern the rest.
    let mut depth = 0_i32;
    let outside: String = regex
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            depth == 0
        })
        .collect();
    plain(&outside) && regex.match_indices(';').any(|(at, _)| is_outside(at) && !may_lack(at))
}

/// A doubled dollar before the number of a group.
fn doubled<'a>(step: &Relabel<'a>) -> Fault<'a> {
    let (node, text) = step.replacement.and_then(Node::with_str).filter(|_| step.action == "replace")?;
    let message = || format!("a doubled dollar is a plain one: this writes {} with one of them, and no group", node.describe());
    is_doubled(text).then(|| (node, message(), "write `$1`"))
}

fn is_doubled(text: &str) -> bool {
    text.match_indices("$$").any(|(at, _)| text[at + 2..].trim_start_matches('{').starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a doubled dollar reaches Prometheus as one: the Collector replaces it before, and so may who doubles each of them.
fn doubles_by_mistake(view: &PrometheusView<'_>) -> bool {
    let steps = view.config.jobs.iter().flat_map(|job| job.relabel.iter().chain(&job.metric_relabel));
    let texts: Vec<&str> = steps.filter_map(|step| step.replacement?.as_str()).filter(|text| text.contains('$')).collect();
    matches!(view.view.kind, ViewKind::Prometheus(_)) && (texts.len() == 1 || texts.iter().any(|text| !is_doubled(text)))
}

/// What a step of targets reads or writes.
fn of_target<'a>(job: &Job<'_>, index: usize, step: &Relabel<'a>) -> Fault<'a> {
    let [source] = step.sources.as_slice() else { return None };
    let place = step.regex.unwrap_or(step.node);
    let pattern = relabel::pattern(step)?;
    if matches!(step.action.as_str(), "keep" | "drop") {
        let is_port = source.starts_with("__meta_") && (source.ends_with("_port_number") || source.ends_with("_port"));
        let fits = || (1..=u16::MAX).any(|port| pattern.is_match(&port.to_string()));
        let message = || format!("`{source}` is a number, which {} never is", place.describe());
        return (is_port && step.regex.is_some() && !pattern.is_match("") && !fits())
            .then(|| (place, message(), "compare it with a number, or take the port's name"));
    }
    let target = step.target.and_then(Node::as_str)?;
    if *source == "__address__" && step.action == "replace" && needs_no_port(&pattern) && all_have_ports(job, index) {
        let message = format!("an address has a port behind its host, which {} leaves no room for: it matches none", place.describe());
        return Some((place, message, "match the port, too, as in `([^:]+):\\d+`"));
    }
    let whole = matches!(step.replacement.and_then(Node::as_str), None | Some("$1" | "${1}"))
        && matches!(step.regex.and_then(Node::as_str), None | Some("(.*)" | "(.+)"));
    let later = |label: &str| job.relabel[index + 1..].iter().any(|step| step.target.and_then(Node::as_str) == Some(label));
    if step.action != "replace" || !whole || later(target) {
        return None;
    }
    // Users give pods, services and machines annotations, labels and tags, or leave them out.
    let is_given = ["_annotation_", "_label_", "_tag_", "_metadata_"].iter().any(|word| source.contains(word));
    let is_asked = job.relabel[..index].iter().any(|step| step.action == "keep" && step.sources.contains(source));
    if source.starts_with("__meta_") && is_given && !is_asked && pattern.is_match("") {
        let what = match target {
            "__metrics_path__" => "path",
            "__scheme__" => "scheme",
            "__address__" => "address",
            _ => return None,
        };
        let message = format!("where `{source}` is missing, this takes its {what} from the target");
        return Some((place, message, "write `(.+)`, so that what is there stays"));
    }
    let bare = source.starts_with("__meta_kubernetes_") && ["_name", "_ip", "_namespace"].iter().any(|end| source.ends_with(end));
    (target == "__address__" && bare).then(|| {
        let node = step.target.unwrap_or(step.node);
        (node, format!("`{source}` has no port, so the target is asked at port 80"), "write host and port, or another label")
    })
}

/// Whether a pattern matches hosts, and no host with its port.
fn needs_no_port(pattern: &regex::Regex) -> bool {
    const HOSTS: &[&str] = &["web", "web-1", "web1.example.com", "10.0.0.1"];
    HOSTS.iter().any(|host| pattern.is_match(host)) && !HOSTS.iter().any(|host| pattern.is_match(&format!("{host}:8080")))
}

/// Whether all targets of a job come with a port: as they are written, or as those of the DNS do.
fn all_have_ports(job: &Job<'_>, index: usize) -> bool {
    let is_given = |key: &Node| matches!(key.as_str(), Some("dns_sd_configs"));
    let has_port = |node: &Node| node.as_str().and_then(|text| text.rsplit_once(':')).is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let is_written = job.relabel[..index].iter().any(|step| step.target.and_then(Node::as_str) == Some("__address__"));
    let some = !job.targets.addresses.is_empty() || !job.targets.discovery.is_empty();
    some && !is_written && job.targets.discovery.iter().all(|key| is_given(key)) && job.targets.addresses.iter().all(|node| has_port(node))
}

/// One name that is given to whatever a pattern of something else finds.
fn renamed<'a>(step: &Relabel<'a>) -> Fault<'a> {
    let (node, name) = step.replacement.and_then(Node::with_str)?;
    let is_name = step.action == "replace" && step.target.and_then(Node::as_str) == Some("__name__");
    (is_name && !name.contains('$') && !name.is_empty() && !step.sources.contains(&"__name__"))
        .then(|| (node, format!("all metrics that this finds are called `{name}` from here on"), "name the metric in `source_labels`, too"))
}
