//! How `obsgen probe` runs: attempts, rounds, limits, and what it prints to programs.

use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Run, obsgen, run_in};
use crate::engines::{all, run};
use crate::peers::{answer, answer_json, crowded, head, nobody, serve, silent};

fn manifest(checks: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("apiVersion: obsgen/v1\nservice: {{ name: shop }}\nhealth:\n{checks}");
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
    folder
}

fn check(name: &str, port: u16) -> String {
    format!("  {name}: {{ url: \"http://127.0.0.1:{port}/\", timeout: 20s }}\n")
}

fn probe(folder: &tempfile::TempDir, args: &[&str]) -> (Run, Value) {
    let run = run_in(folder.path(), &[&["probe", "--format", "json"], args].concat());
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    (run, report)
}

/// Answers 503 so many times, and 200 from then on.
fn ready_after(times: usize) -> u16 {
    let asked = AtomicUsize::new(0);
    serve(move |mut stream| {
        head(&mut stream);
        let status = if asked.fetch_add(1, Ordering::SeqCst) < times { "503 Wait" } else { "200 OK" };
        let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
    })
}

#[test]
fn a_check_that_passes_at_a_later_attempt_is_flaky() {
    let folder = manifest(&(check("steady", answer("200 OK", "", "")) + &check("flaky", ready_after(2)) + &check("down", nobody())));
    let (run, report) = probe(&folder, &["--attempts", "3"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    let [steady, flaky, down] = [0, 1, 2].map(|i| &report["checks"][i]);
    assert_eq!((&steady["status"], &steady["attempts"]), (&"pass".into(), &1.into()));
    assert_eq!((&flaky["status"], &flaky["code"], &flaky["attempts"]), (&"warn".into(), &"FLAKY".into(), &3.into()));
    assert_eq!(flaky["detail"], "passed at attempt 3 of 3; before: STATUS: 503, expected 2xx; the body is empty");
    assert_eq!((&down["status"], &down["code"], &down["attempts"]), (&"fail".into(), &"REFUSED".into(), &3.into()));
    let (run, report) = probe(&folder, &["flaky"]);
    assert_eq!((run.code, &report["checks"][0]["attempts"]), (0, &1.into()), "without it, every check is made once");
    let folder = manifest(&check("flaky", ready_after(1)));
    assert_eq!(probe(&folder, &["--attempts", "2", "--fail-on", "warn"]).0.code, 1);
    assert_eq!(run_in(folder.path(), &["probe", "--attempts", "2", "--wait", "1s"]).code, 2);
}

/// Answers these statuses, one after the other, and the last one from then on.
fn in_turn(statuses: &'static [&'static str]) -> u16 {
    let asked = AtomicUsize::new(0);
    serve(move |mut stream| {
        head(&mut stream);
        let status = statuses[asked.fetch_add(1, Ordering::SeqCst).min(statuses.len() - 1)];
        let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
    })
}

fn with_thresholds(name: &str, port: u16, thresholds: &str) -> String {
    check(name, port).replace(" }", &format!(", {thresholds} }}"))
}

#[test]
fn thresholds_of_the_manifest_say_how_many_attempts_in_a_row_decide() {
    const GOOD: &str = "200 OK";
    const BAD: &str = "503 Wait";
    let folder = manifest(
        &[
            with_thresholds("late", in_turn(&[BAD, BAD, GOOD]), "failure_threshold: 3"),
            with_thresholds("too-late", in_turn(&[BAD, BAD, GOOD]), "failure_threshold: 2"),
            with_thresholds("twice", in_turn(&[GOOD]), "success_threshold: 2"),
            with_thresholds("steady-at-last", in_turn(&[GOOD, BAD, GOOD, GOOD]), "success_threshold: 2, failure_threshold: 3"),
            with_thresholds("never-steady", in_turn(&[GOOD, BAD, GOOD]), "success_threshold: 2, failure_threshold: 2"),
            check("plain", in_turn(&[BAD, GOOD])),
        ]
        .concat(),
    );
    let (run, report) = probe(&folder, &[]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    let found: Vec<_> = report["checks"].as_array().expect("checks").iter().map(|c| (&c["status"], &c["code"], &c["attempts"])).collect();
    let expected = [
        ("warn", Value::from("FLAKY"), 3),
        ("fail", "STATUS".into(), 2),
        ("pass", Value::Null, 2),
        ("warn", "FLAKY".into(), 4),
        ("fail", "FLAKY".into(), 3),
        ("fail", "STATUS".into(), 1),
    ];
    for (index, (status, code, attempts)) in expected.into_iter().enumerate() {
        assert_eq!(found[index], (&Value::from(status), &code, &Value::from(attempts)), "{}", report["checks"][index]);
    }
    assert_eq!(
        report["checks"][4]["detail"],
        "passed 1 in a row of the 2 that must, at attempt 3; before: STATUS: 503, expected 2xx; the body is empty"
    );
    let dry = run_in(folder.path(), &["probe", "--dry-run", "late"]);
    assert!(dry.stdout.contains("passes after 1 in a row that pass, fails after 3 that fail"), "{}", dry.stdout);

    // The command line bounds what the manifest allows.
    let folder = manifest(&with_thresholds("late", in_turn(&[BAD, BAD, GOOD]), "failure_threshold: 3"));
    assert_eq!(probe(&folder, &["--attempts", "2"]).1["checks"][0]["attempts"], 2);
    for (name, wrong) in [("ready", "success_threshold: 0"), ("ready", "failure_threshold: 101"), ("liveness", "success_threshold: 2")] {
        let run = run_in(manifest(&with_thresholds(name, 80, wrong)).path(), &["probe", "--dry-run"]);
        assert!(run.code == 2 && run.stderr.contains("obsgen.yaml:4:"), "{wrong}: {}", run.stderr);
    }
}

#[test]
fn waiting_goes_on_until_enough_attempts_in_a_row_pass() {
    let folder = manifest(&with_thresholds("ready", in_turn(&["503 Wait", "200 OK", "503 Wait", "200 OK"]), "success_threshold: 2"));
    let (run, report) = probe(&folder, &["--wait", "20s"]);
    assert_eq!((run.code, &report["checks"][0]["attempts"], &report["checks"][0]["status"]), (0, &5.into(), &"pass".into()));
}

#[test]
fn waiting_goes_on_after_an_error_that_hardly_mends_itself_only_where_that_is_wanted() {
    let starting = || {
        let asked = AtomicUsize::new(0);
        let port = serve(move |mut stream| {
            head(&mut stream);
            let word = if asked.fetch_add(1, Ordering::SeqCst) < 2 { "starting" } else { "ok" };
            let body = format!("{{\"status\":\"{word}\"}}");
            let _ = stream
                .write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).as_bytes());
        });
        manifest(&check("ready", port).replace("timeout: 20s", "timeout: 20s, expect: { json: { status: ok } }"))
    };
    let (run, report) = probe(&starting(), &["--wait", "20s"]);
    assert_eq!((run.code, &report["checks"][0]["attempts"]), (1, &1.into()), "{report}");
    let (run, report) = probe(&starting(), &["--wait", "20s", "--wait-all-errors"]);
    assert_eq!((run.code, &report["checks"][0]["attempts"]), (0, &3.into()), "{report}");
    let never =
        manifest(&check("ready", answer_json("200 OK", "{}")).replace("timeout: 20s", "timeout: 20s, expect: { json: { status: ok } }"));
    assert_eq!(probe(&never, &["--wait", "300ms", "--wait-all-errors"]).0.code, 124);
    assert_eq!(run_in(never.path(), &["probe", "--wait-all-errors"]).code, 2);
}

#[test]
fn results_go_into_a_file_as_a_whole() {
    let folder = manifest(&check("fine", answer("200 OK", "", "")));
    let run = run_in(folder.path(), &["probe", "--format", "json", "--output-file", "out.json"]);
    assert!(run.code == 0 && run.stdout.is_empty() && run.stderr.ends_with("\nwrote out.json\n"), "{}{}", run.stdout, run.stderr);
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("out.json")).expect("a file")).expect("a report");
    assert_eq!(report["summary"]["passed"], 1);
    let (port, most) = crowded();
    let counting = manifest(&check("fine", port));
    for nowhere in ["nowhere/out.json", "."] {
        assert_eq!(run_in(counting.path(), &["probe", "--output-file", nowhere]).code, 2, "{nowhere}");
    }
    assert_eq!(most.load(Ordering::SeqCst), 0, "nobody is asked for what cannot be written");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing else is left there");
}

#[cfg(unix)]
#[test]
fn rounds_of_watching_go_into_a_file_each_anew() {
    let folder = manifest(&check("ready", ready_after(2)));
    let (mut child, mut out) = watching(&folder, &["--watch=50ms", "--format", "prometheus", "--output-file", "obsgen.prom"]);
    let end = Instant::now() + Duration::from_secs(20);
    let passes = || {
        fs::read_to_string(folder.path().join("obsgen.prom"))
            .is_ok_and(|page| page.lines().any(|line| line.ends_with("} 1") && line.starts_with("obsgen_probe_success")))
    };
    while !passes() && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(passes());
    assert_eq!(interrupt(&mut child).0, 130);
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "");
}

/// What a probe shows on a terminal.
#[cfg(target_os = "linux")]
fn on_a_terminal(folder: &tempfile::TempDir, args: &str) -> String {
    let command = format!("{} probe {args}", obsgen().get_program().display());
    let run = Command::new("script")
        .current_dir(folder.path())
        .env("TERM", "xterm")
        .args(["-qec", &command, "/dev/null"])
        .stdin(Stdio::null())
        .output();
    String::from_utf8_lossy(&run.expect("script, of Debian's bsdutils").stdout).into_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn a_bar_shows_on_a_terminal_how_far_a_run_is_that_lasts() {
    let slow = manifest(&(check("fine", answer("200 OK", "", "")) + &check("slow", silent("")).replace("20s", "2s")));
    let shown = on_a_terminal(&slow, "");
    let bar = "\r\x1b[K[############            ] 1 of 2 checks, 1 s";
    assert!(shown.contains(bar), "{shown:?}");
    let (before, after) = shown.rsplit_once("\x1b[K").expect("the bar is taken away");
    assert!(!before.contains("FAIL") && after.contains("FAIL  slow") && !after.contains(" of 2 checks"), "{shown:?}");
    let quick = manifest(&check("fine", answer("200 OK", "", "")));
    for (folder, args) in [(&quick, ""), (&slow, "--quiet"), (&slow, "2>/dev/null"), (&slow, "2>&1 | cat")] {
        let shown = on_a_terminal(folder, args);
        assert!(!shown.contains("\x1b[K") && shown.contains("passed"), "{args}: {shown:?}");
    }
    let piped = run_in(slow.path(), &["probe"]);
    assert!(!piped.stderr.contains("\x1b[K") && !piped.stderr.contains("of 2 checks"), "{}", piped.stderr);
}

#[test]
fn a_host_is_asked_by_no_more_than_so_many_at_a_time() {
    let (port, most) = crowded();
    let folder = manifest(&(0..40).map(|i| check(&format!("c{i}"), port)).collect::<String>());
    for (args, limit) in [(&[][..], 8), (&["--per-host", "2"], 2)] {
        most.store(0, Ordering::SeqCst);
        let (run, _) = probe(&folder, args);
        assert_eq!(run.code, 0, "{}", run.stdout);
        let most = most.load(Ordering::SeqCst);
        assert!((2..=limit).contains(&most), "{most}");
    }
}

#[test]
fn hung_checks_do_not_hold_up_the_others() {
    let hung = silent("");
    let checks = |i| check(&format!("hung{i}"), hung).replace("20s", "4s");
    let folder = manifest(&((0..100).map(checks).collect::<String>() + &check("fine", answer("200 OK", "", ""))));
    let start = Instant::now();
    let (_, report) = probe(&folder, &["--per-host", "100"]);
    assert!(start.elapsed() < Duration::from_secs(8), "all of them wait at the same time: {:?}", start.elapsed());
    assert_eq!((&report["summary"]["failed"], &report["summary"]["passed"]), (&100.into(), &1.into()));
}

#[test]
fn no_more_checks_a_second_are_begun_than_asked_for() {
    let begun: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let times = Arc::clone(&begun);
    let port = serve(move |mut stream| {
        times.lock().expect("times").push(Instant::now());
        head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    let folder = manifest(&(0..6).map(|i| check(&format!("c{i}"), port)).collect::<String>());
    assert_eq!(probe(&folder, &["--rate", "20"]).0.code, 0);
    let begun = begun.lock().expect("times");
    let took = begun.last().expect("one").duration_since(begun[0]);
    assert!(took >= Duration::from_millis(240), "five pauses of 50 ms: {took:?}");
}

#[test]
fn no_check_lasts_longer_than_the_command_line_allows() {
    let folder = manifest(&check("hung", silent("")));
    let start = Instant::now();
    let (run, report) = probe(&folder, &["--timeout", "200ms"]);
    assert_eq!((run.code, &report["checks"][0]["code"]), (1, &"FIRST_BYTE_TIMEOUT".into()));
    assert!(start.elapsed() < Duration::from_secs(5));
    // The limit of connecting is none of waiting for an answer; of a handshake it is.
    let port = serve(|mut stream| {
        head(&mut stream);
        thread::sleep(Duration::from_millis(300));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    let tls = format!("  tls: {{ url: \"https://127.0.0.1:{}/\", timeout: 20s, tls: {{ insecure_skip_verify: true }} }}\n", silent(""));
    let folder = manifest(&(check("slow", port) + &tls));
    let (_, report) = probe(&folder, &["--connect-timeout", "100ms"]);
    assert_eq!((&report["checks"][0]["status"], &report["checks"][1]["code"]), (&"pass".into(), &"TLS_TIMEOUT".into()), "{report}");
}

#[test]
fn a_family_without_an_address_is_said() {
    let folder = manifest(&check("four", answer("200 OK", "", "")));
    assert_eq!(probe(&folder, &["--ip", "4"]).0.code, 0);
    let (run, report) = probe(&folder, &["--ip", "6"]);
    assert_eq!((run.code, &report["checks"][0]["code"]), (1, &"NO_ADDRESS_IN_FAMILY".into()), "{report}");
    assert_eq!(report["checks"][0]["phases"]["connect_ms"], Value::Null, "nobody is asked");
}

/// A probe that goes on, with its output.
fn watching(folder: &tempfile::TempDir, args: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut command = obsgen();
    command.current_dir(folder.path()).arg("probe").args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let out = BufReader::new(child.stdout.take().expect("an output"));
    (child, out)
}

fn line(out: &mut impl std::io::BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    line
}

#[cfg(unix)]
fn interrupt(child: &mut Child) -> (i32, String) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill").success());
    let code = child.wait().expect("an end").code().unwrap_or(-1);
    let mut said = String::new();
    child.stderr.take().expect("an output").read_to_string(&mut said).expect("text");
    (code, said)
}

#[cfg(unix)]
#[test]
fn watching_says_what_changes_until_it_is_interrupted() {
    let folder = manifest(&(check("ready", ready_after(2)) + &check("steady", answer("200 OK", "", ""))));
    let (mut child, mut out) = watching(&folder, &["--watch=50ms"]);
    let first: Vec<String> = (0..5).map(|_| line(&mut out)).collect();
    assert!(
        first[0].starts_with("FAIL  ready") && first[3].starts_with("PASS  steady") && first[4].starts_with("1 passed, 1 failed"),
        "{first:?}"
    );
    assert_eq!(line(&mut out), "shop/ready: passes\n");
    let (code, said) = interrupt(&mut child);
    assert!(code == 130 && !said.contains("shop/ready"), "{code} {said}");
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "", "nothing changed any more");
}

#[cfg(unix)]
#[test]
fn every_round_of_watching_is_a_line_of_json() {
    let folder = manifest(&check("ready", ready_after(1)));
    let (mut child, mut out) = watching(&folder, &["--watch=50ms", "--format", "json"]);
    let rounds: Vec<Value> = (0..3).map(|_| serde_json::from_str(&line(&mut out)).expect("a report")).collect();
    let failed: Vec<&Value> = rounds.iter().map(|round| &round["summary"]["failed"]).collect();
    assert_eq!(failed, [&Value::from(1), &Value::from(0), &Value::from(0)]);
    assert_eq!(interrupt(&mut child).0, 130);
    for args in [&["--watch", "--format", "junit"][..], &["--watch", "--wait", "1s"]] {
        assert_eq!(run_in(folder.path(), &[&["probe"], args].concat()).code, 2, "{args:?}");
    }
}

/// Checks of every verdict, with texts that a format could stumble over.
fn mixed() -> tempfile::TempDir {
    let body = "{\"status\":\"a \\\"b\\\" <c> & \\\\ d\"}";
    let wrong = check("wrong", answer_json("200 OK", body)).replace("timeout: 20s", "timeout: 20s, expect: { json: { status: ok } }");
    let flaky = check("flaky", ready_after(1));
    manifest(&(check("fine", answer("200 OK", "", "")) + &wrong + &flaky + &check("down", nobody())))
}

#[test]
fn junit_has_a_case_for_every_check() {
    let run = run_in(mixed().path(), &["probe", "--attempts", "2", "--format", "junit"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for said in [
        "<testsuites name=\"obsgen probe\" tests=\"4\" failures=\"2\" errors=\"0\"",
        "<testsuite name=\"shop\" tests=\"4\" failures=\"2\"",
        "<testcase classname=\"shop\" name=\"fine\" time=\"0.",
        "<failure type=\"JSON_MISMATCH\" message=\"JSON_MISMATCH: $.status is &quot;a",
        "&lt;c&gt; &amp; ",
        "FLAKY: passed at attempt 2 of 2",
        "<failure type=\"REFUSED\"",
    ] {
        assert!(run.stdout.contains(said), "{said}\n{}", run.stdout);
    }
    let python = "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin)";
    let mut child = Command::new("python3").args(["-c", python]).stdin(Stdio::piped()).spawn().expect("python3");
    child.stdin.take().expect("an input").write_all(run.stdout.as_bytes()).expect("an input");
    assert!(child.wait().expect("an end").success(), "{}", run.stdout);
}

#[test]
fn a_harness_of_tap_reads_what_is_written_for_it() {
    let folder = mixed();
    let run = run_in(folder.path(), &["probe", "--attempts", "2", "--format", "tap", "--output-file", "probe.tap"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let text = fs::read_to_string(folder.path().join("probe.tap")).expect("a file");
    for said in [
        "TAP version 13\n1..4\nok 1 - shop/fine\nnot ok 2 - shop/wrong\n#   JSON_MISMATCH: $.status is ",
        "\nok 3 - shop/flaky\n#   FLAKY: passed at attempt 2",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    // Perl is part of every Debian.
    let prove = Command::new("prove").current_dir(folder.path()).args(["-e", "cat", "probe.tap"]).output().expect("prove");
    let judged = String::from_utf8_lossy(&prove.stdout).into_owned() + &String::from_utf8_lossy(&prove.stderr);
    assert!(judged.contains("Failed 2/4 subtests") && !judged.contains("Parse errors"), "{judged}");
}

#[test]
fn prometheus_reads_what_is_written_for_it() {
    let folder = mixed();
    let printed = run_in(folder.path(), &["probe", "--attempts", "2", "--format", "prometheus"]);
    assert_eq!(printed.code, 1, "{}", printed.stderr);
    for said in [
        "obsgen_probe_success{service=\"shop\",check=\"fine\",target=\"http://127.0.0.1:",
        "obsgen_probe_duration_seconds{service=\"shop\",check=\"fine\",phase=\"first_byte\"} 0.",
        "obsgen_probe_attempts{service=\"shop\",check=\"flaky\"} 2\n",
        "obsgen_probe_failure_info{service=\"shop\",check=\"wrong\",code=\"JSON_MISMATCH\",level=\"fail\"} 1\n",
        "obsgen_probe_failure_info{service=\"shop\",check=\"flaky\",code=\"FLAKY\",level=\"warn\"} 1\n",
    ] {
        assert!(printed.stdout.contains(said), "{said}\n{}", printed.stdout);
    }
    fs::write(folder.path().join("obsgen.prom"), &printed.stdout).expect("a page");
    let judged = run_in(folder.path(), &["init", "--from-metrics", "obsgen.prom", "drafted"]);
    assert!(judged.code == 0 && judged.stderr.contains("declared: 4 metrics"), "{}", judged.stderr);
    for engine in all() {
        let promtool = engine.promtool.display().to_string();
        let judged = run("sh".as_ref(), folder.path(), &["-c", &format!("'{promtool}' check metrics < obsgen.prom")]);
        assert_eq!(judged.code, 0, "{}: {}{}", engine.name, judged.stdout, judged.stderr);
    }
}

#[test]
fn violations_of_the_contract_are_counted_by_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "apiVersion: obsgen/v1\nservice: { name: shop }\nmetrics: { a: { type: gauge }, b: { type: gauge } }\n";
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
    fs::write(folder.path().join("page"), "# HELP c C.\n# TYPE c gauge\nc 1\n").expect("a page");
    let run = run_in(folder.path(), &["probe", "--metrics-file", "page", "--format", "prometheus"]);
    let said = "obsgen_metrics_contract_violations{service=\"shop\",check=\"metrics\",code=\"METRICS_MISSING\",level=\"fail\"} 2\n";
    assert!(run.stdout.contains(said), "{}", run.stdout);
}
