//! TLS settings of a check, and what is made of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use serde_json::Value;

use super::unverified::Unverified;

/// TLS settings of a check, under Prometheus's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::probe) struct Tls {
    ca_file: Option<PathBuf>,
    cert_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    pub(super) server_name: Option<String>,
    /// Whether any certificate will do.
    pub(in crate::probe) unverified: bool,
    /// The oldest and the newest version that is spoken, as numbers: 12 is TLS 1.2.
    oldest: Option<u8>,
    newest: Option<u8>,
}

impl Tls {
    /// Reads settings; files are named from a folder. Says so where a setting cannot be honoured.
    pub(in crate::probe) fn read(value: Option<&Value>, folder: &Path) -> Result<Self, String> {
        let mut tls = Self::default();
        for (key, value) in value.and_then(Value::as_object).into_iter().flatten() {
            let text = || value.as_str().map(str::to_owned).ok_or_else(|| format!("`tls.{key}` is not a text"));
            match key.as_str() {
                "ca_file" => tls.ca_file = Some(folder.join(text()?)),
                "cert_file" => tls.cert_file = Some(folder.join(text()?)),
                "key_file" => tls.key_file = Some(folder.join(text()?)),
                "server_name" => tls.server_name = Some(text()?),
                "insecure_skip_verify" => tls.unverified = value == &Value::Bool(true),
                "min_version" => tls.oldest = Some(version(key, &text()?)?),
                "max_version" => tls.newest = Some(version(key, &text()?)?),
                _ => return Err(format!("`tls.{key}` cannot be honoured by a probe")),
            }
        }
        if tls.versions().is_empty() {
            return Err("`tls.min_version` and `tls.max_version` leave neither TLS 1.2 nor TLS 1.3, and a probe speaks no other".to_owned());
        }
        Ok(tls)
    }

    /// The versions that may be spoken.
    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let all = [(12, &TLS12), (13, &TLS13)].into_iter();
        let within = |number| self.oldest.is_none_or(|oldest| oldest <= number) && self.newest.is_none_or(|newest| number <= newest);
        all.filter(|(number, _)| within(*number)).map(|(_, version)| version).collect()
    }
}

/// `TLS12`, as Prometheus writes it, as a number.
fn version(key: &str, text: &str) -> Result<u8, String> {
    let number = text.strip_prefix("TLS").and_then(|number| number.parse().ok()).filter(|number| (10..=13).contains(number));
    number.ok_or_else(|| format!("`tls.{key}` is `{text}`, and versions are written `TLS12` and `TLS13`"))
}

/// How to shake hands, and who judges the other side.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) client: ClientConfig,
    pub(super) verifier: Arc<dyn ServerCertVerifier>,
}

/// What is made of settings, to shake hands with.
pub(super) fn build(tls: &Tls) -> Result<Config, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(tls, &provider)?;
    let builder =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(&tls.versions()).map_err(|error| error.to_string())?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::clone(&verifier));
    let mut client = match (&tls.cert_file, &tls.key_file) {
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{}: {error}", key.display()))?;
            let unusable = |error| format!("{} and {}: {error}", certificate.display(), key.display());
            builder.with_client_auth_cert(chain, secret).map_err(unusable)?
        }
        (None, None) => builder.with_no_client_auth(),
        _ => return Err("`cert_file` and `key_file` need each other".to_owned()),
    };
    // Who resumes a session is not shown certificates.
    client.resumption = rustls::client::Resumption::disabled();
    Ok(Config { client, verifier })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unusable = |error: rustls::pki_types::pem::Error| format!("{}: {error}", path.display());
    let all: Vec<_> = CertificateDer::pem_file_iter(path).map_err(unusable)?.collect::<Result<_, _>>().map_err(unusable)?;
    if all.is_empty() { Err(format!("{}: there is no certificate in it", path.display())) } else { Ok(all) }
}

fn verifier(tls: &Tls, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    if tls.unverified {
        return Ok(Arc::new(Unverified(Arc::clone(provider))));
    }
    let mut roots = RootCertStore::empty();
    if let Some(path) = &tls.ca_file {
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    } else {
        let found = rustls_native_certs::load_native_certs();
        // A system without certificates trusts nobody; the handshake says so.
        roots.add_parsable_certificates(found.certs);
    }
    if roots.is_empty() {
        return Err("this machine trusts no issuer at all; name one with `ca_file`".to_owned());
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    Ok(verifier.map_err(|error| error.to_string())?)
}
