//! `obsgen probe` against what services need: real Redis and PostgreSQL, gRPC servers, and what only looks like them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use crate::common::{Run, free_port, obsgen};
use crate::end_to_end::stack::{Program, wait_for};
use crate::engines::on_path;
use crate::peers::issuer::{leaf, root};
use crate::peers::{Body, Service, grpc, http2, nobody, serve, silent, tls_config};

const PATIENCE: Duration = Duration::from_secs(30);

fn manifest(folder: &Path, text: &str) {
    fs::write(folder.join("obsgen.yaml"), format!("apiVersion: obsgen/v1\nservice: {{ name: shop }}\n{text}")).expect("a manifest");
}

/// Probes with a password in the environment; the run and its one check.
fn probe(folder: &Path, password: &str) -> (Run, Value) {
    let mut command = obsgen();
    command.current_dir(folder).args(["probe", "--format", "json"]).env("DB_PASSWORD", password);
    let run: Run = command.output().expect("the program starts").into();
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    (run, report["checks"][0].clone())
}

fn said(check: &Value) -> (String, String) {
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("code"), text("detail"))
}

/// A program that a test needs. `None`, said aloud, where it is absent; in CI it must be there.
fn needed(name: &str, found: Option<PathBuf>) -> Option<PathBuf> {
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "{name} is absent: tests/run installs it");
    if found.is_none() {
        eprintln!("SKIPPED: {name} is absent: tests/run installs it");
    }
    found
}

fn listens(port: u16) -> Result<(), String> {
    std::net::TcpStream::connect(("127.0.0.1", port)).map(drop).map_err(|error| error.to_string())
}

#[test]
fn redis_is_pinged_with_its_password_and_over_tls() {
    let Some(server) = needed("redis-server", on_path("redis-server")) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (port, tls_port) = (free_port(), free_port());
    let authority = root("Test Root");
    let certificate = leaf(&authority, &["localhost"], (-5, 90));
    for (name, text) in [("ca.pem", authority.pem()), ("server.pem", certificate.pem()), ("server.key", certificate.key.serialize_pem())] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let arguments = format!(
        "--port {port} --tls-port {tls_port} --bind 127.0.0.1 --requirepass s3cret --save  --appendonly no --tls-cert-file server.pem \
         --tls-key-file server.key --tls-ca-cert-file ca.pem --tls-auth-clients no"
    );
    let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
    let redis = Program::start(&server, folder.path(), "log", &arguments);
    wait_for("Redis listens", PATIENCE, || listens(port).and_then(|()| listens(tls_port)));

    let plain =
        |more: &str| manifest(folder.path(), &format!("dependencies:\n  cache: {{ kind: redis, address: \"127.0.0.1:{port}\"{more} }}\n"));
    plain(", password_env: DB_PASSWORD");
    let (run, check) = probe(folder.path(), "s3cret");
    assert_eq!((run.code, &check["kind"], &check["status"]), (0, &"redis".into(), &"pass".into()), "{check}");
    let (run, check) = probe(folder.path(), "wr0ng");
    assert_eq!((run.code, said(&check).0.as_str()), (1, "DEP_AUTH"), "{check}");
    assert!(!run.stdout.contains("wr0ng"), "{}", run.stdout);
    plain("");
    let (_, check) = probe(folder.path(), "");
    assert_eq!(said(&check), ("DEP_AUTH".to_owned(), "NOAUTH Authentication required.; the manifest names no `password_env`".to_owned()));
    plain(", password_env: NOT_THERE");
    assert_eq!(said(&probe(folder.path(), "").1).0, "AUTH_CONFIG");

    let over_tls = |tls: &str| {
        let more = format!(", password_env: DB_PASSWORD, tls: {{ {tls} }}");
        manifest(folder.path(), &format!("dependencies:\n  cache: {{ kind: redis, address: \"localhost:{tls_port}\"{more} }}\n"));
        probe(folder.path(), "s3cret").1
    };
    let check = over_tls("ca_file: ca.pem");
    assert_eq!(check["status"], "pass", "{check}");
    assert!(check["phases"]["tls_ms"].is_number() && check["phases"]["first_byte_ms"].is_number(), "{check}");
    assert_eq!(said(&over_tls("")).0, "TLS_UNKNOWN_CA");
    assert_eq!(said(&over_tls("ca_file: ca.pem, server_name: elsewhere")).0, "TLS_HOSTNAME");

    drop(redis);
    plain(", password_env: DB_PASSWORD");
    assert_eq!(said(&probe(folder.path(), "s3cret").1).0, "REFUSED");
}

/// Where Debian, or anybody else, puts PostgreSQL's programs.
fn postgres_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut found: Vec<PathBuf> = versions.filter(|folder| folder.join("initdb").is_file()).collect();
    found.sort();
    found.pop().or_else(|| Some(on_path("initdb")?.parent()?.to_owned()))
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package brings.
fn command_line(program: &Path, arguments: &[&str]) -> Vec<String> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let prefix: &[&str] = if is_root { &["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] } else { &["env"] };
    prefix
        .iter()
        .map(|word| (*word).to_owned())
        .chain([program.display().to_string()])
        .chain(arguments.iter().map(|word| (*word).to_owned()))
        .collect()
}

struct Postgres {
    folder: tempfile::TempDir,
    port: u16,
    programs: PathBuf,
    _program: Program,
}

/// One that is killed leaves its shared memory to the machine.
impl Drop for Postgres {
    fn drop(&mut self) {
        let words = command_line(&self.programs.join("pg_ctl"), &["stop", "-D", "data", "-m", "fast", "-s"]);
        // One that has ended already is as good.
        let _ = Command::new(&words[0]).args(&words[1..]).current_dir(self.folder.path()).status();
    }
}

fn postgres(login: &str) -> Option<Postgres> {
    let programs = needed("PostgreSQL", postgres_programs())?;
    let folder = tempfile::tempdir().expect("a folder");
    // Whoever PostgreSQL runs as must be able to write here.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("a folder for all");
    let authority = root("Test Root");
    let certificate = leaf(&authority, &["localhost"], (-5, 90));
    for (name, text) in [("pass", "s3cret\n".to_owned()), ("ca.pem", authority.pem()), ("server.pem", certificate.pem())] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let run = |words: &[String]| {
        let output = Command::new(&words[0]).args(&words[1..]).current_dir(folder.path()).output().expect("a program");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run(&command_line(&programs.join("initdb"), &["-D", "data", "-U", "obs", "--pwfile=pass", "-A", login, "--no-sync"]));
    // The key must be its own, and nobody else's.
    let key = format!("umask 077; cat > server.key <<'END'\n{}END\n", certificate.key.serialize_pem());
    run(&command_line(Path::new("/bin/sh"), &["-c", &key]));
    let port = free_port();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "fsync=off".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", path("server.pem")),
        format!("ssl_key_file={}", path("server.key")),
    ];
    let port_text = port.to_string();
    let mut arguments = vec!["-D", "data", "-p", &port_text];
    arguments.extend(settings.iter().flat_map(|setting| ["-c", setting.as_str()]));
    let words = command_line(&programs.join("postgres"), &arguments);
    let program = on_path(&words[0]).expect("a program");
    let started = Program::start(&program, folder.path(), "log", &words[1..]);
    let postgres = Postgres { folder, port, programs, _program: started };
    wait_for("PostgreSQL listens", PATIENCE, || {
        listens(port).map_err(|error| format!("{error}: {}", fs::read_to_string(postgres.folder.path().join("log")).unwrap_or_default()))
    });
    Some(postgres)
}

impl Postgres {
    fn manifest(&self, host: &str, more: &str) {
        let text = format!("dependencies:\n  database: {{ kind: postgres, address: \"{host}:{}\"{more} }}\n", self.port);
        manifest(self.folder.path(), &text);
    }
}

#[test]
fn postgresql_answers_a_query_whatever_login_it_wants() {
    for login in ["scram-sha-256", "md5", "password"] {
        let Some(postgres) = postgres(login) else { return };
        postgres.manifest("127.0.0.1", ", user: obs, password_env: DB_PASSWORD");
        // It listens before it serves.
        let check = wait_for("PostgreSQL serves", PATIENCE, || {
            let (_, check) = probe(postgres.folder.path(), "s3cret");
            if said(&check).0 == "POSTGRES_ERROR" { Err(check.to_string()) } else { Ok(check) }
        });
        assert_eq!((&check["kind"], &check["status"]), (&"postgres".into(), &"pass".into()), "{login}: {check}");
        let (run, check) = probe(postgres.folder.path(), "wr0ng");
        assert_eq!((run.code, said(&check).0.as_str()), (1, "DEP_AUTH"), "{login}: {check}");
        assert!(said(&check).1.contains("(28P01)") && !run.stdout.contains("wr0ng"), "{login}: {check}");
    }
}

#[test]
fn postgresql_is_asked_over_tls_and_what_is_missing_is_said() {
    let Some(postgres) = postgres("scram-sha-256") else { return };
    let folder = postgres.folder.path().to_owned();
    let over_tls = |tls: &str| {
        postgres.manifest("localhost", &format!(", user: obs, password_env: DB_PASSWORD, tls: {{ {tls} }}"));
        probe(&folder, "s3cret").1
    };
    let check = wait_for("PostgreSQL serves", PATIENCE, || {
        let check = over_tls("ca_file: ca.pem");
        if said(&check).0 == "POSTGRES_ERROR" { Err(check.to_string()) } else { Ok(check) }
    });
    assert_eq!(check["status"], "pass", "{check}");
    assert!(check["phases"]["tls_ms"].is_number() && check["phases"]["dns_ms"].is_number(), "{check}");
    assert_eq!(said(&over_tls("")).0, "TLS_UNKNOWN_CA");
    postgres.manifest("127.0.0.1", "");
    let (run, check) = probe(&folder, "");
    assert_eq!((run.code, &check["status"], said(&check).0.as_str()), (0, &"warn".into(), "DEP_AUTH"), "{check}");
    postgres.manifest("127.0.0.1", ", user: obs");
    assert!(said(&probe(&folder, "").1).1.contains("the manifest names no `password_env`"));
    let port = postgres.port;
    drop(postgres);
    let elsewhere = tempfile::tempdir().expect("a folder");
    manifest(elsewhere.path(), &format!("dependencies:\n  database: {{ kind: postgres, address: \"127.0.0.1:{port}\", user: obs }}\n"));
    assert_eq!(said(&probe(elsewhere.path(), "").1).0, "REFUSED");
}

/// Says this to whoever says anything, and waits for more: closing at once could take the answer back.
fn speaking(bytes: &'static [u8]) -> u16 {
    serve(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(bytes);
        let _ = stream.read(&mut [0; 4096]);
    })
}

#[test]
fn what_only_looks_like_a_dependency_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, port, more, code) in [
        ("redis", speaking(b"-LOADING Redis is loading the dataset in memory\r\n"), "", "REDIS_ERROR"),
        ("redis", speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "", "NOT_REDIS"),
        ("redis", serve(drop), "", "RESET"),
        ("redis", silent(""), "", "FIRST_BYTE_TIMEOUT"),
        ("postgres", speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"), ", user: obs", "NOT_POSTGRES"),
        ("postgres", speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "", "NOT_POSTGRES"),
        ("postgres", speaking(b"N"), ", user: obs, tls: { insecure_skip_verify: true }", "TLS_NOT_TLS"),
        ("postgres", serve(drop), ", user: obs", "RESET"),
        // `the database system is starting up`
        ("postgres", speaking(b"E\0\0\0\x20SFATAL\0C57P03\0Mstarting up\0\0\0\0"), ", user: obs", "POSTGRES_ERROR"),
        ("mysql", nobody(), "", "REFUSED"),
        ("mysql", silent(""), "", ""),
    ] {
        manifest(folder.path(), &format!("dependencies:\n  it: {{ kind: {kind}, address: \"127.0.0.1:{port}\"{more} }}\n"));
        let (_, check) = probe(folder.path(), "");
        assert_eq!(said(&check).0, code, "{kind} {check}");
    }
}

/// A health service: `shop.Up` serves, `shop.Down` does not, others are unknown. `List` only where it has it.
fn health_server(tls: Option<rustls::ServerConfig>, lists: bool) -> u16 {
    let service: Service<Body> = std::sync::Arc::new(move |request| {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
            let name = body.get(7..).map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
            match (path.as_str(), name.as_str()) {
                ("/grpc.health.v1.Health/Check", "" | "shop.Up") => grpc(&[8, 1], "0"),
                ("/grpc.health.v1.Health/Check", "shop.Down") => grpc(&[8, 2], "0"),
                ("/grpc.health.v1.Health/Check", _) => grpc(&[], "5"),
                ("/grpc.health.v1.Health/List", _) if lists => {
                    let up = [&[0x0A, 13, 0x0A, 7][..], b"shop.Up", &[0x12, 2, 8, 1]].concat();
                    let down = [&[0x0A, 15, 0x0A, 9][..], b"shop.Down", &[0x12, 2, 8, 2]].concat();
                    grpc(&[up, down].concat(), "0")
                }
                _ => grpc(&[], "12"),
            }
        })
    });
    http2(tls, service)
}

#[test]
fn grpc_services_are_asked_for_their_health() {
    let folder = tempfile::tempdir().expect("a folder");
    let ask = |port: u16, more: &str| {
        manifest(folder.path(), &format!("health:\n  search: {{ grpc: \"localhost:{port}\", timeout: 10s{more} }}\n"));
        probe(folder.path(), "").1
    };
    let plain = health_server(None, false);
    let check = ask(plain, ", service: shop.Up");
    assert_eq!((&check["kind"], &check["status"]), (&"grpc".into(), &"pass".into()), "{check}");
    assert_eq!(ask(plain, "")["status"], "pass");
    let (code, detail) = said(&ask(plain, ", service: shop.Down"));
    assert_eq!((code.as_str(), detail.as_str()), ("GRPC_NOT_SERVING", "`shop.Down` is NOT_SERVING"));
    assert_eq!(said(&ask(plain, ", service: shop.Nope")).0, "GRPC_UNKNOWN_SERVICE");

    let listing = health_server(None, true);
    let check = ask(listing, "");
    assert_eq!(
        (&check["status"], said(&check).0.as_str(), &check["failures"][0]["subject"]),
        (&"warn".into(), "GRPC_NOT_SERVING", &"shop.Down".into())
    );
    assert_eq!(ask(listing, ", service: shop.Nope")["hint"], "it knows shop.Down, shop.Up");

    let authority = root("Test Root");
    fs::write(folder.path().join("ca.pem"), authority.pem()).expect("a file");
    let (chain, key) = leaf(&authority, &["localhost"], (-5, 90)).chain(&[]);
    let mut config = tls_config().with_no_client_auth().with_single_cert(chain, key).expect("a server");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let over_tls = health_server(Some(config), false);
    let check = ask(over_tls, ", service: shop.Up, tls: { ca_file: ca.pem }");
    assert_eq!(check["status"], "pass", "{check}");
    assert!(check["phases"]["tls_ms"].is_number());
    assert_eq!(said(&ask(over_tls, ", tls: {}")).0, "TLS_UNKNOWN_CA");
}

#[test]
fn what_is_no_health_service_of_grpc_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let answering = |status: &'static str| {
        let service: Service<Body> = std::sync::Arc::new(move |_| Box::pin(async move { grpc(&[], status) }));
        http2(None, service)
    };
    let plain: Service<Body> = std::sync::Arc::new(|_| {
        Box::pin(async { hyper::Response::builder().status(404).body(Full::new(bytes::Bytes::from("no")).boxed()).expect("an answer") })
    });
    // A status that says all is well, and nothing that says what.
    let wordless: Service<Body> = std::sync::Arc::new(|_| {
        let answer = hyper::Response::builder().header("grpc-status", "0").body(Full::new(bytes::Bytes::new()).boxed());
        Box::pin(async { answer.expect("an answer") })
    });
    for (port, code) in [
        (answering("12"), "GRPC_UNIMPLEMENTED"),
        (answering("14"), "GRPC_STATUS"),
        (answering("16"), "AUTH"),
        (http2(None, plain), "NOT_GRPC"),
        (http2(None, wordless), "NOT_GRPC"),
        (speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "NOT_HTTP"),
        (serve(drop), "RESET"),
        (nobody(), "REFUSED"),
        (silent(""), "FIRST_BYTE_TIMEOUT"),
    ] {
        manifest(folder.path(), &format!("health:\n  search: {{ grpc: \"127.0.0.1:{port}\", timeout: 400ms }}\n"));
        let (_, check) = probe(folder.path(), "");
        assert_eq!(said(&check).0, code, "{check}");
    }
}

#[test]
fn a_tcp_check_with_tls_settings_shakes_hands() {
    let authority = root("Test Root");
    let soon = leaf(&authority, &["localhost"], (-5, 9));
    let (chain, key) = soon.chain(&[]);
    let port = crate::peers::tls_answer(tls_config().with_no_client_auth().with_single_cert(chain, key).expect("a server"), "");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ca.pem"), authority.pem()).expect("a file");
    let ask = |tls: &str| {
        manifest(folder.path(), &format!("health:\n  broker: {{ tcp: \"localhost:{port}\"{tls} }}\n"));
        let check = probe(folder.path(), "").1;
        (said(&check).0, check["status"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(ask(""), (String::new(), "pass".to_owned()));
    assert_eq!(ask(", tls: { ca_file: ca.pem }"), ("CERT_EXPIRING".to_owned(), "warn".to_owned()));
    assert_eq!(ask(", tls: {}"), ("TLS_UNKNOWN_CA".to_owned(), "fail".to_owned()));
}
