//! `obsgen probe` and TLS: certificates that are out of order, and servers that shake hands badly.

use std::fs;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use serde_json::Value;

use crate::common::run_in;
use crate::peers::issuer::{Identity, below, leaf, root};
use crate::peers::{serve, tls_answer, tls_config};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

/// Serves with a certificate and those above it.
fn server(identity: &Identity, above: &[&Identity]) -> u16 {
    let (chain, key) = identity.chain(above);
    tls_answer(tls_config().with_no_client_auth().with_single_cert(chain, key).expect("a server"), OK)
}

/// Probes `https://localhost:port/`, trusting an authority; the one check of the report.
fn probe(port: u16, trusted: &Identity, tls: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ca.pem"), trusted.pem()).expect("a certificate");
    probe_in(&folder, port, tls)
}

fn probe_in(folder: &tempfile::TempDir, port: u16, tls: &str) -> Value {
    let text = format!(
        "apiVersion: obsgen/v1\nservice: {{ name: shop }}\nhealth:\n  live: {{ url: \"https://localhost:{port}/\", timeout: 2s, tls: {{ ca_file: ca.pem{tls} }} }}\n"
    );
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
    let run = run_in(folder.path(), &["probe", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    report["checks"][0].clone()
}

fn said(check: &Value) -> (String, String) {
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("code"), text("detail"))
}

#[test]
fn the_chain_of_a_handshake_that_failed_is_shown() {
    let root = root("Test Root");
    let middle = below(&root, "Test R11", (-10, 500));
    let expired = leaf(&middle, &["localhost"], (-90, -3));
    let (code, detail) = said(&probe(server(&expired, &[&middle]), &root, ""));
    assert_eq!(code, "TLS_EXPIRED");
    assert!(detail.starts_with("the leaf expired 2 d ago (20") || detail.starts_with("the leaf expired 3 d ago (20"), "{detail}");
    assert!(detail.ends_with("; chain: localhost <- Test R11 <- Test Root"), "{detail}");

    let early = leaf(&middle, &["localhost"], (5, 90));
    let (code, detail) = said(&probe(server(&early, &[&middle]), &root, ""));
    assert_eq!(code, "TLS_NOT_YET_VALID");
    assert!(detail.contains("the leaf is valid from 20"), "{detail}");

    let other = leaf(&middle, &["a.example", "b.example"], (-5, 90));
    let check = probe(server(&other, &[&middle]), &root, "");
    assert_eq!(said(&check), ("TLS_HOSTNAME".to_owned(), "the certificate is for a.example, b.example; asked for localhost".to_owned()));
    assert_eq!(
        (&check["failures"][0]["expected"], &check["failures"][0]["observed"]),
        (&"localhost".into(), &"a.example, b.example".into())
    );
    let (code, _) = said(&probe(server(&other, &[&middle]), &root, ", server_name: b.example"));
    assert_eq!(code, "");

    let fine = leaf(&middle, &["localhost"], (-5, 90));
    let stranger = self::root("Somebody Else");
    let (code, detail) = said(&probe(server(&fine, &[&middle]), &stranger, ""));
    assert_eq!(
        (code.as_str(), detail.as_str()),
        ("TLS_UNKNOWN_CA", "the issuer `Test Root` is not trusted; chain: localhost <- Test R11 <- Test Root")
    );
    // Without the certificate in the middle nobody can tell.
    let (code, detail) = said(&probe(server(&fine, &[]), &root, ""));
    assert_eq!((code.as_str(), detail.as_str()), ("TLS_UNKNOWN_CA", "the issuer `Test R11` is not trusted; chain: localhost <- Test R11"));
}

#[test]
fn any_certificate_of_the_chain_that_ends_soon_is_told() {
    let root = root("Test Root");
    let middle = below(&root, "Test R11", (-10, 500));
    let soon = leaf(&middle, &["localhost"], (-90, 9));
    let check = probe(server(&soon, &[&middle]), &root, "");
    assert_eq!((&check["status"], said(&check).0.as_str()), (&"warn".into(), "CERT_EXPIRING"));
    assert!(said(&check).1.starts_with("the leaf expires in 9 d (20") && said(&check).1.ends_with("less than 21 d"), "{check}");
    let short = below(&root, "Short Lived", (-10, 5));
    let fine = leaf(&short, &["localhost"], (-5, 90));
    let check = probe(server(&fine, &[&short]), &root, "");
    assert!(said(&check).1.starts_with("`Short Lived` expires in 5 d (20"), "{check}");
    // The same is seen where the certificate is not verified.
    let old = leaf(&middle, &["localhost"], (-90, 9));
    let check = probe(server(&old, &[&middle]), &self::root("x"), ", insecure_skip_verify: true");
    let codes: Vec<&Value> = check["failures"].as_array().expect("failures").iter().map(|f| &f["code"]).collect();
    assert_eq!(codes, ["CERT_EXPIRING", "TLS_UNVERIFIED"]);
}

#[test]
fn a_server_that_wants_a_certificate_is_given_one_or_said_to_want_it() {
    let root = root("Test Root");
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add(root.certificate.der().clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(trusted), provider).build().expect("a verifier");
    let (chain, key) = leaf(&root, &["localhost"], (-5, 90)).chain(&[]);
    let port = tls_answer(tls_config().with_client_cert_verifier(verifier).with_single_cert(chain, key).expect("a server"), OK);
    let (code, detail) = said(&probe(port, &root, ""));
    assert_eq!(code, "TLS_CLIENT_CERT", "{detail}");
    let folder = tempfile::tempdir().expect("a folder");
    let client = leaf(&root, &["probe"], (-5, 90));
    for (name, text) in [("ca.pem", root.pem()), ("client.pem", client.pem()), ("client.key", client.key.serialize_pem())] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let check = probe_in(&folder, port, ", cert_file: client.pem, key_file: client.key");
    assert_eq!((&check["status"], said(&check).0), (&"pass".into(), String::new()), "{check}");
    assert_eq!(said(&probe_in(&folder, port, ", cert_file: client.pem")).0, "TLS_CONFIG");
    assert_eq!(said(&probe_in(&folder, port, ", cert_file: client.pem, key_file: ca.pem")).0, "TLS_CONFIG");
}

#[test]
fn handshakes_that_end_early_say_how() {
    let root = root("Test Root");
    let speaking = |bytes: &'static [u8]| {
        serve(move |mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
        })
    };
    // A fatal alert of an old server: protocol_version.
    let (code, _) = said(&probe(speaking(&[0x15, 3, 1, 0, 2, 2, 70]), &root, ""));
    assert_eq!(code, "TLS_VERSION");
    let (code, _) = said(&probe(speaking(&[0x15, 3, 3, 0, 2, 2, 40]), &root, ""));
    assert_eq!(code, "TLS_FAIL");
    let (code, detail) = said(&probe(speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n"), &root, ""));
    assert_eq!(code, "TLS_NOT_TLS");
    assert!(detail.contains("`HTTP/1.1 400 Bad Request`, as of plain HTTP"), "{detail}");
    let (code, detail) = said(&probe(speaking(b"SSH-2.0-OpenSSH_9.2\r\n"), &root, ""));
    assert_eq!(code, "TLS_NOT_TLS");
    assert!(detail.contains("as of SSH"), "{detail}");
    let (code, detail) = said(&probe(speaking(b""), &root, ""));
    assert!(code == "RESET" && detail.starts_with("closed during the TLS handshake"), "{code} {detail}");
}

#[test]
fn http_2_is_spoken_where_tls_agrees_on_it() {
    let root = root("Test Root");
    let (chain, key) = leaf(&root, &["localhost"], (-5, 90)).chain(&[]);
    let mut config = tls_config().with_no_client_auth().with_single_cert(chain, key).expect("a server");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let service: crate::peers::Service<http_body_util::Full<bytes::Bytes>> = Arc::new(|request| {
        let body = format!("{} {:?}", request.uri(), request.version());
        Box::pin(async move {
            hyper::Response::builder().header("x-seen", "yes").body(http_body_util::Full::new(body.into())).expect("an answer")
        })
    });
    let port = crate::peers::http2(Some(config), service);
    let check = probe(port, &root, "");
    assert_eq!((&check["status"], &check["http_version"], &check["http_status"]), (&"pass".into(), &"2".into(), &200.into()), "{check}");
    let phases = &check["phases"];
    let all = ["dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "body_ms"];
    assert!(all.iter().all(|phase| phases[phase].as_f64().is_some_and(|ms| ms >= 0.0)), "{phases}");
}

#[test]
fn certificates_must_be_valid_for_as_long_as_the_manifest_says() {
    let root = root("Test Root");
    let port = server(&leaf(&root, &["localhost"], (-10, 60)), &[]);
    let valid_for = |time: &str| probe(port, &root, &format!(" }}, expect: {{ valid_for: {time}"));
    assert_eq!(valid_for("30d")["status"], "pass");
    let check = valid_for("90d");
    assert_eq!((&check["status"], &check["code"]), (&"fail".into(), &"CERT_EXPIRING".into()));
    let detail = check["detail"].as_str().expect("a detail");
    assert!(detail.starts_with("the leaf expires in ") && detail.ends_with("less than 90 d"), "{detail}");
}

#[test]
fn versions_of_tls_are_spoken_as_the_manifest_says() {
    let root = root("Test Root");
    let (chain, key) = leaf(&root, &["localhost"], (-10, 90)).chain(&[]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let old = rustls::ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS12]).expect("a version");
    let port = tls_answer(old.with_no_client_auth().with_single_cert(chain, key).expect("a server"), OK);
    for (versions, code) in [
        ("", ""),
        (", min_version: TLS12", ""),
        (", min_version: TLS10, max_version: TLS12", ""),
        (", min_version: TLS13", "TLS_VERSION"),
        (", max_version: TLS11", "TLS_CONFIG"),
        (", min_version: 1.2", "TLS_CONFIG"),
    ] {
        let check = probe(port, &root, versions);
        assert_eq!(check["code"].as_str().unwrap_or_default(), code, "{versions}: {check}");
    }
}
