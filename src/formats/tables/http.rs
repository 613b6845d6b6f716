//! What HTTP clients of the Prometheus family take (prometheus/common, `HTTPClientConfig`).

use super::{Table, Type};

const TLS_VERSIONS: &[&str] = &["TLS10", "TLS11", "TLS12", "TLS13"];

pub(in crate::formats) static TLS: Table = Table {
    owner: "`tls_config`",
    keys: &[
        ("ca", Type::Text),
        ("cert", Type::Text),
        ("key", Type::Text),
        ("ca_file", Type::Text),
        ("cert_file", Type::Text),
        ("key_file", Type::Text),
        ("ca_ref", Type::Text),
        ("cert_ref", Type::Text),
        ("key_ref", Type::Text),
        ("server_name", Type::Text),
        ("insecure_skip_verify", Type::Flag),
        ("min_version", Type::Word(TLS_VERSIONS)),
        ("max_version", Type::Word(TLS_VERSIONS)),
    ],
    required: &[],
    exclusive: &[&["ca", "ca_file", "ca_ref"], &["cert", "cert_file", "cert_ref"], &["key", "key_file", "key_ref"]],
};

pub(in crate::formats) static BASIC: Table = Table {
    owner: "`basic_auth`",
    keys: &[
        ("username", Type::Text),
        ("username_file", Type::Text),
        ("username_ref", Type::Text),
        ("password", Type::Text),
        ("password_file", Type::Text),
        ("password_ref", Type::Text),
    ],
    required: &[],
    exclusive: &[&["username", "username_file", "username_ref"], &["password", "password_file", "password_ref"]],
};

pub(in crate::formats) static CREDENTIALS: Table = Table {
    owner: "`authorization`",
    keys: &[("type", Type::Text), ("credentials", Type::Text), ("credentials_file", Type::Text), ("credentials_ref", Type::Text)],
    required: &[],
    exclusive: &[&["credentials", "credentials_file", "credentials_ref"]],
};

pub(in crate::formats) static TOKENS: Table = Table {
    owner: "`oauth2`",
    keys: &[
        ("client_id", Type::Text),
        ("client_secret", Type::Text),
        ("client_secret_file", Type::Text),
        ("client_secret_ref", Type::Text),
        ("client_certificate_key", Type::Text),
        ("client_certificate_key_file", Type::Text),
        ("client_certificate_key_id", Type::Text),
        ("client_certificate_key_ref", Type::Text),
        ("grant_type", Type::Text),
        ("claims", Type::Any),
        ("iss", Type::Text),
        ("audience", Type::Text),
        ("signature_algorithm", Type::Text),
        ("scopes", Type::List(&Type::Text)),
        ("token_url", Type::Url),
        ("endpoint_params", Type::Map(&Type::Text)),
        ("tls_config", Type::Table(&TLS)),
        ("proxy_url", Type::Text),
        ("no_proxy", Type::Text),
        ("proxy_from_environment", Type::Flag),
        ("proxy_connect_header", Type::Any),
    ],
    required: &[&["client_id"], &["token_url"]],
    exclusive: &[&["client_secret", "client_secret_file", "client_secret_ref"]],
};

/// One of `http_headers`.
pub(in crate::formats) static HEADER: Table = Table {
    owner: "`http_headers`",
    keys: &[("values", Type::List(&Type::Text)), ("secrets", Type::List(&Type::Text)), ("files", Type::List(&Type::Text))],
    required: &[],
    exclusive: &[],
};

/// The keys of a client, behind those of the mapping they stand in.
macro_rules! with_http {
    ($($key:expr),* $(,)?) => {
        &[
            $($key,)*
            ("basic_auth", $crate::formats::tables::Type::Table(&$crate::formats::tables::http::BASIC)),
            ("authorization", $crate::formats::tables::Type::Table(&$crate::formats::tables::http::CREDENTIALS)),
            ("oauth2", $crate::formats::tables::Type::Table(&$crate::formats::tables::http::TOKENS)),
            ("bearer_token", $crate::formats::tables::Type::Text),
            ("bearer_token_file", $crate::formats::tables::Type::Text),
            ("follow_redirects", $crate::formats::tables::Type::Flag),
            ("enable_http2", $crate::formats::tables::Type::Flag),
            ("tls_config", $crate::formats::tables::Type::Table(&$crate::formats::tables::http::TLS)),
            ("proxy_url", $crate::formats::tables::Type::Text),
            ("no_proxy", $crate::formats::tables::Type::Text),
            ("proxy_from_environment", $crate::formats::tables::Type::Flag),
            ("proxy_connect_header", $crate::formats::tables::Type::Any),
            ("http_headers", $crate::formats::tables::Type::Map(&$crate::formats::tables::Type::Table(&$crate::formats::tables::http::HEADER))),
        ]
    };
}

pub(in crate::formats) use with_http;

/// What a client can prove who it is with: one of them.
pub(in crate::formats) const ONE_AUTHENTICATION: &[&str] =
    &["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file", "sigv4", "azuread", "google_iam"];

/// `http_config`
pub(in crate::formats) static CLIENT: Table = Table {
    owner: "`http_config`",
    keys: with_http![],
    required: &[],
    exclusive: &[ONE_AUTHENTICATION, &["proxy_url", "proxy_from_environment"]],
};
