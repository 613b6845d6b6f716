//! `stack.prometheus` as a feeder of a central engine: what its keys need of each other.

use super::addresses::check_url;
use super::bodies;
use super::findings::{Findings, INVALID, owned};
use crate::diagnostic::Diagnostic;
use crate::manifest::Located;
use crate::manifest::stack::{self as written, SampleStore};
use crate::model::feeding::{MIMIR_CLUSTER, MIMIR_REPLICA, REPLICA, RemoteWrite, SHARD, Shard};
use crate::model::stack::Stack;
use crate::source::{MISSING_KEY, Span, Spanned};

const URL: &str = "stack.prometheus.remote_write.url";

/// The keys of all manifests of a run, each once.
#[derive(Default)]
struct Keys {
    agent: Option<Span>,
    shards: Option<(u64, Span)>,
    shard: Option<(u64, Span)>,
    replica: Option<Span>,
    labels: Vec<(String, Span)>,
}

/// How the Prometheus of a run feeds a central engine.
pub(super) fn resolve(manifests: &[Located], stack: &mut Stack, findings: &mut Findings) {
    let mut keys = Keys::default();
    let all = manifests.iter().filter_map(|located| located.manifest.stack.value()).filter_map(|stack| stack.prometheus.value());
    for prometheus in all {
        if let Some(agent) = prometheus.agent.valid().filter(|agent| agent.value) {
            keys.agent = Some(agent.span);
            stack.feeding.agent = true;
        }
        keys.shards = prometheus.shards.valid().map(|shards| (shards.value, shards.span)).or(keys.shards);
        keys.shard = prometheus.shard.valid().map(|shard| (shard.value, shard.span)).or(keys.shard);
        if let Some(replica) = prometheus.replica.valid() {
            keys.replica = Some(replica.span);
            stack.feeding.replica = Some(owned(replica));
        }
        keys.labels.extend(prometheus.external_labels.valid().map(|(name, _)| (name.value.clone(), name.span)));
        if let Some(remote) = prometheus.remote_write.valid() {
            stack.feeding.remote_write = remote_write(remote, findings).or(stack.feeding.remote_write.take());
        }
    }
    stack.feeding.shard = shard(&keys, findings);
    check(&keys, stack, findings);
}

fn remote_write(remote: &Spanned<written::RemoteWrite>, findings: &mut Findings) -> Option<RemoteWrite> {
    let written = &remote.value;
    let bodies = [
        ("tls_config", "tls", &written.tls),
        ("basic_auth", "basic_auth", &written.basic_auth),
        ("authorization", "authorization", &written.authorization),
    ];
    let of = |(key, name, body)| (key, format!("stack.prometheus.remote_write.{name}"), body);
    let settings = bodies::bodies(bodies.map(of), findings);
    let Some(url) = written.url.valid() else {
        if written.url.is_missing() {
            let missing = Diagnostic::error(MISSING_KEY, remote.span, "`remote_write` has no `url`");
            findings.add(missing.help("name what takes the samples, as in `url: http://mimir:9009/api/v1/push`").path(URL));
        }
        return None;
    };
    check_url(&url.value.0, url.span, URL, findings);
    Some(RemoteWrite { url: owned(url), to: written.to.value().copied().unwrap_or_default(), settings })
}

/// Which part of the targets is this Prometheus's own.
fn shard(keys: &Keys, findings: &mut Findings) -> Option<Shard> {
    let Some((of, span)) = keys.shards else {
        if let Some((_, span)) = keys.shard {
            let finding = Diagnostic::error(MISSING_KEY, span, "`shard` says which of how many?");
            findings.add(finding.help("add `shards: N`").path("stack.prometheus.shard"));
        }
        return None;
    };
    if of == 0 {
        findings.add(
            Diagnostic::error(INVALID, span, "no Prometheus scrapes anything")
                .help("`shards` is 1 or more")
                .path("stack.prometheus.shards"),
        );
        return None;
    }
    match keys.shard {
        None if of == 1 => None,
        None => {
            let finding = Diagnostic::error(MISSING_KEY, span, format!("which of the {of} shards is this?"));
            findings.add(
                finding.help("add `shard: 0`, and for each further one an environment that says its number").path("stack.prometheus.shard"),
            );
            None
        }
        Some((number, place)) if number >= of => {
            let finding = Diagnostic::error(INVALID, place, format!("of {of} shards none has the number {number}"));
            findings.add(finding.related(span, "how many there are").help("shards are counted from 0").path("stack.prometheus.shard"));
            None
        }
        Some((number, _)) => (of > 1).then_some(Shard { of, number }),
    }
}

/// What the keys need of each other.
fn check(keys: &Keys, stack: &Stack, findings: &mut Findings) {
    let feeding = &stack.feeding;
    let feeder = keys.agent.map(|span| ("an agent keeps nothing", span));
    let feeder = feeder
        .or_else(|| keys.shards.filter(|_| feeding.shard.is_some()).map(|(_, span)| ("a shard sees only a part of the targets", span)));
    if let Some((why, span)) = feeder.filter(|_| feeding.remote_write.is_none()) {
        let finding = Diagnostic::error(MISSING_KEY, span, format!("{why}, so its samples must go to where rules see all of them"));
        findings.add(finding.help("add `remote_write: { url: … }`").path("stack.prometheus.remote_write"));
    }
    let set = [(SHARD, feeding.shard.is_some()), (REPLICA, feeding.replica.is_some()), (MIMIR_REPLICA, feeding.replica.is_some())];
    for (name, span) in &keys.labels {
        if set.iter().any(|(label, is_set)| *is_set && label == name) {
            let finding = Diagnostic::error(INVALID, *span, format!("obsgen sets the external label `{name}` itself"));
            findings.add(
                finding.help("remove it: `shard` and `replica` of `stack.prometheus` say it").path("stack.prometheus.external_labels"),
            );
        }
    }
    let to_mimir = feeding.remote_write.as_ref().is_some_and(|remote| remote.to == SampleStore::Mimir);
    if let Some(span) = keys.replica.filter(|_| to_mimir && !stack.external_labels.contains_key(MIMIR_CLUSTER)) {
        let finding = Diagnostic::error(MISSING_KEY, span, "Mimir takes replicas for one by the label `cluster`, and there is none");
        findings.add(finding.help("add `external_labels: { cluster: … }`").path("stack.prometheus.external_labels"));
    }
}
