//! Small servers on loopback that answer, or misbehave, as a test needs it.

use std::future::Future;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A server on a port of its own, which does the same with every connection. Ends with the test's process.
pub fn serve(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let behave = Arc::new(behave);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let behave = Arc::clone(&behave);
            thread::spawn(move || behave(stream));
        }
    });
    port
}

/// Reads a request up to the end of its head.
pub fn head(stream: &mut impl Read) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Answers every request with these bytes and closes.
pub fn raw(answer: impl Into<String>) -> u16 {
    let answer = answer.into();
    serve(move |mut stream| {
        head(&mut stream);
        // A client that has gone is none of the server's business.
        let _ = stream.write_all(answer.as_bytes());
    })
}

/// Answers with a status line, headers and a body.
pub fn answer(status: &str, headers: &str, body: &str) -> u16 {
    raw(format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()))
}

/// Answers with JSON.
pub fn answer_json(status: &str, body: &str) -> u16 {
    answer(status, "content-type: application/json\r\n", body)
}

/// Holds every connection open and says nothing more.
pub fn silent(first: &'static str) -> u16 {
    serve(move |mut stream| {
        if !first.is_empty() {
            head(&mut stream);
            let _ = stream.write_all(first.as_bytes());
        }
        thread::sleep(Duration::from_secs(30));
    })
}

/// A port that nothing listens on. It is held until the process ends, so that no other test's server is given it.
pub fn nobody() -> u16 {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let port = socket.local_addr().expect("an address").port();
    std::mem::forget(socket);
    port
}

/// The beginning of a TLS server.
pub fn tls_config() -> rustls::ConfigBuilder<rustls::ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions")
}

/// Answers every request with these bytes over TLS.
pub fn tls_answer(config: rustls::ServerConfig, answer: &'static str) -> u16 {
    let config = Arc::new(config);
    serve(move |stream| {
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = rustls::StreamOwned::new(connection, stream);
        if !head(&mut stream).is_empty() {
            let _ = stream.write_all(answer.as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    })
}

/// Issues certificates for tests, each as it is wanted.
pub mod issuer {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    /// A certificate and who it is.
    pub struct Identity {
        pub certificate: rcgen::Certificate,
        pub key: KeyPair,
        params: CertificateParams,
    }

    impl Identity {
        /// The certificate as PEM.
        pub fn pem(&self) -> String {
            self.certificate.pem()
        }

        /// For a TLS server: its own certificate and those above it that it shows.
        pub fn chain(&self, above: &[&Self]) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
            let chain = std::iter::once(self).chain(above.iter().copied()).map(|one| one.certificate.der().clone()).collect();
            (chain, PrivateKeyDer::try_from(self.key.serialize_der()).expect("a key"))
        }
    }

    /// Parameters of a certificate that is valid from one day to another, counted from today.
    fn params(name: &str, names: &[&str], days: (i32, i32)) -> CertificateParams {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, name);
        let today = rcgen::date_time_ymd(1970, 1, 1) + SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let at = |days: i32| {
            let distance = Duration::from_secs(u64::from(days.unsigned_abs()) * 86_400 + 3600);
            if days < 0 { today - distance } else { today + distance }
        };
        (params.not_before, params.not_after) = (at(days.0), at(days.1));
        params
    }

    /// An authority that vouches for itself.
    pub fn root(name: &str) -> Identity {
        let mut params = params(name, &[], (-10, 1000));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Identity { certificate: params.self_signed(&key).expect("a certificate"), key, params }
    }

    fn signed(by: &Identity, params: CertificateParams) -> Identity {
        let issuer = Issuer::from_params(&by.params, &by.key);
        let key = KeyPair::generate().expect("a key");
        Identity { certificate: params.signed_by(&key, &issuer).expect("a certificate"), key, params }
    }

    /// An authority below another.
    pub fn below(by: &Identity, name: &str, days: (i32, i32)) -> Identity {
        let mut params = params(name, &[], days);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        signed(by, params)
    }

    /// A certificate for these names.
    pub fn leaf(by: &Identity, names: &[&str], days: (i32, i32)) -> Identity {
        signed(by, params(names[0], names, days))
    }
}

/// What an HTTP/2 server does with a request.
pub type Service<B> =
    Arc<dyn Fn(hyper::Request<hyper::body::Incoming>) -> Pin<Box<dyn Future<Output = hyper::Response<B>> + Send>> + Send + Sync>;

/// An HTTP/2 server, over TLS or with prior knowledge.
pub fn http2<B>(tls: Option<rustls::ServerConfig>, service: Service<B>) -> u16
where
    B: hyper::body::Body<Data = bytes::Bytes, Error = std::convert::Infallible> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    listener.set_nonblocking(true).expect("a listener");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let acceptor = tls.map(|config| tokio_rustls::TlsAcceptor::from(Arc::new(config)));
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve_http2(stream, acceptor.clone(), Arc::clone(&service)));
            }
        });
    });
    port
}

/// Serves one connection. A client that goes away is none of the server's business.
async fn serve_http2<B>(stream: tokio::net::TcpStream, acceptor: Option<tokio_rustls::TlsAcceptor>, service: Service<B>)
where
    B: hyper::body::Body<Data = bytes::Bytes, Error = std::convert::Infallible> + Send + 'static,
{
    let service = hyper::service::service_fn(move |request| {
        let response = service(request);
        async move { Ok::<_, std::convert::Infallible>(response.await) }
    });
    let builder = hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new());
    match acceptor {
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = builder.serve_connection(hyper_util::rt::TokioIo::new(stream), service).await;
            }
        }
        None => drop(builder.serve_connection(hyper_util::rt::TokioIo::new(stream), service).await),
    }
}

/// A body with frames of any kind.
pub type Body = http_body_util::combinators::BoxBody<bytes::Bytes, std::convert::Infallible>;

/// A message in its frame, and the status behind it.
pub fn grpc(message: &[u8], status: &str) -> hyper::Response<Body> {
    use http_body_util::BodyExt as _;
    let mut data = vec![0, 0, 0, 0, u8::try_from(message.len()).expect("a short message")];
    data.extend_from_slice(message);
    let mut trailers = hyper::HeaderMap::new();
    trailers.insert("grpc-status", status.parse().expect("a status"));
    trailers.insert("grpc-message", "as%20told".parse().expect("a text"));
    let frames = [Ok(hyper::body::Frame::data(data.into())), Ok(hyper::body::Frame::trailers(trailers))];
    let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames)).boxed();
    hyper::Response::builder().header("content-type", "application/grpc").body(body).expect("an answer")
}

/// Speaks TLS with a certificate of `tests/demo/tls`.
pub fn tls(certificate: &str) -> u16 {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let file = |extension: &str| crate::common::root().join("tests/demo/tls").join(format!("{certificate}.{extension}"));
    let chain = vec![CertificateDer::from_pem_file(file("pem")).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(file("key")).expect("a key");
    let config = tls_config().with_no_client_auth().with_single_cert(chain, key).expect("a server");
    tls_answer(config, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
}

/// A server that says how many are asking it at the same time, at most so far.
pub fn crowded() -> (u16, Arc<AtomicUsize>) {
    let now = AtomicUsize::new(0);
    let most = Arc::new(AtomicUsize::new(0));
    let peak = Arc::clone(&most);
    let port = serve(move |mut stream| {
        head(&mut stream);
        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(20));
        now.fetch_sub(1, Ordering::SeqCst);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    (port, most)
}
