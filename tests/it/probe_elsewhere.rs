//! The same checks elsewhere: blackbox_exporter with the rendered modules gives the verdicts that `obsgen probe` gives.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::common::{free_port, root, run_in};
use crate::end_to_end::stack::{Program, get, wait_for};
use crate::engines::{Engine, all};
use crate::peers::{answer, answer_json, head, http2, nobody, raw, serve, silent, tls};

/// gRPC's health service with one answer: 1 serves, 2 does not.
fn grpc(status: u8) -> u16 {
    type Body = http_body_util::combinators::UnsyncBoxBody<bytes::Bytes, std::convert::Infallible>;
    http2::<Body>(
        None,
        Arc::new(move |_| {
            Box::pin(async move {
                use http_body_util::BodyExt as _;
                let message = bytes::Bytes::from(vec![0, 0, 0, 0, 2, 8, status]);
                let mut trailers = hyper::HeaderMap::new();
                trailers.insert("grpc-status", hyper::header::HeaderValue::from_static("0"));
                let frames = [Ok(hyper::body::Frame::data(message)), Ok(hyper::body::Frame::trailers(trailers))];
                let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync();
                hyper::Response::builder().header("content-type", "application/grpc").body(body).expect("a response")
            })
        }),
    )
}

/// Sends from `/` to `/there`, and answers there.
fn moving() -> u16 {
    serve(|mut stream| {
        let there = head(&mut stream).starts_with("GET /there ");
        let line = if there { "200 OK\r\n" } else { "302 Found\r\nlocation: /there\r\n" };
        let _ = stream.write_all(format!("HTTP/1.1 {line}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
    })
}

/// Answers `obs` with the password `hunter2`.
fn guarded() -> u16 {
    serve(|mut stream| {
        let status = if head(&mut stream).contains("Basic b2JzOmh1bnRlcjI=\r\n") { "200 OK" } else { "401 Unauthorized" };
        let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
    })
}

/// Answers `PING` with `PONG`, line by line.
fn echoing() -> u16 {
    serve(|stream| {
        let mut out = stream.try_clone().expect("a stream");
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = out.write_all(line.replace("PING", "+PONG\r\n").as_bytes());
        }
    })
}

/// Checks: name, what is asked, and whether it passes. Those in JSON need an exporter that can parse it.
fn checks() -> Vec<(&'static str, String, bool)> {
    let http = |port: u16, rest: &str| format!("{{ url: \"http://127.0.0.1:{port}/\", timeout: 2s{rest} }}");
    let https = |port: u16, rest: &str| format!("{{ url: \"https://localhost:{port}/\", timeout: 2s{rest} }}");
    let header = |pattern: &str| format!(", expect: {{ headers: {{ x-version: \"{pattern}\" }} }}");
    let json = ", expect: { json: { status: ok, checks.n: 3 } }";
    let nested = |status: &str, n: &str| answer_json("200 OK", &format!("{{\"status\": \"{status}\", \"checks\": {{\"n\": {n}}}}}"));
    vec![
        ("fine", http(answer("200 OK", "", "ok"), ""), true),
        ("created", http(answer("201 Created", "", ""), ""), true),
        ("down", http(answer("503 Service Unavailable", "", ""), ""), false),
        ("gone-is-fine", http(answer("410 Gone", "", ""), ", expect: { status: [200, 410] }"), true),
        ("class", http(answer("404 Not Found", "", ""), ", expect: { status: 4xx }"), true),
        ("moved", http(answer("302 Found", "location: /\r\n", ""), ""), false),
        ("body", http(answer("200 OK", "", "Sign in"), ", expect: { body: \"Sign (in|on)\" }"), true),
        ("other-body", http(answer("200 OK", "", "Sign up"), ", expect: { body: \"Sign (in|on)\" }"), false),
        ("header", http(answer("200 OK", "x-version: 12\r\n", ""), &header("[0-9]+")), true),
        ("part-of-header", http(answer("200 OK", "x-version: v12\r\n", ""), &header("[0-9]+")), false),
        ("no-header", http(answer("200 OK", "", ""), &header(".*")), false),
        ("json", http(nested("ok", "3"), json), true),
        ("other-json", http(nested("degraded", "3"), json), false),
        ("other-number", http(nested("ok", "4"), json), false),
        ("no-json", http(answer_json("200 OK", "{}"), json), false),
        ("refused", http(nobody(), ""), false),
        ("silent", http(silent(""), ""), false),
        ("not-http", http(raw("SSH-2.0-OpenSSH_9.2\r\n"), ""), false),
        ("tls", https(tls("localhost"), ", tls: { ca_file: ca.pem }"), true),
        ("tls-unknown", https(tls("localhost"), ""), false),
        ("tls-name", https(tls("elsewhere"), ", tls: { ca_file: ca.pem }"), false),
        ("tls-expired", https(tls("expired"), ", tls: { ca_file: ca.pem }"), false),
        ("port", format!("{{ tcp: \"127.0.0.1:{}\", timeout: 2s }}", silent("")), true),
        ("no-port", format!("{{ tcp: \"127.0.0.1:{}\", timeout: 2s }}", nobody()), false),
        ("range", http(answer("302 Found", "location: /x\r\n", ""), ", expect: { status: 200-399 }"), true),
        ("follows", http(moving(), ", redirects: 3"), true),
        ("password", http(guarded(), ", basic_auth: { username: obs, password_file: password }"), true),
        ("no-password", http(guarded(), ""), false),
        (
            "lines",
            format!("{{ tcp: \"127.0.0.1:{}\", timeout: 2s, query_response: [{{ send: PING }}, {{ expect: PONG }}] }}", echoing()),
            true,
        ),
        (
            "other-lines",
            format!("{{ tcp: \"127.0.0.1:{}\", timeout: 2s, query_response: [{{ send: PING, expect: \"^220\" }}] }}", echoing()),
            false,
        ),
        ("tls-newest", https(tls("localhost"), ", tls: { ca_file: ca.pem, min_version: TLS13 }"), true),
        ("old-http", http(answer("200 OK", "", ""), ", http_version: 1.1"), true),
        ("new-http", https(tls("localhost"), ", tls: { ca_file: ca.pem }, http_version: 2"), false),
        ("serving", format!("{{ grpc: \"127.0.0.1:{}\", timeout: 2s }}", grpc(1)), true),
        ("not-serving", format!("{{ grpc: \"127.0.0.1:{}\", timeout: 2s }}", grpc(2)), false),
    ]
}

fn manifest(engine: &Engine, checks: &[(&str, String, bool)]) -> String {
    let version = if engine.newest { "0.28" } else { "0.23" };
    let lines: String = checks.iter().map(|(name, check, _)| format!("  {name}: {check}\n")).collect();
    format!(
        "apiVersion: obsgen/v1\nservice: {{ name: shop }}\nscrape: {{ targets: [\"127.0.0.1:1\"] }}\nhealth:\n{lines}\
         stack: {{ prometheus: \"2.42\", blackbox: {{ version: \"{version}\", address: \"127.0.0.1:9115\" }} }}\n"
    )
}

/// What the probe says of each check: whether it passes, and the code if not.
fn ours(folder: &std::path::Path) -> BTreeMap<String, (bool, String)> {
    let run = run_in(folder, &["probe", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let all = report["checks"].as_array().expect("checks").iter();
    all.map(|check| (check["name"].as_str().expect("a name").to_owned(), (check["status"] != "fail", check["code"].to_string()))).collect()
}

#[test]
fn blackbox_exporter_and_the_probe_agree_on_every_check() {
    let checks = checks();
    for engine in all() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::copy(root().join("tests/demo/tls/ca.pem"), folder.path().join("ca.pem")).expect("a certificate");
        fs::write(folder.path().join("password"), "hunter2").expect("a secret");
        fs::write(folder.path().join("obsgen.yaml"), manifest(engine, &checks)).expect("a manifest");
        let render = run_in(folder.path(), &["render", "-o", "."]);
        assert_eq!(render.code, 0, "{}", render.stderr);
        let port = free_port();
        let args = ["--config.file=blackbox.yml".to_owned(), format!("--web.listen-address=127.0.0.1:{port}")];
        let _exporter = Program::start(&engine.blackbox, folder.path(), "blackbox.log", &args);
        wait_for("blackbox_exporter", Duration::from_secs(20), || get(port, "/-/healthy").ok_or_else(|| "no answer".to_owned()));
        let ours = ours(folder.path());
        for (name, check, passes) in &checks {
            let target = check.split('"').nth(1).expect("a target");
            let page = get(port, &format!("/probe?module=shop-{name}&target={target}")).expect("a page");
            let theirs = page.contains("\nprobe_success 1");
            let (passed, code) = &ours[*name];
            assert_eq!((*passed, theirs), (*passes, *passes), "{} {name}: {code}\n{page}", engine.name);
        }
    }
}
