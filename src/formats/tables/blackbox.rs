//! Keys of `blackbox.yml`, up to blackbox_exporter 0.28 (CONFIGURATION.md).

use super::http::{BASIC, CREDENTIALS, ONE_AUTHENTICATION, TLS, TOKENS};
use super::{Table, Type};

const IP: (&str, Type) = ("preferred_ip_protocol", Type::Hint(&["ip4", "ip6"]));
const FALLBACK: (&str, Type) = ("ip_protocol_fallback", Type::Flag);
const SOURCE: (&str, Type) = ("source_ip_address", Type::Text);
const REGEXES: Type = Type::List(&Type::Regex);

pub(in crate::formats) static BLACKBOX: Table =
    Table { owner: "blackbox_exporter", keys: &[("modules", Type::Map(&Type::Table(&MODULE)))], required: &[&["modules"]], exclusive: &[] };

static MODULE: Table = Table {
    owner: "blackbox_exporter",
    keys: &[
        ("prober", Type::Word(&["http", "tcp", "dns", "icmp", "grpc", "unix"])),
        ("timeout", Type::GoDuration),
        ("http", Type::Table(&HTTP)),
        ("tcp", Type::Table(&TCP)),
        ("dns", Type::Table(&DNS)),
        ("icmp", Type::Table(&ICMP)),
        ("grpc", Type::Table(&GRPC)),
        ("unix", Type::Table(&UNIX)),
    ],
    required: &[&["prober"]],
    exclusive: &[],
};

static HTTP: Table = Table {
    owner: "blackbox_exporter",
    keys: &[
        ("valid_status_codes", Type::List(&Type::Count)),
        ("valid_http_versions", Type::List(&Type::Word(&["HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0"]))),
        IP,
        FALLBACK,
        SOURCE,
        ("skip_resolve_phase_with_proxy", Type::Flag),
        ("no_follow_redirects", Type::Flag),
        ("fail_if_ssl", Type::Flag),
        ("fail_if_not_ssl", Type::Flag),
        ("method", Type::Text),
        ("headers", Type::Map(&Type::Text)),
        ("fail_if_body_matches_regexp", REGEXES),
        ("fail_if_body_not_matches_regexp", REGEXES),
        ("fail_if_body_json_matches_cel", Type::Any),
        ("fail_if_body_json_not_matches_cel", Type::Any),
        ("fail_if_header_matches", Type::List(&Type::Table(&HEADER))),
        ("fail_if_header_not_matches", Type::List(&Type::Table(&HEADER))),
        ("body", Type::Text),
        ("body_file", Type::Text),
        ("body_size_limit", Type::Size),
        ("compression", Type::Word(&["", "gzip", "br", "deflate", "identity"])),
        ("use_http3", Type::Flag),
        ("enable_http3", Type::Flag),
        ("basic_auth", Type::Table(&BASIC)),
        ("authorization", Type::Table(&CREDENTIALS)),
        ("oauth2", Type::Table(&TOKENS)),
        ("bearer_token", Type::Text),
        ("bearer_token_file", Type::Text),
        ("follow_redirects", Type::Flag),
        ("enable_http2", Type::Flag),
        ("tls_config", Type::Table(&TLS)),
        ("proxy_url", Type::Text),
        ("no_proxy", Type::Text),
        ("proxy_from_environment", Type::Flag),
        ("proxy_connect_header", Type::Any),
        ("http_headers", Type::Any),
    ],
    required: &[],
    exclusive: &[ONE_AUTHENTICATION, &["body", "body_file"], &["proxy_url", "proxy_from_environment"]],
};

static HEADER: Table = Table {
    owner: "blackbox_exporter",
    keys: &[("header", Type::Filled), ("regexp", Type::Regex), ("allow_missing", Type::Flag)],
    required: &[&["header"], &["regexp"]],
    exclusive: &[],
};

static QUERY: Table = Table {
    owner: "blackbox_exporter",
    keys: &[("expect", Type::Regex), ("expect_bytes", Type::Text), ("send", Type::Text), ("starttls", Type::Flag), ("labels", Type::Any)],
    required: &[],
    exclusive: &[],
};

static TCP: Table = Table {
    owner: "blackbox_exporter",
    keys: &[
        IP,
        FALLBACK,
        SOURCE,
        ("query_response", Type::List(&Type::Table(&QUERY))),
        ("tls", Type::Flag),
        ("tls_config", Type::Table(&TLS)),
    ],
    required: &[],
    exclusive: &[],
};

static UNIX: Table = Table {
    owner: "blackbox_exporter",
    keys: &[("query_response", Type::List(&Type::Table(&QUERY))), ("tls", Type::Flag), ("tls_config", Type::Table(&TLS))],
    required: &[],
    exclusive: &[],
};

static RECORDS: Table = Table {
    owner: "blackbox_exporter",
    keys: &[
        ("fail_if_matches_regexp", REGEXES),
        ("fail_if_all_match_regexp", REGEXES),
        ("fail_if_not_matches_regexp", REGEXES),
        ("fail_if_none_matches_regexp", REGEXES),
    ],
    required: &[],
    exclusive: &[],
};

static DNS: Table = Table {
    owner: "blackbox_exporter",
    keys: &[
        IP,
        FALLBACK,
        SOURCE,
        ("dns_over_tls", Type::Flag),
        ("tls_config", Type::Table(&TLS)),
        ("transport_protocol", Type::Word(&["udp", "tcp"])),
        ("query_name", Type::Filled),
        (
            "query_type",
            Type::Word(&[
                "A", "AAAA", "ANY", "AXFR", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV",
                "SVCB", "TLSA", "TXT",
            ]),
        ),
        ("query_class", Type::Word(&["IN", "INTERNET", "CS", "CSNET", "CH", "CHAOS", "HS", "HESIOD", "NONE", "ANY"])),
        ("recursion_desired", Type::Flag),
        (
            "valid_rcodes",
            Type::List(&Type::Word(&[
                "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE",
            ])),
        ),
        ("validate_answer_rrs", Type::Table(&RECORDS)),
        ("validate_authority_rrs", Type::Table(&RECORDS)),
        ("validate_additional_rrs", Type::Table(&RECORDS)),
    ],
    required: &[&["query_name"]],
    exclusive: &[],
};

static ICMP: Table = Table {
    owner: "blackbox_exporter",
    keys: &[IP, FALLBACK, SOURCE, ("dont_fragment", Type::Flag), ("payload_size", Type::Count), ("ttl", Type::Count)],
    required: &[],
    exclusive: &[],
};

static GRPC: Table = Table {
    owner: "blackbox_exporter",
    keys: &[("service", Type::Text), ("tls", Type::Flag), ("tls_config", Type::Table(&TLS)), ("metadata", Type::Any), IP, FALLBACK],
    required: &[],
    exclusive: &[],
};
