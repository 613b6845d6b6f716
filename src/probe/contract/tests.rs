//! Pages that keep the contract, and pages that break it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use super::*;
use crate::manifest::stack::Version;
use crate::model::resolve::resolve;
use crate::promql::{self, Options};
use crate::source::SourceMap;

const MANIFEST: &str = r#"
apiVersion: obsgen/v1
service: { name: shop }
stack: { prometheus: "3.14" }
metrics:
  requests_total:
    type: counter
    help: Requests
    labels: { method: { values: [GET, POST] }, status: { role: http_status }, zone: { optional: true } }
    max_series: 3
  request_seconds: { type: histogram, help: Durations, buckets: [0.1, 0.5, 1] }
  pool_size: { type: gauge, help: Size, labels: { pool: { pattern: "[a-z]+" } } }
  refunds_total: { type: counter, help: Refunds, presence: on_first_use }
"#;

/// A page that keeps all of it.
const GOOD: &str = r#"# HELP requests_total Requests
# TYPE requests_total counter
requests_total{method="GET",status="200"} 5
requests_total{method="POST",status="500",zone="a"} 1
# HELP request_seconds Durations
# TYPE request_seconds histogram
request_seconds_bucket{le="0.1"} 1
request_seconds_bucket{le="0.5"} 2
request_seconds_bucket{le="1.0"} 3
request_seconds_bucket{le="+Inf"} 6
request_seconds_sum 9
request_seconds_count 6
# HELP pool_size Size
# TYPE pool_size gauge
pool_size{pool="main"} 3
# HELP go_goroutines Noise
# TYPE go_goroutines gauge
go_goroutines 7
"#;

fn terms() -> Terms {
    let mut sources = SourceMap::default();
    let id = sources.add("obsgen.yaml", MANIFEST);
    let reading = crate::manifest::read(&sources, id, None, None, &crate::source::Forms::default());
    let resolved = resolve(vec![reading.manifest.expect("a manifest").0], &sources);
    let model = resolved.model.expect("a model");
    let service = &model.services[0];
    Terms {
        metrics: Arc::clone(&service.metrics),
        declared_at: BTreeMap::from([("requests_total".to_owned(), "obsgen.yaml:6:3".to_owned())]),
        bounds: vec![("request_seconds".to_owned(), Decimal::new(5, 1), "objective `latency`".to_owned())],
        asked: Vec::new(),
        prometheus: model.common.stack.prometheus,
        timeout: Duration::from_secs(10),
        require_all: false,
    }
}

fn seen(body: &str) -> Seen {
    let header = ContentType(Some("text/plain; version=0.0.4".to_owned()));
    Seen { from: "page".to_owned(), content_type: Some(header), body: body.as_bytes().to_vec(), took: None, again: None }
}

/// Each finding as `CODE metric: detail`.
fn found(terms: &Terms, pages: &[Seen]) -> Vec<String> {
    let (failures, _) = judge(terms, pages);
    failures.iter().map(|f| format!("{} {}: {}", f.code, f.subject.as_deref().unwrap_or("-"), f.detail)).collect()
}

/// What is found on the good page after a change.
fn changed(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    found(&terms(), &[seen(&GOOD.replacen(from, to, 1))])
}

#[test]
fn a_page_that_keeps_the_contract_is_clean_and_what_it_cannot_show_is_unproven() {
    let (failures, kept) = judge(&terms(), &[seen(GOOD)]);
    assert!(failures.is_empty(), "{failures:#?}");
    assert_eq!(kept.sentence(), "4 declared: 3 ok, 0 wrong, 0 missing, 1 unproven");
    assert_eq!((kept.unproven_metrics, kept.series, kept.would_scrape), (vec!["refunds_total".to_owned()], 10, true));
    let strict = Terms { require_all: true, ..terms() };
    assert_eq!(found(&strict, &[seen(GOOD)]), ["METRICS_UNPROVEN refunds_total: nothing is known of it: it was never emitted"]);
}

#[test]
fn every_clause_of_the_contract_is_found_broken() {
    for (from, to, finding) in [
        // C01 and C04.
        ("pool_size{pool=\"main\"} 3\n", "", "METRICS_MISSING pool_size: it is described on the page and has no series"),
        // C05
        ("# TYPE pool_size gauge", "# TYPE pool_size counter", "METRICS_TYPE pool_size: it is a counter, declared as a gauge"),
        ("# TYPE pool_size gauge\n", "", "METRICS_TYPE pool_size: the page does not say what it is, declared as a gauge"),
        // C06
        (
            "{pool=\"main\"}",
            "{pool=\"main\",user_id=\"7\"}",
            "METRICS_LABELS pool_size: the label `user_id` is not declared (1 sample, 1 value)",
        ),
        ("{pool=\"main\"}", "", "METRICS_LABELS pool_size: the label `pool` is absent from 1 sample"),
        // C07
        ("\"GET\"", "\"get\"", "METRICS_LABEL_VALUE requests_total: the label `method` has `get`, declared as GET, POST"),
        ("\"200\"", "\"ok\"", "METRICS_LABEL_VALUE requests_total: the label `status` has `ok`, declared as an HTTP status"),
        ("\"main\"", "\"main-1\"", "METRICS_LABEL_VALUE pool_size: the label `pool` has `main-1`, declared as `[a-z]+`"),
        // C08
        (
            "request_seconds_bucket{le=\"0.5\"} 2\n",
            "",
            "METRICS_BUCKETS request_seconds: its bounds are {0.1, 1}, declared as {0.1, 0.5, 1}; the bound 0.5 of objective `latency` is no bucket",
        ),
        (
            "request_seconds_bucket{le=\"+Inf\"} 6\n",
            "",
            "METRICS_HISTOGRAM request_seconds: it has no bucket `+Inf`, so its quantiles are NaN",
        ),
        ("\"0.5\"} 2", "\"0.5\"} 4", "METRICS_HISTOGRAM request_seconds: its buckets shrink: 4 up to 0.5 and 3 up to 1"),
        ("_count 6", "_count 7", "METRICS_HISTOGRAM request_seconds: its `_count` is 7, and its bucket `+Inf` is 6"),
        ("request_seconds_sum 9\n", "", "METRICS_HISTOGRAM request_seconds: it has no `_sum`"),
        ("le=\"0.1\"", "le=\"low\"", "METRICS_HISTOGRAM request_seconds: a bucket has no bound: `le` is absent or no number"),
        // C10
        ("requests_total Requests", "requests_total Others", "METRICS_HELP requests_total: its help is `Others`, declared as `Requests`"),
        ("# HELP pool_size Size\n", "", "METRICS_NAMING pool_size: it has no help text"),
        // C11
        (
            "requests_total{method=\"GET\"",
            "requests_total{method=\"GET\",status=\"201\"} 1\nrequests_total{method=\"GET\",status=\"202\"} 1\nrequests_total{method=\"GET\"",
            "METRICS_SERIES requests_total: it has 4 series, declared at most 3: `status` has 4 values, `method` has 2 values, `zone` has 1 values",
        ),
        // C12
        (
            "zone=\"a\"",
            "zone=\"3f2504e0-4f89-11d3-9a0c-0305e82c3301\"",
            "METRICS_IDENTITY requests_total: the label `zone` holds a UUID, `3f2504e0-4f89-11d3-9a0c-0305e82c3301`: every other one makes more series",
        ),
        // C13
        ("\"200\"} 5", "\"200\"} -5", "METRICS_COUNTER requests_total: `requests_total` counts, and its value is -5"),
        ("\"200\"} 5", "\"200\"} NaN", "METRICS_COUNTER requests_total: `requests_total` counts, and its value is NaN"),
        // C14
        (
            "# HELP pool_size",
            "requests_total{status=\"200\",method=\"GET\"} 6\n# HELP pool_size",
            "METRICS_DUPLICATE requests_total: the series `requests_total{status=\"200\",method=\"GET\"}` is there twice, first at line 3",
        ),
        ("\"main\"} 3", "\"main\"} 3 1000", "METRICS_TIMESTAMP pool_size: 1 sample has a timestamp of its own, `1000`"),
        // C15
        ("\"200\"} 5", "\"200\"} five", "METRICS_SYNTAX -: the value `five` is not a number, so the whole scrape is lost"),
        ("# TYPE pool_size gauge", "# TYPE pool_size gauge\n# TYPE pool_size gauge", "METRICS_SYNTAX -: `pool_size` has a second `# TYPE`"),
    ] {
        let found = changed(from, to);
        assert!(found.contains(&finding.to_owned()), "{from} -> {to}: {found:#?}");
    }
}

#[test]
fn a_name_that_is_nearly_right_is_suggested() {
    let (failures, kept) = judge(&terms(), &[seen(&GOOD.replace("pool_size", "pool_sizes"))]);
    let missing = failures.iter().find(|f| f.subject.as_deref() == Some("pool_size")).expect("it is missing");
    assert_eq!((missing.detail.as_str(), &*missing.hint), ("it is declared and not on the page", "did you mean `pool_sizes`?"));
    assert_eq!(kept.missing, 1);
    let (failures, _) = judge(&terms(), &[seen(&GOOD.replace("request_seconds", "request_duration_seconds"))]);
    let missing = failures.iter().find(|f| f.subject.as_deref() == Some("request_seconds")).expect("it is missing");
    assert_eq!(missing.hint, "did you mean `request_duration_seconds`?");
}

#[test]
fn what_is_not_declared_is_told_with_its_declaration() {
    let more = format!("{GOOD}# HELP jobs_total Jobs\n# TYPE jobs_total counter\njobs_total{{queue=\"a\"}} 1\n");
    let (failures, _) = judge(&terms(), &[seen(&more)]);
    let [undeclared] = &failures[..] else { panic!("{failures:#?}") };
    assert_eq!((undeclared.code.to_string(), undeclared.level), ("METRICS_UNDECLARED".to_owned(), crate::probe::failure::Level::Warn));
    assert_eq!(undeclared.hint, "declare it: `jobs_total: { type: counter, labels: { queue: {} } }`");
}

#[test]
fn a_unit_that_open_metrics_gives_is_compared() {
    let page = |unit: &str| {
        let text = GOOD.replace("# TYPE request_seconds", &format!("# UNIT request_{unit} {unit}\n# TYPE request_seconds"));
        let body = text.replace("# HELP requests_total", "# HELP requests").replace("# TYPE requests_total", "# TYPE requests") + "# EOF\n";
        let header = ContentType(Some("application/openmetrics-text; version=1.0.0".to_owned()));
        Seen { content_type: Some(header), ..seen(&body) }
    };
    assert_eq!(found(&terms(), &[page("seconds")]), [""; 0]);
    let mut terms = terms();
    let metrics = Arc::make_mut(&mut terms.metrics);
    let declared = metrics.get_mut("request_seconds").expect("a metric");
    Arc::make_mut(declared).unit = crate::manifest::metrics::MetricUnit::Ratio;
    assert_eq!(found(&terms, &[page("seconds")]), ["METRICS_UNIT request_seconds: its unit is `seconds`, declared as `ratio`"]);
}

#[test]
fn an_empty_page_and_one_that_is_none_prove_nothing() {
    let of = |content_type: Option<&str>, body: &str| {
        let header = ContentType(content_type.map(str::to_owned));
        let (failures, kept) = judge(&terms(), &[Seen { content_type: Some(header), ..seen(body) }]);
        assert_eq!((kept.ok, kept.missing), (0, 3));
        (failures.iter().map(|f| f.code.to_string()).collect::<Vec<_>>(), kept.would_scrape)
    };
    assert_eq!(of(Some("text/plain"), ""), (vec!["EMPTY_EXPOSITION".to_owned()], true));
    assert_eq!(of(None, ""), (vec!["METRICS_CONTENT_TYPE".to_owned(), "EMPTY_EXPOSITION".to_owned()], false));
    let html = of(Some("text/html"), "<!doctype html>\n<html>\n");
    assert_eq!(html, (vec!["METRICS_CONTENT_TYPE".to_owned(), "METRICS_SYNTAX".to_owned()], false));
    // Prometheus 2 takes the page without a type.
    let old = Terms { prometheus: Version::new(2, 42), ..terms() };
    let (failures, kept) = judge(&old, &[Seen { content_type: Some(ContentType(None)), ..seen(GOOD) }]);
    assert_eq!((failures.len(), failures[0].level, kept.would_scrape), (1, crate::probe::failure::Level::Warn, true));
}

#[test]
fn quoted_names_cost_the_scrape_only_where_prometheus_2_is_meant() {
    let page = format!("{GOOD}{{\"a.b\"}} 1\n");
    let codes = |version| {
        let (failures, kept) = judge(&Terms { prometheus: version, ..terms() }, &[seen(&page)]);
        (failures.iter().any(|f| f.code.to_string() == "METRICS_SYNTAX"), kept.would_scrape)
    };
    assert_eq!(codes(Version::new(2, 42)), (true, false));
    assert_eq!(codes(Version::new(3, 14)), (false, true));
}

#[test]
fn what_costs_the_scrape_is_told_however_much_stands_before_it() {
    let quoted = (0..500).fold(String::new(), |page, i| page + &format!("# HELP \"a.{i}\" A.\n"));
    let repeated = "# HELP a A.\n".repeat(500);
    for before in [quoted, repeated] {
        for nameless in ["{\"\"} 1\n", "a 1\n{x=\"y\"} 1\n"] {
            let (failures, kept) = judge(&terms(), &[seen(&format!("{before}{nameless}"))]);
            let found = failures.iter().any(|f| f.detail == "the metric has no name, so the whole scrape is lost");
            assert!(found && !kept.would_scrape, "{nameless}: {failures:#?}");
        }
    }
}

#[test]
fn a_counter_that_falls_between_two_scrapes_is_none() {
    let later = |from: &str, to: &str| Seen { again: Some(Box::new(seen(&GOOD.replace(from, to)))), ..seen(GOOD) };
    assert_eq!(found(&terms(), &[later("\"200\"} 5", "\"200\"} 6")]), [""; 0]);
    let fell = "METRICS_COUNTER requests_total: `requests_total` fell from 5 to 4 between two scrapes";
    assert_eq!(found(&terms(), &[later("\"200\"} 5", "\"200\"} 4")]), [fell]);
    // After a restart everything begins anew.
    assert_eq!(found(&terms(), &[later("\"200\"} 5", "\"200\"} 4\nprocess_start_time_seconds 12")]), [""; 0]);
}

#[test]
fn both_grammars_must_show_the_same() {
    let open_metrics = |body: &str| {
        let body = body.replace("# HELP requests_total", "# HELP requests").replace("# TYPE requests_total", "# TYPE requests") + "# EOF\n";
        let header = ContentType(Some("application/openmetrics-text; version=1.0.0".to_owned()));
        Seen { content_type: Some(header), ..seen(&body) }
    };
    let with = |again: &str| Seen { again: Some(Box::new(seen(again))), ..open_metrics(GOOD) };
    assert_eq!(found(&terms(), &[with(GOOD)]), [""; 0]);
    let more = format!("{GOOD}only_text 1\n");
    assert_eq!(found(&terms(), &[with(&more)]), ["METRICS_NEGOTIATION -: `only_text` is there in text 0.0.4 and not in OpenMetrics"]);
}

#[test]
fn a_scrape_that_takes_half_of_its_time_is_told() {
    let took = |seconds| Seen { took: Some(Duration::from_secs(seconds)), ..seen(GOOD) };
    assert_eq!(found(&terms(), &[took(4)]), [""; 0]);
    assert_eq!(found(&terms(), &[took(6)]), ["METRICS_SLOW -: the scrape took 6000 ms of the 10000 ms that it may last"]);
}

#[test]
fn what_rules_ask_for_must_be_there() {
    let asking = |text: &str| {
        let expr = promql::parse(text, &Options::stock()).expect("an expression");
        let selectors = promql::walk::selectors(&expr);
        Terms { asked: vec![Asked { by: "alert `A`".to_owned(), selector: selectors[0].selector.clone() }], ..terms() }
    };
    for fine in [
        "requests_total{job=\"shop\",status=~\"5..\"}",
        // It did not occur yet, and may.
        "requests_total{method=\"POST\",status=\"503\"}",
        "requests_total{zone!=\"b\"}",
        "requests_total{other=\"\"}",
        "request_seconds_bucket{le=\"1.0\"}",
        "request_seconds_bucket{le=~\"0.5|0.50\"}",
        "pool_size{pool=~\"$pool\"}",
        "elsewhere{x=\"y\"}",
    ] {
        assert!(!found(&asking(fine), &[seen(GOOD)]).iter().any(|f| f.starts_with("METRICS_SELECTOR")), "{fine}");
    }
    for (broken, why) in [
        ("requests_total{code=\"500\"}", "no series of `requests_total` has the label `code`, so alert `A` can never see it"),
        ("request_seconds_bucket{le=\"0.7\"}", "no bucket of `request_seconds_bucket` has the bound `0.7`, so alert `A` can never see it"),
        ("request_seconds_bucket{le=\"1\"}", "no bucket of `request_seconds_bucket` has the bound `1`, so alert `A` can never see it"),
        ("request_seconds_count{le=\"0.5\"}", "no series of `request_seconds_count` has the label `le`, so alert `A` can never see it"),
    ] {
        let found = found(&asking(broken), &[seen(GOOD)]);
        assert!(found.iter().any(|f| f.ends_with(why)), "{broken}: {found:?}");
    }
}

#[test]
fn instances_are_judged_together() {
    let from = |name: &str, body: &str| Seen { from: name.to_owned(), ..seen(body) };
    // What one has is there.
    let without = GOOD.replace("pool_size{pool=\"main\"} 3\n", "");
    assert_eq!(found(&terms(), &[from("a", GOOD), from("b", &without)]), [""; 0]);
    let other = GOOD.replace("le=\"0.5\"", "le=\"0.4\"");
    let found = found(&terms(), &[from("a", GOOD), from("b", &other)]);
    assert!(
        found.contains(
            &"METRICS_REPLICAS request_seconds: instances expose it with different buckets: {0.1, 0.4, 1} at b, {0.1, 0.5, 1} at a"
                .to_owned()
        ),
        "{found:#?}"
    );
}

#[test]
fn a_finding_says_where_it_stands_on_the_page_and_in_the_manifest() {
    let (failures, _) = judge(&terms(), &[seen(&GOOD.replace("\"GET\"", "\"PUT\""))]);
    assert_eq!((failures[0].place.as_deref(), failures[0].declared.as_deref()), (Some("page:3:24"), Some("obsgen.yaml:6:3")));
    assert_eq!((failures[0].expected.as_deref(), failures[0].observed.as_deref()), (Some("GET, POST"), Some("PUT")));
}

#[test]
fn names_are_judged_as_promlint_judges_them() {
    let say = |text: &str| -> Vec<String> {
        let body = text.to_owned();
        found(&Terms { metrics: Arc::default(), ..terms() }, &[seen(&body)])
            .into_iter()
            .filter(|f| f.starts_with("METRICS_NAMING"))
            .map(|f| f.split_once(": ").expect("a detail").1.to_owned())
            .collect()
    };
    for (text, said) in [
        ("# HELP a A\n# TYPE a counter\na 1\n", "it is a counter, and its name does not end in `_total`"),
        ("# HELP a_total A\n# TYPE a_total gauge\na_total 1\n", "its name ends in `_total`, and it is no counter"),
        (
            "# HELP a_milliseconds A\n# TYPE a_milliseconds gauge\na_milliseconds 1\n",
            "its unit is `milliseconds`; the base unit is `seconds`",
        ),
        ("# HELP a_ms A\n# TYPE a_ms gauge\na_ms 1\n", "its name abbreviates a unit"),
        ("# HELP a_gauge A\n# TYPE a_gauge gauge\na_gauge 1\n", "its type is a part of its name"),
        ("# HELP a:b A\n# TYPE a:b gauge\na:b 1\n", "its name holds `:`, which is for recording rules"),
        ("# HELP aB A\n# TYPE aB gauge\naB 1\n", "its name is written in camelCase"),
        ("# HELP a A\n# TYPE a gauge\na{bC=\"1\"} 1\n", "its label `bC` is written in camelCase"),
        ("# HELP a_bucket A\n# TYPE a_bucket gauge\na_bucket 1\n", "its name ends in `_bucket`, and it is no histogram"),
        ("# HELP a_sum A\n# TYPE a_sum gauge\na_sum 1\n", "its name ends as a part of a histogram's does, and it is none"),
        ("# HELP a A\n# TYPE a gauge\na{le=\"1\"} 1\n", "it has the label `le`, and it is no histogram"),
        ("# HELP a A\n# TYPE a gauge\na{quantile=\"1\"} 1\n", "it has the label `quantile`, and it is no summary"),
        ("# TYPE a gauge\na 1\n", "it has no help text"),
    ] {
        assert_eq!(say(text), [said], "{text}");
    }
    assert_eq!(say(GOOD), [""; 0]);
}
