//! The TLS handshake, and what the other side showed even where it fails.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use tokio_rustls::TlsConnector;

use super::answer::NoAnswer;
use super::certificate::Chain;
use super::connected::{Connected, Stream};
use super::settings::{Config, Tls};
use super::tap::{Heard, Tap};
use super::url::Address;
use super::watch::{Watch, shown};
use crate::probe::code::Code;
use crate::probe::failure::Failure;
use crate::probe::phases::Spent;
use crate::probe::trouble;

/// Remembers what was shown and leaves the judgement to another.
#[derive(Debug)]
struct Recorder {
    judge: Arc<dyn ServerCertVerifier>,
    shown: Arc<Mutex<Option<Chain>>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = Chain::read(std::iter::once(leaf).chain(others), now);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(chain);
        self.judge.verify_server_cert(leaf, others, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// Shakes hands over a connection.
pub(super) async fn shake_hands(
    stream: impl Stream + 'static,
    tap: Heard,
    address: &Address,
    settings: &Tls,
    config: &Config,
    protocols: &[&[u8]],
    watch: &mut Watch,
) -> Result<Connected, NoAnswer> {
    let asked = settings.server_name.as_ref().unwrap_or(&address.host);
    let name = ServerName::try_from(asked.clone())
        .map_err(|_| watch.fail(Failure::new(Code::TlsConfig, format!("`{asked}` is no name that a certificate can have"))))?;
    let shown_chain = Arc::new(Mutex::new(None));
    let mut client = config.client.clone();
    client.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    client
        .dangerous()
        .set_certificate_verifier(Arc::new(Recorder { judge: Arc::clone(&config.verifier), shown: Arc::clone(&shown_chain) }));
    let (time, done) = watch.within(watch.limits.tls, TlsConnector::from(Arc::new(client)).connect(name, stream)).await;
    watch.phases.tls_ms = Some(Spent::of(time));
    let chain = shown_chain.lock().unwrap_or_else(PoisonError::into_inner).take();
    match done {
        Some(Ok(stream)) => {
            let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
            // What is heard from here on is what the server says within TLS.
            let (stream, tap) = Tap::new(stream);
            Ok(Connected { stream: Box::new(stream), tap, chain, protocol })
        }
        Some(Err(error)) => Err(watch.fail(failed(&error, asked, chain.as_ref(), &tap))),
        None => {
            let connected = watch.phases.connect_ms.unwrap_or_default().millis();
            let detail = format!("TCP connected in {connected:.1} ms, and then TLS was silent for {}", shown(time));
            Err(watch.fail(Failure::new(Code::TlsTimeout, detail)))
        }
    }
}

/// Why a handshake failed, with what the other side showed.
fn failed(error: &std::io::Error, asked: &str, chain: Option<&Chain>, tap: &Heard) -> Failure {
    let (code, said) = trouble::code_of(error).unwrap_or_else(|| (Code::TlsFail, error.to_string()));
    let chain_shown = chain.map(|chain| format!("; chain: {chain}")).unwrap_or_default();
    let detail = match (code, chain) {
        (Code::TlsNotTls, _) => format!("the server does not speak TLS on this port: {}", tap.described()),
        (Code::Reset, _) => format!("closed during the TLS handshake: {said}"),
        (Code::TlsExpired | Code::TlsNotYetValid, Some(chain)) => {
            let what = chain.out_of_time().unwrap_or(said);
            format!("{what}{chain_shown}")
        }
        (Code::TlsHostname, Some(chain)) => format!("the certificate is for {}; asked for {asked}", chain.names()),
        (Code::TlsUnknownCa, Some(chain)) => format!("the issuer `{}` is not trusted{chain_shown}", chain.issuer()),
        _ => said,
    };
    let failure = Failure::new(code, detail);
    match (code, chain) {
        (Code::TlsHostname, Some(chain)) => failure.against(asked, chain.names()),
        _ => failure,
    }
}
