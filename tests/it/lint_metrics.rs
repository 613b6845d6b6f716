//! `obsgen lint --metrics`: pages of metrics say what exists, and close the world of the job that they are of.

use std::io::Write as _;
use std::process::Stdio;

use crate::common::{Run, obsgen, run_in};
use crate::peers::{answer, nobody};

const PAGE: &str = "\
# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method=\"GET\",status=\"200\"} 10
http_requests_total{method=\"POST\",status=\"201\"} 3
# HELP http_request_duration_seconds Latency.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le=\"0.1\"} 3
http_request_duration_seconds_bucket{le=\"0.5\"} 8
http_request_duration_seconds_bucket{le=\"1\"} 12
http_request_duration_seconds_bucket{le=\"+Inf\"} 13
http_request_duration_seconds_sum 5
http_request_duration_seconds_count 13
# HELP rpc_seconds Calls.
# TYPE rpc_seconds summary
rpc_seconds{quantile=\"0.5\"} 0.1
rpc_seconds_sum 5
rpc_seconds_count 13
# HELP queue_depth Waiting.
# TYPE queue_depth gauge
queue_depth{queue=\"orders\"} 4
";

const PROMETHEUS: &str = "\
global: { scrape_interval: 15s, external_labels: { cluster: a } }
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ['shop:8080'] }]
";

/// Lints one expression beside a page, with further files and arguments.
fn lint(expr: &str, page: &str, files: &[(&str, &str)], args: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = format!(
        "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: '{expr}'\n        for: 5m\n        labels: {{ severity: warning }}\n        annotations: {{ summary: a, description: b, runbook_url: 'https://example.com/a' }}\n"
    );
    std::fs::write(folder.path().join("rules.yml"), rules).expect("rules");
    std::fs::write(folder.path().join("page.txt"), page).expect("a page");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let format: &[&str] = if args.contains(&"--format") { &[] } else { &["--format", "concise"] };
    run_in(folder.path(), &[&["lint", "rules.yml"], names.as_slice(), format, args].concat())
}

fn found(run: &Run, what: &str) -> bool {
    run.stdout.lines().any(|line| line.contains(what))
}

#[test]
fn a_page_among_the_files_is_of_the_job_that_it_is_called_after_or_of_the_only_one_that_is_left() {
    let expr = "rate(http_request_total{job=\"shop\"}[5m]) > 1";
    let both = PROMETHEUS.to_owned() + "  - job_name: other\n    static_configs: [{ targets: ['other:8080'] }]\n";
    for (name, config, is_its) in [
        ("shop.prom", &both, true),
        ("shop-metrics.txt", &both, true),
        ("page.prom", &PROMETHEUS.to_owned(), true),
        ("page.prom", &both, false),
    ] {
        let run = lint(expr, "", &[("prometheus.yml", config), (name, PAGE)], &[]);
        assert_eq!(found(&run, "`shop` exposes no metric `http_request_total`"), is_its, "{name}: {}", run.stdout);
    }
}

#[test]
fn a_page_of_a_job_closes_its_world() {
    let tied = ["--metrics", "shop=page.txt"];
    let run = lint("rate(http_request_total{job=\"shop\"}[5m]) > 1", PAGE, &[], &tied);
    assert!(found(&run, "rules.yml:5:21: error[unknown-metric] `shop` exposes no metric `http_request_total`"), "{}", run.stdout);
    assert_eq!(run.code, 1);
    let run = lint("rate(payments_total{job=\"shop\"}[5m]) > 1", PAGE, &[], &tied);
    assert!(found(&run, "warning[unknown-metric] `shop` exposes no metric `payments_total`"), "{}", run.stdout);
    assert_eq!(run.code, 0, "it may come with its first event");
    // Of another job nothing is known; and a configuration that has only this job says that the page is all.
    let run = lint("rate(payments_total{job=\"pay\"}[5m]) > 1", PAGE, &[], &tied);
    assert!(!found(&run, "unknown-metric"), "{}", run.stdout);
    let run = lint("rate(payments_total[5m]) > 1", PAGE, &[("prometheus.yml", PROMETHEUS)], &tied);
    assert!(found(&run, "warning[unknown-metric]"), "{}", run.stdout);
    let renaming = format!("{PROMETHEUS}    metric_relabel_configs: [{{ source_labels: [x], target_label: __name__ }}]\n");
    let run = lint("rate(payments_total[5m]) > 1", PAGE, &[("prometheus.yml", &renaming)], &tied);
    assert!(!found(&run, "unknown-metric"), "{}", run.stdout);
}

#[test]
fn a_page_of_no_job_knows_its_own_metrics_only() {
    let of_none = ["--metrics", "page.txt"];
    let run = lint("rate(http_request_total[5m]) > 1", PAGE, &[], &of_none);
    assert!(found(&run, "warning[unknown-metric] there is no metric `http_request_total` on the page"), "{}", run.stdout);
    let run = lint("rate(payments_total[5m]) > 1", PAGE, &[], &of_none);
    assert!(!found(&run, "unknown-metric"), "{}", run.stdout);
}

#[test]
fn types_labels_values_and_buckets_of_a_page_count() {
    let cases = [
        ("rate(queue_depth[5m]) > 1", "warning[rate-on-gauge]"),
        ("delta(http_requests_total[5m]) > 1", "warning[delta-on-counter]"),
        ("http_requests_total > 1000", "warning[counter-raw]"),
        ("histogram_quantile(0.9, rpc_seconds) > 1", "error[summary-misuse]"),
        ("http_request_duration_seconds > 1", "error[histogram-base-name]"),
        ("rate(http_requests_total{code=\"500\"}[5m]) > 1", "error[unknown-label]"),
        ("rate(http_requests_total{method=\"get\"}[5m]) > 1", "warning[impossible-value]"),
        ("rate(http_requests_total{status=\"5xx\"}[5m]) > 1", "warning[impossible-value]"),
        ("queue_depth{queue=\"mails\"} > 1", "info[impossible-value]"),
        ("rate(http_request_duration_seconds_bucket{le=\"0.3\"}[5m]) > 1", "error[le-literal]"),
        ("histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1", "error[threshold-above-top-bucket]"),
        ("histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.7", "warning[threshold-off-bucket]"),
    ];
    for (expr, wanted) in cases {
        let run = lint(expr, PAGE, &[("prometheus.yml", PROMETHEUS)], &["--metrics", "shop=page.txt"]);
        assert!(found(&run, wanted), "{expr}: {}", run.stdout);
        let without = lint(expr, PAGE, &[("prometheus.yml", PROMETHEUS)], &[]);
        // That no configuration turns native histograms on is known without a page, and a quantile of a summary is one of them.
        // So is that what is called `…_requests_total` counts.
        let is_known = matches!(wanted, "warning[counter-raw]" | "warning[delta-on-counter]");
        assert_eq!(found(&without, wanted), is_known, "{expr}: {}", without.stdout);
    }
}

#[test]
fn what_a_page_cannot_prove_is_no_error() {
    let healthy = [
        "sum by (job) (rate(http_requests_total{status=~\"5..\"}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.05",
        "queue_depth{queue=\"orders\"} > 100",
        "rate(http_requests_total{status=\"503\",namespace=\"a\"}[5m]) > 1",
        "histogram_quantile(0.9, sum (rate(http_request_duration_seconds[5m]))) > 0.5",
        "up{job=\"shop\"} == 0",
        "http_requests_created{job=\"shop\"} > 1e9",
    ];
    for expr in healthy {
        let run = lint(expr, PAGE, &[], &["--metrics", "shop=page.txt"]);
        assert!(!found(&run, "error["), "{expr}: {}", run.stdout);
        assert_eq!(run.code, 0, "{expr}");
    }
}

#[test]
fn jobs_that_no_page_shows_may_have_the_same_metrics_otherwise() {
    let two = format!("{PROMETHEUS}  - job_name: pay\n    static_configs: [{{ targets: ['pay:8080'] }}]\n");
    let tied = ["--metrics", "shop=page.txt"];
    let cases = [
        ("rate(http_requests_total{job=\"JOB\",code=\"500\"}[5m]) > 1", "[unknown-label]"),
        ("rate(http_request_duration_seconds_bucket{job=\"JOB\",le=\"0.3\"}[5m]) > 1", "[le-literal]"),
        ("rate(queue_depth{job=\"JOB\"}[5m]) > 1", "[rate-on-gauge]"),
        ("histogram_quantile(0.9, rpc_seconds{job=\"JOB\"}) > 1", "[summary-misuse]"),
    ];
    for (expr, rule) in cases {
        let run = lint(&expr.replace("JOB", "pay"), PAGE, &[("prometheus.yml", &two)], &tied);
        assert!(!found(&run, rule), "{expr}: {}", run.stdout);
        let run = lint(&expr.replace("JOB", "shop"), PAGE, &[("prometheus.yml", &two)], &tied);
        assert!(found(&run, rule), "{expr}: {}", run.stdout);
        let open = expr.replace("job=\"JOB\",", "").replace("{job=\"JOB\"}", "");
        let run = lint(&open, PAGE, &[("prometheus.yml", &two)], &tied);
        assert!(found(&run, rule) && !found(&run, &format!("error{rule}")), "{open}: {}", run.stdout);
    }
}

#[test]
fn labels_that_targets_have_too_are_stored_under_another_name() {
    let labelled = PROMETHEUS.replace("targets: ['shop:8080']", "targets: ['shop:8080'], labels: { method: a }");
    let run = lint("queue_depth{exported_queue=\"a\"} > 1", PAGE, &[("prometheus.yml", &labelled)], &["--metrics", "shop=page.txt"]);
    assert!(!found(&run, "unknown-label"), "{}", run.stdout);
    let run = lint("queue_depth{exported_depth=\"a\"} > 1", PAGE, &[("prometheus.yml", &labelled)], &["--metrics", "shop=page.txt"]);
    assert!(found(&run, "error[unknown-label]"), "{}", run.stdout);
}

#[test]
fn several_pages_say_what_they_have_in_common() {
    let other = "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} 1\n# TYPE queue_depth counter\nqueue_depth 1\n";
    let folder = [("prometheus.yml", PROMETHEUS), ("other.prom", other)];
    let args = ["--metrics", "shop=page.txt", "--metrics", "shop=other.prom"];
    let run = lint("rate(http_requests_total{code=\"500\"}[5m]) > 1", PAGE, &folder, &args);
    assert!(!found(&run, "unknown-label"), "{}", run.stdout);
    let run = lint("rate(queue_depth[5m]) > 1", PAGE, &folder, &args);
    assert!(!found(&run, "rate-on-gauge"), "{}", run.stdout);
}

#[test]
fn findings_show_the_page_they_rest_on() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("page.txt"), PAGE).expect("a page");
    let rules = "groups:\n  - name: g\n    rules:\n      - record: a:b\n        expr: rate(queue_depth[5m])\n";
    std::fs::write(folder.path().join("rules.yml"), rules).expect("rules");
    let run = run_in(folder.path(), &["lint", "rules.yml", "--metrics", "page.txt"]);
    assert!(run.stdout.contains("::: page.txt:18:8") || run.stdout.contains("::: page.txt:19:8"), "{}", run.stdout);
}

#[test]
fn a_page_comes_from_standard_input_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = "groups:\n  - name: g\n    rules:\n      - record: a:b\n        expr: rate(queue_depth[5m])\n";
    std::fs::write(folder.path().join("rules.yml"), rules).expect("rules");
    let mut command = obsgen();
    command.current_dir(folder.path()).args(["lint", "--format", "concise", "rules.yml", "--metrics", "shop=-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(PAGE.as_bytes()).expect("it reads");
    let run: Run = child.wait_with_output().expect("it ends").into();
    assert!(found(&run, "rate-on-gauge"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_histogram_without_buckets_is_native_where_such_are_scraped() {
    const CALLS: &str = "\
# HELP call_seconds Calls.
# TYPE call_seconds histogram
call_seconds_bucket{le=\"+Inf\"} 13
call_seconds_sum 5
call_seconds_count 13
";
    let native = PROMETHEUS.replace("job_name: shop", "job_name: shop\n    scrape_native_histograms: true");
    let cases = [
        ("histogram_quantile(0.9, sum by (le) (rate(call_seconds_bucket[5m]))) > 1", "error[native-or-classic]"),
        ("rate(call_seconds_bucket{le=\"0.5\"}[5m]) > 1", "error[native-or-classic]"),
        ("sum(rate(call_seconds[5m])) > 1", "error[histogram-sample]"),
        ("histogram_quantile(0.9, max(rate(call_seconds[5m]))) > 1", "error[histogram-sample]"),
        ("histogram_quantile(0.9, delta(call_seconds[5m])) > 1", "warning[delta-on-counter]"),
        ("histogram_count(sum(call_seconds)) > 100", "warning[counter-raw]"),
    ];
    for (expr, wanted) in cases {
        let run = lint(expr, CALLS, &[("prometheus.yml", &native)], &["--metrics", "shop=page.txt"]);
        assert!(found(&run, wanted), "{expr}: {}", run.stdout);
    }
    let both =
        native.replace("scrape_native_histograms: true", "scrape_native_histograms: true\n    always_scrape_classic_histograms: true");
    for (expr, config) in
        [("histogram_quantile(0.9, sum(rate(call_seconds[5m]))) > 1", &native), ("rate(call_seconds_count[5m]) > 1", &both)]
    {
        let run = lint(expr, CALLS, &[("prometheus.yml", config)], &["--metrics", "shop=page.txt"]);
        let silent = !["native-or-classic", "histogram-sample", "histogram-base-name"].iter().any(|rule| found(&run, rule));
        assert!(silent, "{expr}: {}", run.stdout);
    }
}

#[test]
fn a_page_comes_from_a_url_too_and_shows_no_credentials() {
    let port = answer("200 OK", "content-type: text/plain; version=0.0.4\r\n", PAGE);
    let url = format!("shop=http://me:secret@127.0.0.1:{port}/metrics?a=b");
    let run = lint("rate(payments_total{job=\"shop\"}[5m]) > 1", PAGE, &[], &["--format", "json", "--metrics", &url]);
    assert!(run.stdout.contains("`shop` exposes no metric `payments_total`"), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains(&format!("http://***@127.0.0.1:{port}/metrics?a=b")), "{}", run.stdout);
    assert!(!run.stdout.contains("secret"), "{}", run.stdout);
    let run = lint("up == 0", PAGE, &[], &["--metrics", &format!("http://127.0.0.1:{}/metrics", nobody())]);
    assert!(run.stderr.contains("127.0.0.1"), "{}", run.stderr);
    assert_eq!(run.code, 2);
}

#[test]
fn what_is_no_page_is_refused() {
    let port = answer("200 OK", "content-type: text/html\r\n", "<html></html>");
    let run = lint("up == 0", "", &[], &["--metrics", &format!("http://127.0.0.1:{port}/")]);
    assert!(run.stderr.contains("no page of metrics, as Prometheus scrapes it; the server calls it `text/html`"), "{}", run.stderr);
    let run = lint("up == 0", "<html></html>\n", &[], &["--metrics", "page.txt"]);
    assert!(run.stderr.contains("page.txt: this is no page of metrics"), "{}", run.stderr);
    assert_eq!(run.code, 2);
    let run = lint("up == 0", "", &[], &["--metrics", "gone.txt"]);
    assert!(run.stderr.contains("gone.txt"), "{}", run.stderr);
    assert_eq!(run.code, 2);
}

#[test]
fn pages_among_the_files_are_judged_themselves() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = "# TYPE requests counter\nrequests 1\n# TYPE depth gage\ndepth 1\n";
    std::fs::write(folder.path().join("node.prom"), page).expect("a page");
    std::fs::write(folder.path().join("notes.txt"), "nothing\n").expect("a note");
    let run = run_in(folder.path(), &["lint", "--format", "concise"]);
    assert!(found(&run, "node.prom:1:8: warning[metric-naming] the counter `requests` does not end in `_total`"), "{}", run.stdout);
    assert!(found(&run, "node.prom:3:14: error[invalid-exposition]"), "{}", run.stdout);
    assert_eq!(run.code, 1);
    assert!(!run.stdout.contains("notes.txt"), "{}", run.stdout);
    // Beside rules it says what exists.
    std::fs::write(folder.path().join("node.prom"), "# HELP depth D.\n# TYPE depth gauge\ndepth 1\n").expect("a page");
    let rules = "groups:\n  - name: g\n    rules:\n      - record: a:b\n        expr: rate(depth[5m])\n";
    std::fs::write(folder.path().join("rules.yml"), rules).expect("rules");
    let run = run_in(folder.path(), &["lint", "--format", "concise"]);
    assert!(found(&run, "rate-on-gauge"), "{}", run.stdout);
}

#[test]
fn a_page_with_more_samples_than_a_limit_allows_is_lost() {
    let limited = format!("{PROMETHEUS}    sample_limit: 105\n");
    let mut page = PAGE.to_owned();
    for i in 0..200 {
        page += &format!("queue_depth{{queue=\"q{i}\"}} 1\n");
    }
    let run = lint("up == 0", &page, &[("prometheus.yml", &limited)], &["--metrics", "shop=page.txt"]);
    assert!(found(&run, "[scrape-limit]"), "{}", run.stdout);
    let run = lint("up == 0", &page, &[("prometheus.yml", &limited)], &[]);
    assert!(!found(&run, "[scrape-limit]"), "{}", run.stdout);
}
