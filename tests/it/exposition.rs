//! Whether a page would be scraped: the same verdict as the real Prometheus, of both generations.

use std::fmt::Write as _;
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use obsgen::internals::formats::exposition::{self, Generation};
use serde_json::Value;

use crate::common::free_port;
use crate::end_to_end::stack::{Program, get, wait_for};
use crate::engines::{self, Engine};
use crate::peers::{head, serve};

const TEXT: Option<&str> = Some("text/plain; version=0.0.4; charset=utf-8");
const OPEN_METRICS: Option<&str> = Some("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Pages with their content types.
fn pages() -> Vec<(Option<&'static str>, &'static [u8])> {
    vec![
        (TEXT, b"# HELP a A.\n# TYPE a gauge\na{x=\"1\"} 1\n"),
        (TEXT, b""),
        // The same series twice.
        (TEXT, b"a 1\na 2\n"),
        // A histogram without `+Inf`, and one whose buckets shrink.
        (TEXT, b"# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_sum 1\nh_count 5\n"),
        (TEXT, b"# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 4\nh_bucket{le=\"+Inf\"} 5\nh_sum 1\nh_count 5\n"),
        // Different label names in one metric.
        (TEXT, b"a{x=\"1\"} 1\na{y=\"1\"} 1\n"),
        // Interleaved, and with an old timestamp.
        (TEXT, b"a{x=\"1\"} 1\nb 1\na{x=\"2\"} 1\n"),
        (TEXT, b"a 1 1000\n"),
        // Without a content type, with one of something else, and with broken ones.
        (None, b"a 1\n"),
        (Some(""), b"a 1\n"),
        (Some("application/json"), b"a 1\n"),
        (Some("text/html; charset=utf-8"), b"<html></html>\n"),
        (Some("text/plain; version"), b"a 1\n"),
        (Some("text/plain; version=1.0.0; escaping=underscores"), b"a 1\n"),
        (Some("TEXT/PLAIN;version=0.0.4"), b"a 1\n"),
        // promtool is stricter than the scraper.
        (TEXT, b"a 1"),
        (TEXT, b"a 1\n# TYPE a gauge\n"),
        (TEXT, b"# TYPE a gauge\n# TYPE a gauge\na 1\n"),
        (TEXT, b"a 1\r\n"),
        (TEXT, b"# HELP a A.\r\na 1\n"),
        (TEXT, b"# TYPE a info\na 1\n"),
        (TEXT, b"a_total 1 # {id=\"x\"} 1\n"),
        (TEXT, b"a one\n"),
        (TEXT, b"a 1e999\n"),
        (TEXT, b"a{x=\"1\",x=\"2\"} 1\n"),
        (TEXT, b"a{x=\"1\",__name__=\"b\"} 1\n"),
        (TEXT, b"a{x=\"\xff\"} 1\n"),
        (TEXT, b"# HELP a \xff\na 1\n"),
        (TEXT, b"# \xff\na 1\n"),
        (TEXT, b"a{x=\"1\" y=\"2\",} 1\n"),
        (TEXT, b"a{x=\"1\ny\"} 1\n"),
        (TEXT, b"{\"a.b\",\"c d\"=\"1\"} 1\n"),
        (TEXT, b"  a 1\n"),
        (TEXT, b"a 1 -5\n"),
        (TEXT, b"a 1\n\0!\n"),
        // OpenMetrics.
        (OPEN_METRICS, b"# TYPE a counter\na_total 1\n# EOF\n"),
        (OPEN_METRICS, b"# TYPE a counter\na_total 1\n# EOF"),
        (OPEN_METRICS, b"# TYPE a counter\na_total 1\n"),
        (OPEN_METRICS, b"a 1\n# EOF\nb 1\n"),
        (OPEN_METRICS, b"# TYPE a_bytes gauge\n# UNIT a_bytes seconds\na_bytes 1\n# EOF\n"),
        (OPEN_METRICS, b"# a comment\na 1\n# EOF\n"),
        (OPEN_METRICS, b"a  1\n# EOF\n"),
        (OPEN_METRICS, b"a 1\r\n# EOF\n"),
        (OPEN_METRICS, b"# TYPE a info\na_info{x=\"1\"} 1\n# EOF\n"),
        (OPEN_METRICS, b"a_total 1 # {id=\"x\"} 1 1.5\n# EOF\n"),
        (OPEN_METRICS, b"a 1 # {id=\"x\"} 1\n# EOF\n"),
        (OPEN_METRICS, b"a_total 1 # {id=\"x\",id=\"y\"} 1\n# EOF\n"),
        (OPEN_METRICS, b"a{x=\"1\",} 1\n# EOF\n"),
    ]
}

/// Serves each page below its number.
fn server() -> u16 {
    serve(|mut stream| {
        let request = head(&mut stream);
        let number = request.split(' ').nth(1).and_then(|path| path.trim_start_matches('/').parse::<usize>().ok());
        let Some((content_type, body)) = number.and_then(|number| pages().into_iter().nth(number)) else { return };
        let header = content_type.map(|value| format!("content-type: {value}\r\n")).unwrap_or_default();
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n{header}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(body);
    })
}

/// What our reader says: why the page would not be scraped.
fn ours(content_type: Option<&str>, body: &[u8], generation: Generation) -> Result<(), String> {
    let syntax = exposition::announced(content_type).syntax(generation).ok_or("the content type is refused")?;
    let page = exposition::read(body, syntax);
    page.stopped_by(generation).map_or(Ok(()), |fault| Err(fault.message.clone()))
}

/// What Prometheus says: the health of every page, by number.
fn theirs(engine: &Engine, port: u16, count: usize) -> Vec<(bool, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = "global: { scrape_interval: 1s }\nscrape_configs:\n".to_owned();
    for number in 0..count {
        writeln!(
            config,
            "- {{ job_name: \"{number}\", metrics_path: \"/{number}\", static_configs: [{{ targets: [\"127.0.0.1:{port}\"] }}] }}"
        )
        .expect("a line");
    }
    std::fs::write(folder.path().join("prometheus.yml"), config).expect("a configuration");
    let listen = free_port();
    let arguments = [
        "--config.file=prometheus.yml".to_owned(),
        format!("--web.listen-address=127.0.0.1:{listen}"),
        "--storage.tsdb.path=data".to_owned(),
    ];
    let _prometheus = Program::start(&engine.prometheus, folder.path(), "log", &arguments);
    wait_for("every page is scraped", Duration::from_mins(1), || {
        let body = get(listen, "/api/v1/targets").ok_or("Prometheus does not answer")?;
        let answer: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        let targets = answer["data"]["activeTargets"].as_array().ok_or("no targets")?;
        let mut all = vec![None; count];
        for target in targets.iter().filter(|target| target["health"] != "unknown") {
            let number: usize = target["scrapePool"].as_str().and_then(|pool| pool.parse().ok()).ok_or("a pool of another name")?;
            all[number] = Some((target["health"] == "up", target["lastError"].to_string()));
        }
        all.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| "some are not scraped yet".to_owned())
    })
}

#[test]
fn a_page_is_judged_as_prometheus_judges_it() {
    let (port, pages) = (server(), pages());
    thread::scope(|scope| {
        for engine in engines::all() {
            let pages = &pages;
            scope.spawn(move || {
                let generation = if engine.newest { Generation::Three } else { Generation::Two };
                let verdicts = theirs(engine, port, pages.len());
                for ((content_type, body), (up, error)) in pages.iter().zip(verdicts) {
                    let ours = ours(*content_type, body, generation);
                    let shown = String::from_utf8_lossy(body);
                    assert_eq!(ours.is_ok(), up, "{}: {content_type:?} {shown:?}: {ours:?}, but Prometheus: {error}", engine.name);
                }
            });
        }
    });
}
