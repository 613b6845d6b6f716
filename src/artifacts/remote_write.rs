//! `remote_write` of `prometheus.yml`: where samples are sent, with a queue for as many as the manifests bring.

use serde::Serialize;
use serde_json::{Value, json};

use super::Pair;
use crate::manifest::stack::SampleStore;
use crate::model::{Model, capacity};

/// The one entry of `remote_write`.
#[derive(Serialize)]
pub(super) struct Entry {
    /// Samples a second that the queue is for.
    samples: u64,
    url: String,
    settings: Vec<Pair<Value>>,
}

/// Where the samples of a run are sent; `None` where they stay.
pub(super) fn of(model: &Model) -> Option<Entry> {
    let remote = model.common.stack.feeding.remote_write.as_ref()?;
    let shards = model.common.stack.feeding.shard.map_or(1, |shard| shard.of);
    let samples = capacity::of(model).samples_to_send(!model.common.stack.rules_are_elsewhere()).div_ceil(shards);
    let mut settings: Vec<Pair<Value>> = remote.settings.iter().map(|(key, body)| Pair::new(*key, body.clone())).collect();
    if let Some(tenant) = model.common.stack.mimir_tenant.as_ref().filter(|_| remote.to == SampleStore::Mimir) {
        settings.push(Pair::new("headers", json!({ "X-Scope-OrgID": tenant })));
    }
    if model.services.iter().any(|service| service.metrics.values().any(|metric| metric.native)) {
        settings.push(Pair::new("send_native_histograms", json!(true)));
    }
    settings.push(Pair::new("queue_config", queue(samples)));
    Some(Entry { samples, url: remote.url.clone(), settings })
}

/// A queue for so many samples a second.
///
/// A request to a healthy store takes some 100 ms, so a shard of the queue passes on ten requests a second. There are enough
/// shards from the start for what comes in, and ten times as many may be started to catch up after the store was away.
/// Each holds five requests (Prometheus's manual advises three to ten), about 100 bytes a sample.
fn queue(samples_per_second: u64) -> Value {
    let per_request: u64 = if samples_per_second < 5000 { 500 } else { 2000 };
    let least = samples_per_second.div_ceil(per_request * 10).max(1);
    json!({
        "min_shards": least,
        "max_shards": least * 10,
        "capacity": per_request * 5,
        "max_samples_per_send": per_request,
    })
}

#[cfg(test)]
mod tests {
    use super::queue;

    #[test]
    fn a_queue_passes_on_what_comes_in_and_can_catch_up() {
        for samples in [0_u64, 1, 4_999, 5_000, 20_001, 1_000_000] {
            let queue = queue(samples);
            let number = |key: &str| queue[key].as_u64().expect("a number");
            let passes = number("max_samples_per_send") * 10;
            assert!(number("min_shards") * passes >= samples, "{samples}: {queue}");
            assert!(number("max_shards") * passes >= 10 * samples, "{samples}: {queue}");
            assert!((3..=10).contains(&(number("capacity") / number("max_samples_per_send"))), "{queue}");
        }
    }
}
