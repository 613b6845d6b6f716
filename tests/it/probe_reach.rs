//! How `obsgen probe` gets to a service: redirects, credentials, proxies, shared connections, addresses, lines over TCP.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use crate::common::{Run, root, run_in};
use crate::peers::{answer, head, nobody, raw, serve, tls};

fn manifest(checks: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("apiVersion: obsgen/v1\nservice: {{ name: shop }}\nhealth:\n{checks}");
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
    folder
}

fn check(name: &str, port: u16, rest: &str) -> String {
    format!("  {name}: {{ url: \"http://127.0.0.1:{port}/a\", timeout: 5s{rest} }}\n")
}

fn probe(folder: &tempfile::TempDir, args: &[&str]) -> (Run, Value) {
    let run = run_in(folder.path(), &[&["probe", "--format", "json"], args].concat());
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    (run, report)
}

/// The verdict and the code of a check.
fn verdict(report: &Value, index: usize) -> (&str, &str) {
    let text = |key: &str| report["checks"][index][key].as_str().unwrap_or_default();
    (text("status"), text("code"))
}

/// Answers each request by its path, and remembers what was asked.
fn by_path(answers: &'static [(&'static str, &'static str)]) -> (u16, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&asked);
    let port = serve(move |mut stream| {
        let head = head(&mut stream);
        let path = head.split(' ').nth(1).unwrap_or_default();
        let found = answers.iter().find(|(known, _)| *known == path).map_or("404 Not Found\r\n", |(_, answer)| answer);
        kept.lock().expect("requests").push(head.clone());
        let _ = stream.write_all(format!("HTTP/1.1 {found}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
    });
    (port, asked)
}

#[test]
fn redirects_are_followed_as_far_as_is_said_and_only_to_the_same_host() {
    let steps = &[("/a", "302 Found\r\nlocation: /b\r\n"), ("/b", "307 Moved\r\nlocation: /c\r\n"), ("/c", "200 OK\r\n")];
    let (port, asked) = by_path(steps);
    let two = manifest(&check("all", port, ", redirects: 2"));
    assert_eq!(probe(&two, &[]).0.code, 0);
    assert_eq!(asked.lock().expect("requests").len(), 3);
    let (_, report) = probe(&manifest(&check("one", port, ", redirects: 1")), &[]);
    assert_eq!(verdict(&report, 0), ("fail", "REDIRECT_LOOP"));
    assert_eq!(report["checks"][0]["detail"], format!("1 redirects, and then one more to http://127.0.0.1:{port}/c"));
    let none = manifest(&check("none", port, ""));
    assert_eq!(verdict(&probe(&none, &[]).1, 0), ("fail", "REDIRECT"));
    assert_eq!(verdict(&probe(&none, &["--follow-redirects", "2"]).1, 0), ("pass", ""));
    let expected = manifest(&check("expected", port, ", redirects: 2, expect: { status: 302 }"));
    assert_eq!(verdict(&probe(&expected, &[]).1, 0), ("pass", ""), "what is expected is not followed");

    let (other, elsewhere) = keeping(1);
    let away = answer("302 Found", &format!("location: http://127.0.0.1:{other}/\r\n"), "");
    assert_eq!(verdict(&probe(&manifest(&check("away", away, ", redirects: 5")), &[]).1, 0), ("fail", "REDIRECT"));
    assert_eq!(elsewhere.load(Ordering::SeqCst), 0);
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let asks = |wanted: &'static str| {
        serve(move |mut stream| {
            let head = head(&mut stream).to_lowercase();
            let status = if head.contains(&wanted.to_lowercase()) { "200 OK" } else { "401 Unauthorized" };
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
        })
    };
    // `obs:hunter2`
    let basic = asks("authorization: Basic b2JzOmh1bnRlcjI=\r\n");
    let bearer = asks("authorization: Bearer s3cret\r\n");
    let folder = manifest(
        &[
            check("basic", basic, ", basic_auth: { username: obs, password_file: password }"),
            check("bearer", bearer, ", authorization: { credentials_file: token }"),
            check("wrong", bearer, ", authorization: { credentials_file: password }"),
            check("none", basic, ""),
            check("lost", basic, ", basic_auth: { username: obs, password_file: nowhere }"),
        ]
        .concat(),
    );
    fs::write(folder.path().join("password"), "hunter2\n").expect("a secret");
    fs::write(folder.path().join("token"), "s3cret").expect("a secret");
    let (run, report) = probe(&folder, &[]);
    let verdicts: Vec<_> = (0..5).map(|index| verdict(&report, index)).collect();
    assert_eq!(verdicts, [("pass", ""), ("pass", ""), ("fail", "AUTH"), ("fail", "AUTH"), ("fail", "AUTH_CONFIG")]);
    assert!(report["checks"][2]["detail"].as_str().is_some_and(|detail| detail.contains("although the manifest's credentials were sent")));
    for format in ["human", "json", "junit", "prometheus"] {
        let said = run_in(folder.path(), &["probe", "--format", format]);
        assert!(!(said.stdout + &said.stderr).contains("hunter2") && !run.stdout.contains("s3cret"), "{format}");
    }
    let dry = run_in(folder.path(), &["probe", "--dry-run"]);
    assert!(dry.stdout.contains("with `basic_auth`") && !dry.stdout.contains("hunter2"), "{}", dry.stdout);
}

/// A proxy that notes what it is asked for, and leads there.
fn proxy() -> (u16, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&asked);
    let port = serve(move |mut client| {
        let head = head(&mut client);
        let line = head.lines().next().unwrap_or_default().to_owned();
        kept.lock().expect("requests").push(line.clone());
        let Some(host) = line.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            return;
        };
        let Ok(mut server) = TcpStream::connect(host) else {
            let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
            return;
        };
        let _ = client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
        let (mut from, mut to) = (client.try_clone().expect("a stream"), server.try_clone().expect("a stream"));
        thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut server, &mut client);
    });
    (port, asked)
}

#[test]
fn a_proxy_leads_to_the_service() {
    let (port, asked) = proxy();
    let secure = tls("localhost");
    let closed = nobody();
    let through = format!("proxy_url: \"http://127.0.0.1:{port}\"");
    let checks = format!(
        "  plain: {{ url: \"http://shop.invalid:81/live?a=b\", {through} }}\n  \
           tunnel: {{ url: \"https://localhost:{secure}/\", tls: {{ ca_file: ca.pem }}, {through} }}\n  \
           closed: {{ url: \"https://localhost:{closed}/\", tls: {{ ca_file: ca.pem }}, {through} }}\n  \
           none: {{ url: \"http://shop.invalid/\", proxy_url: \"http://127.0.0.1:{closed}\" }}\n  \
           secret: {{ url: \"http://shop.invalid/\", proxy_url: \"https://127.0.0.1:{port}\" }}\n"
    );
    let folder = manifest(&checks);
    fs::copy(root().join("tests/demo/tls/ca.pem"), folder.path().join("ca.pem")).expect("a certificate");
    let (_, report) = probe(&folder, &["--concurrency", "1"]);
    let verdicts: Vec<_> = (0..5).map(|index| verdict(&report, index)).collect();
    assert_eq!(verdicts, [("pass", ""), ("pass", ""), ("fail", "PROXY"), ("fail", "REFUSED"), ("fail", "UNSUPPORTED")], "{report}");
    assert_eq!(report["checks"][2]["detail"], format!("the proxy does not lead to localhost:{closed}: `HTTP/1.1 502 Bad Gateway`"));
    let asked = asked.lock().expect("requests");
    assert_eq!(
        *asked,
        [
            "GET http://shop.invalid:81/live?a=b HTTP/1.1".to_owned(),
            format!("CONNECT localhost:{secure} HTTP/1.1"),
            format!("CONNECT localhost:{closed} HTTP/1.1")
        ]
    );
}

/// Keeps connections open for so many requests each; counts the connections.
fn keeping(requests: usize) -> (u16, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let port = serve(move |mut stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        for _ in 0..requests {
            if head(&mut stream).is_empty() {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        }
    });
    (port, connections)
}

#[test]
fn connections_are_shared_only_where_that_is_asked_for() {
    let checks = |port| (0..20).map(|i| check(&format!("c{i}"), port, "")).collect::<String>();
    let one_by_one = ["--per-host", "1"];
    let (port, connections) = keeping(100);
    assert_eq!(probe(&manifest(&checks(port)), &one_by_one).0.code, 0);
    assert_eq!(connections.load(Ordering::SeqCst), 20);
    let (port, connections) = keeping(100);
    let (run, report) = probe(&manifest(&checks(port)), &["--per-host", "1", "--reuse"]);
    assert_eq!((run.code, connections.load(Ordering::SeqCst)), (0, 1));
    assert_eq!((&report["checks"][19]["phases"]["connect_ms"], verdict(&report, 19)), (&Value::Null, ("pass", "")));
    // One that was closed meanwhile is no failure of anybody's.
    let (port, connections) = keeping(3);
    assert_eq!(probe(&manifest(&checks(port)), &["--per-host", "1", "--reuse"]).0.code, 0);
    assert_eq!(connections.load(Ordering::SeqCst), 7);
}

#[test]
fn an_address_can_be_given_in_place_of_a_name() {
    let (port, asked) = by_path(&[("/live", "200 OK\r\n")]);
    let folder = manifest(&format!("  live: {{ url: \"http://shop.invalid:{port}/live\" }}\n"));
    assert_eq!(verdict(&probe(&folder, &[]).1, 0), ("fail", "DNS_NXDOMAIN"));
    assert_eq!(probe(&folder, &["--resolve", &format!("Shop.invalid:{port}:[::1],127.0.0.1")]).0.code, 0);
    assert!(asked.lock().expect("requests")[0].contains(&format!("host: shop.invalid:{port}\r\n")));
    assert_eq!(probe(&folder, &["--resolve", "shop.invalid:1:127.0.0.1"]).0.code, 1, "another port is another service");
    // Every address is asked, and what each said is told.
    let closed = nobody();
    let folder = manifest(&format!("  live: {{ url: \"http://shop.invalid:{closed}/\" }}\n"));
    let (_, report) = probe(&folder, &["--resolve", &format!("shop.invalid:{closed}:127.0.0.1,127.0.0.2")]);
    let detail = report["checks"][0]["detail"].as_str().expect("a detail");
    let last = format!("nothing listens on shop.invalid:{closed} (127.0.0.2:{closed}) (refused in ");
    assert!(detail.starts_with(&last) && detail.contains(&format!("; 127.0.0.1:{closed}: ")), "{detail}");
    let (port, _) = by_path(&[("/live", "200 OK\r\n")]);
    let folder = manifest(&format!("  live: {{ url: \"http://shop.invalid:{port}/live\" }}\n"));
    for wrong in ["shop.invalid", "shop.invalid:80", "shop.invalid:x:127.0.0.1", ":80:127.0.0.1", "shop.invalid:80:localhost", "a:0:::1"] {
        let run = run_in(folder.path(), &["probe", "--resolve", wrong]);
        assert!(run.code == 2 && run.stderr.contains("--resolve"), "{wrong}: {}", run.stderr);
    }
}

#[test]
fn so_much_of_a_body_is_read_as_is_said() {
    let long = format!("{}end", "x".repeat(100_000));
    let folder = manifest(&check("long", answer("200 OK", "", &long), ", expect: { body: \"end$\" }"));
    assert_eq!(verdict(&probe(&folder, &[]).1, 0), ("fail", "BODY_TOO_LARGE"));
    assert_eq!(verdict(&probe(&folder, &["--max-body", "1MiB"]).1, 0), ("pass", ""));
    for wrong in ["1", "1XB", "-1kB", "99999999TiB"] {
        assert_eq!(run_in(folder.path(), &["probe", "--max-body", wrong]).code, 2, "{wrong}");
    }
    let page = answer("200 OK", "content-type: text/plain; version=0.0.4\r\n", &format!("# TYPE up_total counter\n# {long}\nup_total 1\n"));
    let text = "apiVersion: obsgen/v1\nservice: { name: shop }\nscrape: { targets: [\"127.0.0.1:PORT\"] }\nmetrics: { up_total: { type: counter, allow: [metric-naming] } }\n";
    fs::write(folder.path().join("obsgen.yaml"), text.replace("PORT", &page.to_string())).expect("a manifest");
    assert_eq!(probe(&folder, &[]).1["checks"][0]["metrics"]["ok"], 1);
    let (_, report) = probe(&folder, &["--max-body", "64KiB"]);
    assert_eq!(verdict(&report, 0), ("fail", "BODY_TOO_LARGE"));
    assert_eq!(report["checks"][0]["detail"], "the page is longer than 64 KiB, and no more is read");
}

#[test]
fn lines_are_said_and_heard_over_tcp() {
    // Greets, and answers the second word of each line.
    let greeting = serve(|mut stream| {
        let _ = stream.write_all(b"220-one moment\r\n220 ready\r\n");
        let mut line = Vec::new();
        let mut byte = [0];
        while stream.read(&mut byte).is_ok_and(|n| n == 1) {
            line.push(byte[0]);
            if byte[0] == b'\n' {
                let text = String::from_utf8_lossy(&line).into_owned();
                let _ = stream.write_all(format!("250 {}", text.split(' ').nth(1).unwrap_or("what\n")).as_bytes());
                line.clear();
            }
        }
    });
    let tcp =
        |name: &str, port: u16, lines: &str| format!("  {name}: {{ tcp: \"127.0.0.1:{port}\", timeout: 1s, query_response: {lines} }}\n");
    let folder = manifest(
        &[
            tcp("greets", greeting, "[{ expect: \"^220 \", send: \"EHLO probe\" }, { expect: \"^250 probe$\" }]"),
            tcp("says-other", greeting, "[{ expect: \"^220 \" , send: \"EHLO a\" }, { expect: \"^250 b\" }]"),
            tcp("speaks-first", raw("+PONG\r\n"), "[{ send: PING }, { send: \"\" }, { expect: \"PONG\" }]"),
            tcp("hangs-up", serve(drop), "[{ expect: \"hello\" }]"),
            tcp("nobody", nobody(), "[{ expect: \"hello\" }]"),
        ]
        .concat(),
    );
    let (_, report) = probe(&folder, &[]);
    let verdicts: Vec<_> = (0..5).map(|index| verdict(&report, index)).collect();
    assert_eq!(verdicts[0], ("pass", ""), "{report}");
    assert_eq!(verdicts[1], ("fail", "LINE_MISSING"));
    let detail = report["checks"][1]["detail"].as_str().expect("a detail");
    assert!(detail.starts_with("no line matches ^250 b in ") && detail.ends_with("; the last line was `250 a`"), "{detail}");
    assert_eq!(verdicts[3..], [("fail", "LINE_MISSING"), ("fail", "REFUSED")]);
    assert_eq!(report["checks"][3]["detail"], "no line matches hello before the connection was closed; no line came");
}

#[test]
fn a_range_of_statuses_is_fine() {
    let folder = manifest(
        &[
            check("moved", answer("302 Found", "location: /x\r\n", ""), ", expect: { status: 200-399 }"),
            check("gone", answer("410 Gone", "", ""), ", expect: { status: [200-299, 410-420] }"),
            check("down", answer("503 No", "", ""), ", expect: { status: [200-399, 404] }"),
        ]
        .concat(),
    );
    let (_, report) = probe(&folder, &[]);
    assert_eq!([0, 1, 2].map(|index| verdict(&report, index).0), ["pass", "pass", "fail"]);
    assert_eq!(report["checks"][2]["detail"], "503, expected 200-399, 404; the body is empty");
    for wrong in ["399-200", "200-600", "200-", "2xx-3xx"] {
        let run = run_in(manifest(&check("c", 80, &format!(", expect: {{ status: {wrong} }}"))).path(), &["probe", "--dry-run"]);
        assert!(run.code == 2 && run.stderr.contains("is not an HTTP status"), "{wrong}: {}", run.stderr);
    }
}

/// Answers over HTTP/2 without TLS.
fn h2c() -> u16 {
    let service: crate::peers::Service<http_body_util::Full<bytes::Bytes>> = Arc::new(|request| {
        let body = format!("{:?} of {}", request.version(), request.uri());
        Box::pin(async move { hyper::Response::new(http_body_util::Full::new(body.into())) })
    });
    crate::peers::http2(None, service)
}

#[test]
fn http_2_is_spoken_without_tls_where_that_is_said() {
    let two = h2c();
    let one = answer("200 OK", "", "ok");
    let folder = manifest(
        &[
            check("two", two, &format!(", http_version: 2, expect: {{ body: \"^HTTP/2.0 of http://127.0.0.1:{two}/a$\" }}")),
            check("unsaid", two, ""),
            check("old", one, ", http_version: \"2\""),
            check("one", one, ", http_version: 1.1"),
            format!("  secret: {{ url: \"https://localhost:{}/\", tls: {{ ca_file: ca.pem }}, http_version: 2 }}\n", tls("localhost")),
        ]
        .concat(),
    );
    fs::copy(root().join("tests/demo/tls/ca.pem"), folder.path().join("ca.pem")).expect("a certificate");
    let (_, report) = probe(&folder, &[]);
    let verdicts: Vec<_> = (0..5).map(|index| verdict(&report, index)).collect();
    assert_eq!(verdicts, [("pass", ""), ("fail", "NOT_HTTP"), ("fail", "NOT_HTTP"), ("pass", ""), ("fail", "TLS_FAIL")], "{report}");
    let said = |index: usize, key: &str| report["checks"][index][key].as_str().unwrap_or_default();
    assert_eq!([said(0, "http_version"), said(3, "http_version")], ["2", "1.1"]);
    assert_eq!(said(1, "hint"), "the server speaks HTTP/2 without being asked: write `http_version: 2`");
    assert_eq!(said(2, "detail"), "the answer is not HTTP/2: the first bytes are `HTTP/1.1 200 OK`, as of plain HTTP");
    // With connections that are shared, too.
    let many: String = (0..5).map(|i| check(&format!("c{i}"), two, ", http_version: 2")).collect();
    assert_eq!(probe(&manifest(&many), &["--reuse", "--per-host", "1"]).0.code, 0);
    for wrong in ["3", "1.0", "two"] {
        let run = run_in(manifest(&check("c", two, &format!(", http_version: {wrong}"))).path(), &["probe", "--dry-run"]);
        assert!(run.code == 2 && run.stderr.contains("is not a version of HTTP"), "{wrong}: {}", run.stderr);
    }
}

#[test]
fn what_only_the_probe_can_ask_is_left_out_of_the_exporters_checks() {
    let text = "apiVersion: obsgen/v1\nservice: { name: shop }\nstack: { blackbox: { version: \"0.28\" } }\n\
        render: [kubernetes]\nrouting: { receivers: { critical: { webhook: { url_file: hook } }, warning: { webhook: { url_file: hook } } } }\nhealth:\n  base: http://shop:4000\n  liveness: { path: /livez, http_version: 2 }\n";
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
    let alone = run_in(folder.path(), &["render"]);
    assert_eq!(alone.code, 0, "{}", alone.stderr);
    let note = "blackbox_exporter speaks no HTTP/2 without TLS, so only `obsgen probe` makes the health checks shop/liveness";
    assert!((alone.stdout + &alone.stderr).contains(note));
    assert!(!folder.path().join("monitoring/blackbox.yml").exists());
    fs::write(folder.path().join("obsgen.yaml"), format!("{text}  readiness: {{ path: /readyz, http_version: 1.1 }}\n"))
        .expect("a manifest");
    let run = run_in(folder.path(), &["render"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let read = |path: &str| fs::read_to_string(folder.path().join("monitoring").join(path)).expect(path);
    let (modules, scrapes) = (read("blackbox.yml"), read("prometheus.yml"));
    assert!(modules.contains("shop-readiness") && modules.contains("HTTP/1.1") && !modules.contains("shop-liveness"), "{modules}");
    assert!(scrapes.contains("/readyz") && !scrapes.contains("/livez"), "{scrapes}");
}

#[test]
fn a_service_is_asked_elsewhere() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\ncontent-length: 51\r\n\r\n\
        # HELP a_total A.\n# TYPE a_total counter\na_total 1\n";
    let text = |base: &str, target: &str| {
        format!(
            "apiVersion: obsgen/v1\nservice: {{ name: shop }}\nscrape: {{ targets: [\"{target}\", \"other:4000\"] }}\nmetrics: {{ a_total: {{ type: counter, help: A. }} }}\n\
             health:\n  base: {base}\n  liveness: {{ path: /livez }}\n  other: {{ url: \"http://127.0.0.1:{}/\" }}\n",
            nobody()
        )
    };
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&asked);
    let here = serve(move |mut stream| {
        let head = head(&mut stream);
        kept.lock().expect("requests").push(head.lines().next().unwrap_or_default().to_owned());
        let _ = stream.write_all(page.as_bytes());
    });
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), text("http://shop.invalid:4000/app", "shop.invalid:4000")).expect("a manifest");
    let base = format!("http://127.0.0.1:{here}/v2/");
    let (run, report) = probe(&folder, &["--base-url", &base, "--skip", "other"]);
    assert_eq!((run.code, report["checks"].as_array().map(Vec::len)), (0, Some(2)), "{report}");
    assert_eq!(report["checks"][0]["target"], format!("http://127.0.0.1:{here}/v2/livez"));
    assert_eq!(report["checks"][1]["target"], format!("http://127.0.0.1:{here}/metrics"));
    let asked = asked.lock().expect("requests").clone();
    assert!(asked.contains(&"GET /v2/livez HTTP/1.1".to_owned()) && asked.contains(&"GET /metrics HTTP/1.1".to_owned()), "{asked:?}");
    // A page that has a port of its own keeps it, and a check with a URL of its own stays where it is.
    fs::write(folder.path().join("obsgen.yaml"), text("http://shop.invalid:80", "shop.invalid:4000")).expect("a manifest");
    let dry = run_in(folder.path(), &["probe", "--dry-run", "--base-url", "https://there:8443"]).stdout;
    assert!(dry.contains("GET https://there:8443/livez ") && dry.contains("metrics of http://there:4000/metrics\n"), "{dry}");
    assert!(dry.contains("shop/other  GET http://127.0.0.1:"), "{dry}");
    for (args, said) in [
        (["--base-url", "there:4000"], "--base-url: `there:4000` is not a URL"),
        (["--base-url", "http://there/?a"], "--base-url: `http://there/?a` is not a URL"),
        (["--skip", "livenes"], "no check is called `livenes`; did you mean `liveness`?"),
        (["--skip", "liveness,other,metrics"], "--skip leaves nothing to probe"),
    ] {
        let run = run_in(folder.path(), &["probe", "--dry-run", args[0], args[1]]);
        assert!(run.code == 2 && run.stderr.contains(said), "{args:?}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn headers_of_a_file_are_sent_to_the_service_alone_and_heads_are_shown_without_secrets() {
    let (own, asked) = by_path(&[("/livez", "200 OK\r\nset-cookie: sid=hunter2; Path=/\r\nx-version: 12\r\n")]);
    let (other, others) = by_path(&[("/a", "204 No Content\r\n")]);
    let folder = manifest(&format!("  base: http://127.0.0.1:{own}\n  live: {{ path: /livez }}\n{}", check("other", other, "")));
    fs::write(folder.path().join("headers"), "# for the gateway\nX-Api-Key: hunter2\nAuthorization: Bearer hunter2\n").expect("headers");
    let run = run_in(folder.path(), &["probe", "-v", "--header-file", "headers"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let sent = asked.lock().expect("requests")[0].clone();
    assert!(sent.contains("x-api-key: hunter2\r\n") && sent.contains("authorization: Bearer hunter2\r\n"), "{sent}");
    assert!(!others.lock().expect("requests")[0].contains("hunter2"), "another service is told nothing");
    for line in
        ["> GET /livez HTTP/1.1", "> x-api-key: ***", "> authorization: ***", "< HTTP/1.1 200 OK", "< set-cookie: ***", "< x-version: 12"]
    {
        assert!(run.stdout.contains(&format!("\n      {line}")), "{line}: {}", run.stdout);
    }
    let (verbose, report) = probe(&folder, &["-v", "--header-file", "headers"]);
    assert!(!(run.stdout + &run.stderr + &verbose.stdout + &verbose.stderr).contains("hunter2"));
    assert!(report["checks"][1]["transcript"].as_array().is_some_and(|lines| lines.contains(&"< HTTP/1.1 204 No Content".into())));
    assert!(probe(&folder, &[]).1["checks"][0].get("transcript").is_none());
    fs::write(folder.path().join("headers"), "X-Api-Key = hunter2\n").expect("headers");
    let run = run_in(folder.path(), &["probe", "--header-file", "headers"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("headers: line 1: a header is written `Name: value`") && !run.stderr.contains("hunter2"), "{}", run.stderr);
}
