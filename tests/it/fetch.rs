//! Pages of metrics from URLs, asked of servers that answer or misbehave.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use obsgen::internals::probe::{Fetched, fetch, is_url};

use crate::peers::{answer, head, nobody, raw, serve, silent};

const PAGE: &str = "# TYPE a gauge\na 1\n";

fn get(port: u16) -> anyhow::Result<Fetched> {
    fetch(&format!("http://127.0.0.1:{port}/metrics"), Duration::from_millis(500))
}

fn trouble(port: u16) -> String {
    format!("{:#}", get(port).expect_err("no page"))
}

#[test]
fn a_url_is_told_from_a_file() {
    assert!(is_url("http://a/metrics") && is_url("HTTPS://a"));
    assert!(!is_url("metrics.txt") && !is_url("-") && !is_url("httpd/metrics") && !is_url("ü"));
}

#[test]
fn a_page_is_asked_for_as_prometheus_asks() {
    let asked = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&asked);
    let port = serve(move |mut stream| {
        *heard.lock().unwrap() = head(&mut stream).to_lowercase();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\n\r\n";
        let _ = stream.write_all(format!("{head}{PAGE}").as_bytes());
    });
    let page = get(port).expect("a page");
    assert_eq!((page.body.as_slice(), page.content_type.as_deref()), (PAGE.as_bytes(), Some("text/plain; version=0.0.4")));
    let asked = asked.lock().unwrap().clone();
    for line in ["accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8", "x-prometheus-scrape-timeout-seconds: 0.5"] {
        assert!(asked.contains(line), "{asked}");
    }
    assert!(!asked.contains("accept-encoding"), "{asked}");
}

#[test]
fn what_is_no_page_says_why() {
    let cases = [
        (nobody(), "Connection refused"),
        (silent(""), "no whole answer in 0.5 s"),
        (silent("HTTP/1.1 200 OK\r\n\r\na 1\n"), "no whole answer in 0.5 s"),
        (answer("404 Not Found", "", ""), "status 404, expected 200"),
        (answer("302 Found", "location: http://user:hunter2@elsewhere.example/\r\n", ""), "sends to http://***@elsewhere.example/"),
        (answer("302 Found", "location: /metrics\r\n", ""), "status 302"),
        (raw("SSH-2.0-OpenSSH_9.2\r\n"), "invalid HTTP version"),
        (raw("HTTP/1.1 200 OK\r\ncontent-length: 64\r\n\r\na 1\n"), "end of file before message length reached"),
    ];
    for (port, said) in cases {
        let why = trouble(port);
        assert!(why.contains(said) && why.contains(&format!("127.0.0.1:{port}/metrics")) && !why.contains("hunter2"), "{said}: {why}");
    }
}

#[test]
fn credentials_of_the_url_are_sent_and_never_shown() {
    let asked = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&asked);
    let port = serve(move |mut stream| {
        *heard.lock().unwrap() = head(&mut stream).to_lowercase();
        let _ = stream.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    });
    let why = fetch(&format!("http://user:hunter2@127.0.0.1:{port}/"), Duration::from_secs(2)).expect_err("no page");
    assert!(asked.lock().unwrap().contains("authorization: basic"));
    assert!(!format!("{why:?}").contains("hunter2"), "{why:?}");
}

#[test]
fn an_endless_page_ends_at_the_limit() {
    let port = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        let chunk = vec![b'a'; 65_536];
        // Bounded, should nobody hang up.
        for _ in 0..2000 {
            if stream.write_all(&chunk).is_err() {
                return;
            }
        }
    });
    let why = fetch(&format!("http://127.0.0.1:{port}/"), Duration::from_secs(30)).expect_err("no page");
    assert!(format!("{why:#}").contains("longer than 32 MiB"), "{why:#}");
}

#[test]
fn a_byte_now_and_then_is_not_waited_for() {
    let port = serve(|mut stream| {
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        for _ in 0..100 {
            if stream.write_all(b"#").is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    let start = Instant::now();
    assert!(trouble(port).contains("no whole answer in 0.5 s"));
    assert!(start.elapsed() < Duration::from_secs(5));
}
