//! Failure codes: what went wrong, in which phase, whether asking again can help, and what to try.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// What went wrong. Codes are stable; new ones may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The name does not exist.
    DnsNxdomain,
    /// The name could not be resolved.
    DnsFail,
    /// The resolver did not answer in time.
    DnsTimeout,
    /// The name has no address of the family that is asked for.
    NoAddressInFamily,
    /// Nothing listens there.
    Refused,
    /// There is no way there.
    Unreachable,
    /// No connection in time.
    ConnectTimeout,
    /// The proxy does not lead there.
    Proxy,
    /// This machine ran out of something; the target is not to blame.
    LocalLimit,
    /// Connected, but the TLS handshake did not end in time.
    TlsTimeout,
    /// The server does not speak TLS.
    TlsNotTls,
    /// A certificate has expired.
    TlsExpired,
    /// A certificate is not valid yet.
    TlsNotYetValid,
    /// The certificate is for another name.
    TlsHostname,
    /// The issuer of the certificate is not trusted.
    TlsUnknownCa,
    /// Server and prober have no version of TLS in common.
    TlsVersion,
    /// The server wants a certificate of the client.
    TlsClientCert,
    /// The TLS handshake failed otherwise.
    TlsFail,
    /// A certificate ends soon.
    CertExpiring,
    /// A file of the check's TLS settings cannot be used.
    TlsConfig,
    /// The certificate was not looked at, as the manifest demands.
    TlsUnverified,
    /// The connection was closed without an answer.
    Reset,
    /// No first byte in time.
    FirstByteTimeout,
    /// The body did not end in time.
    BodyTimeout,
    /// The body ended too early.
    BodyTruncated,
    /// The body is longer than is read.
    BodyTooLarge,
    /// The answer is not HTTP.
    NotHttp,
    /// The head of the answer is longer than is read.
    HeadTooLarge,
    /// The answer sends elsewhere.
    Redirect,
    /// The answer sends to where it came from.
    RedirectLoop,
    /// The answer sends to where people log in.
    RedirectedToLogin,
    /// The status is another one.
    Status,
    /// The server wants credentials.
    Auth,
    /// The credentials of the manifest cannot be read.
    AuthConfig,
    /// The body is compressed though nobody asked for it.
    BodyEncoded,
    /// A header is absent.
    HeaderMissing,
    /// A header has another value.
    HeaderMismatch,
    /// The body is of another type.
    ContentType,
    /// The expression does not match the body.
    BodyMismatch,
    /// No line of the conversation matches the expression.
    LineMissing,
    /// The body is not JSON.
    JsonInvalid,
    /// A field is absent.
    JsonMissing,
    /// A field has another value.
    JsonMismatch,
    /// A dependency is not well, as the answer says.
    DepDown,
    /// The answer says nothing of a dependency that it must include.
    DepMissing,
    /// Status and body contradict each other.
    StatusBodyDisagree,
    /// The answer says that not all is well.
    Degraded,
    /// The liveness depends on what restarting cannot mend.
    LivenessDepends,
    /// The server has no health service of gRPC.
    GrpcUnimplemented,
    /// The server does not know the service.
    GrpcUnknownService,
    /// The service is there and does not serve.
    GrpcNotServing,
    /// The call failed with another status of gRPC.
    GrpcStatus,
    /// The answer is not gRPC's.
    NotGrpc,
    /// The dependency refuses the login.
    DepAuth,
    /// Redis answers with an error.
    RedisError,
    /// The answer is not Redis's.
    NotRedis,
    /// PostgreSQL answers with an error.
    PostgresError,
    /// The answer is not PostgreSQL's.
    NotPostgres,
    /// It took too long.
    Slow,
    /// It passes, though not at every attempt.
    Flaky,
    /// The page of metrics holds no sample.
    EmptyExposition,
    /// The answer does not say that it is a page of metrics (C15).
    MetricsContentType,
    /// The page cannot be read as it is announced (C15).
    MetricsSyntax,
    /// A metric that must be there is not (C01).
    MetricsMissing,
    /// Nothing is known of a metric yet (C02).
    MetricsUnproven,
    /// A metric is exposed and not declared (C03).
    MetricsUndeclared,
    /// A metric is of another type (C05).
    MetricsType,
    /// A metric has other labels (C06).
    MetricsLabels,
    /// A label has a value that is not declared (C07).
    MetricsLabelValue,
    /// A histogram has other buckets (C08).
    MetricsBuckets,
    /// A histogram does not add up (C08).
    MetricsHistogram,
    /// A metric has another unit (C09).
    MetricsUnit,
    /// A metric has another help text (C10).
    MetricsHelp,
    /// A metric has more series than declared (C11).
    MetricsSeries,
    /// A label holds what looks like the identity of one thing (C12).
    MetricsIdentity,
    /// A counter falls, is negative or no number (C13).
    MetricsCounter,
    /// A series is there twice (C14).
    MetricsDuplicate,
    /// A sample has a timestamp (C14).
    MetricsTimestamp,
    /// Text and OpenMetrics expose different metrics (C16).
    MetricsNegotiation,
    /// The scrape takes long (C17).
    MetricsSlow,
    /// A rule or a panel asks for what can never be there (C18).
    MetricsSelector,
    /// Instances of one service differ (C19).
    MetricsReplicas,
    /// A name is against naming practice (promlint).
    MetricsNaming,
    /// obsgen cannot make this check.
    Unsupported,
    /// The run ended before the check did.
    Interrupted,
}

/// The phase in which something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Resolving the name.
    Dns,
    /// Connecting.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Waiting for the answer.
    FirstByte,
    /// Status and headers.
    Headers,
    /// The body.
    Body,
    /// The answer as a whole.
    Verdict,
    /// The page of metrics against the manifest.
    Contract,
}

impl Code {
    /// The phase it happens in.
    pub fn phase(self) -> Phase {
        match self {
            Self::DnsNxdomain | Self::DnsFail | Self::DnsTimeout | Self::NoAddressInFamily => Phase::Dns,
            Self::Refused | Self::Unreachable | Self::ConnectTimeout | Self::Proxy | Self::LocalLimit => Phase::Connect,
            Self::TlsTimeout
            | Self::TlsNotTls
            | Self::TlsExpired
            | Self::TlsNotYetValid
            | Self::TlsHostname
            | Self::TlsUnknownCa
            | Self::TlsVersion
            | Self::TlsClientCert
            | Self::TlsFail
            | Self::CertExpiring
            | Self::TlsConfig
            | Self::TlsUnverified => Phase::Tls,
            Self::Reset | Self::FirstByteTimeout => Phase::FirstByte,
            Self::NotHttp
            | Self::HeadTooLarge
            | Self::Redirect
            | Self::RedirectLoop
            | Self::RedirectedToLogin
            | Self::Status
            | Self::Auth
            | Self::AuthConfig
            | Self::HeaderMissing
            | Self::HeaderMismatch => Phase::Headers,
            Self::BodyTimeout
            | Self::BodyTruncated
            | Self::BodyTooLarge
            | Self::BodyEncoded
            | Self::ContentType
            | Self::BodyMismatch
            | Self::LineMissing
            | Self::JsonInvalid
            | Self::JsonMissing
            | Self::JsonMismatch
            | Self::DepDown
            | Self::DepMissing
            | Self::StatusBodyDisagree
            | Self::Degraded
            | Self::LivenessDepends
            | Self::GrpcUnimplemented
            | Self::GrpcUnknownService
            | Self::GrpcNotServing
            | Self::GrpcStatus
            | Self::NotGrpc
            | Self::DepAuth
            | Self::RedisError
            | Self::NotRedis
            | Self::PostgresError
            | Self::NotPostgres => Phase::Body,
            Self::Slow | Self::Flaky | Self::Unsupported | Self::Interrupted => Phase::Verdict,
            Self::EmptyExposition
            | Self::MetricsContentType
            | Self::MetricsSyntax
            | Self::MetricsMissing
            | Self::MetricsUnproven
            | Self::MetricsUndeclared
            | Self::MetricsType
            | Self::MetricsLabels
            | Self::MetricsLabelValue
            | Self::MetricsBuckets
            | Self::MetricsHistogram
            | Self::MetricsUnit
            | Self::MetricsHelp
            | Self::MetricsSeries
            | Self::MetricsIdentity
            | Self::MetricsCounter
            | Self::MetricsDuplicate
            | Self::MetricsTimestamp
            | Self::MetricsNegotiation
            | Self::MetricsSlow
            | Self::MetricsSelector
            | Self::MetricsReplicas
            | Self::MetricsNaming => Phase::Contract,
        }
    }

    /// Whether asking again a moment later can give another answer.
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::DnsNxdomain
                | Self::DnsFail
                | Self::DnsTimeout
                | Self::Refused
                | Self::Unreachable
                | Self::ConnectTimeout
                | Self::Proxy
                | Self::TlsTimeout
                | Self::Reset
                | Self::FirstByteTimeout
                | Self::BodyTimeout
                | Self::BodyTruncated
                | Self::LineMissing
                | Self::Status
                | Self::DepDown
                | Self::GrpcNotServing
                | Self::RedisError
                | Self::PostgresError
                | Self::Flaky
        )
    }

    /// What to try.
    pub fn hint(self) -> &'static str {
        match self {
            Self::DnsNxdomain => "check the spelling of the host, and that it is known where the probe runs",
            Self::DnsFail | Self::DnsTimeout => "check the resolver of the machine that the probe runs on",
            Self::NoAddressInFamily => "ask for the other family with `--ip`, or give the name an address of this one",
            Self::Refused => "start the service, or correct the port",
            Self::Unreachable => "check the network between here and there",
            Self::ConnectTimeout => "a filtered port, or another host than meant?",
            Self::Proxy => "is the host among those that the proxy leads to? Its log says more",
            Self::LocalLimit => "lower `--concurrency`, or raise `ulimit -n`",
            Self::TlsTimeout => "is it a TLS port?",
            Self::TlsNotTls => "write `http://`, or correct the port",
            Self::TlsExpired | Self::CertExpiring => "renew the certificate",
            Self::TlsNotYetValid => "check the clocks of both machines",
            Self::TlsHostname => "ask for a name of the certificate, or say it with `tls: { server_name: … }`",
            Self::TlsUnknownCa => "name the issuer's certificate with `tls: { ca_file: … }`",
            Self::TlsVersion => "the server must speak TLS 1.2 or 1.3",
            Self::TlsClientCert => "name a certificate with `tls: { cert_file: …, key_file: … }`",
            Self::TlsFail => "ask the server's log for its side of the handshake",
            Self::TlsConfig => "the files of `tls:` must be PEM and readable where the probe runs",
            Self::TlsUnverified => "take away `insecure_skip_verify` and name the issuer with `ca_file`",
            Self::Reset => "the server closed the connection: is it starting, or does it expect TLS?",
            Self::FirstByteTimeout => "the service accepts connections but does not answer: is it overloaded or deadlocked?",
            Self::BodyTimeout | Self::BodyTruncated => "the service breaks off in the middle of its answer; its log may say why",
            Self::BodyTooLarge => "a health check's answer should be small; ask another path",
            Self::HeadTooLarge => "does the service set a cookie for everything?",
            Self::RedirectLoop => "the service, or a proxy in front of it, sends every request back to itself",
            Self::RedirectedToLogin => "the endpoint sits behind a login: let it answer without one",
            Self::AuthConfig => "the file must be readable where the probe runs",
            Self::BodyEncoded => "answer without `Content-Encoding` where the request has no `Accept-Encoding`",
            Self::NotHttp | Self::NotRedis | Self::NotPostgres => "does another protocol live on this port?",
            Self::Redirect => "name the final URL, let `redirects` follow what stays with the host, or expect the status",
            Self::Status => "the body often says what is wrong",
            Self::Auth => "let the health check need no credentials, name them with `basic_auth` or `authorization`, or expect this status",
            Self::HeaderMissing | Self::HeaderMismatch => "correct the service's header, or the manifest's `expect.headers`",
            Self::ContentType => "is it the right path? A proxy's error page often answers instead",
            Self::BodyMismatch => "correct the service's answer, or the manifest's `expect.body`",
            Self::LineMissing => "does another protocol live on this port? Else correct the manifest's `query_response`",
            Self::JsonInvalid => "the service sends broken JSON",
            Self::JsonMissing | Self::JsonMismatch => "correct the service's answer, or the manifest's `expect.json`",
            Self::DepDown => "the service answers, but what it depends on does not; see `dependencies:` of the manifest",
            Self::DepMissing => "let the answer name it, or take it out of `covers:`",
            Self::StatusBodyDisagree => "whoever asks looks at the status alone: answer 503 where the body says that it fails",
            Self::Degraded => "the body says what is not well",
            Self::LivenessDepends => "report dependencies in the readiness; a liveness says that only a restart helps",
            Self::GrpcUnimplemented => "register the standard health service `grpc.health.v1.Health`",
            Self::GrpcUnknownService => "correct `service:`, or register it with the health service",
            Self::GrpcNotServing => "the service's log may say why it does not serve",
            Self::GrpcStatus => "see the status codes of gRPC",
            Self::NotGrpc => "does another HTTP/2 server live on this port?",
            Self::DepAuth => "correct `user` and `password_env` of the dependency",
            Self::RedisError | Self::PostgresError => "its log says more",
            Self::Flaky => "a retry only hides it: find out what is not steady",
            Self::Slow => "see in which phase the time went",
            Self::EmptyExposition => "is it the right path? Does the service register its metrics before it serves them?",
            Self::MetricsContentType => "send `Content-Type: text/plain; version=0.0.4`, or set `fallback_scrape_protocol`",
            Self::MetricsSyntax => "let a client library write the page",
            Self::MetricsMissing => "emit it, take it out of the manifest, or say `presence: on_first_use`",
            Self::MetricsUnproven => "use the service first, so that it is emitted",
            Self::MetricsUndeclared => "declare it in the manifest",
            Self::MetricsType | Self::MetricsLabels | Self::MetricsLabelValue | Self::MetricsUnit | Self::MetricsHelp => {
                "correct the service, or the manifest's `metrics`"
            }
            Self::MetricsBuckets => "give the histogram the manifest's buckets, or declare those that it has",
            Self::MetricsHistogram => "let a client library keep the histogram",
            Self::MetricsSeries => "bound what the label can be, or raise `max_series`",
            Self::MetricsIdentity => "label with a kind, a template or a class; identities belong into logs and traces",
            Self::MetricsCounter => "a counter starts at 0 and is only added to",
            Self::MetricsDuplicate => "register the series once",
            Self::MetricsTimestamp => "leave timestamps out: Prometheus knows when it scrapes",
            Self::MetricsNegotiation => "expose the same registry in both formats",
            Self::MetricsSlow => "expose fewer series, or raise `scrape.timeout`",
            Self::MetricsSelector => "give the metric the label, or correct the rule",
            Self::MetricsReplicas => "do all instances run the same version?",
            Self::MetricsNaming => "rename it",
            Self::Unsupported => "correct the manifest",
            Self::Interrupted => "run it again",
        }
    }
}

/// As in JSON: `DNS_NXDOMAIN`.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, c) in format!("{self:?}").chars().enumerate() {
            if i > 0 && c.is_ascii_uppercase() {
                f.write_str("_")?;
            }
            write!(f, "{}", c.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_shown_as_it_is_in_json() {
        for code in [Code::DnsNxdomain, Code::MetricsLabelValue, Code::TlsNotTls, Code::TlsUnknownCa, Code::Slow, Code::JsonMissing] {
            assert_eq!(serde_json::to_value(code).expect("a code is JSON"), code.to_string());
        }
    }
}
