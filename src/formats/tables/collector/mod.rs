//! Keys of the OpenTelemetry Collector: its own, those of its core components, and those of well-known components of the contrib
//! distribution (up to 0.155).
//!
//! Components are added all the time, so a component that is not here is passed over. Tables of contrib components hold what is
//! usually written, and of other keys only what looks like a slip is reported.

macro_rules! table {
    ($name:ident, [$($key:expr),* $(,)?]) => { table!($name, [$($key),*], [], []); };
    ($name:ident, [$($key:expr),* $(,)?], [$($required:expr),*], [$($exclusive:expr),*]) => {
        pub(super) static $name: $crate::formats::tables::Table = $crate::formats::tables::Table { owner: $crate::formats::tables::collector::OWNER, keys: &[$($key),*], required: &[$($required),*], exclusive: &[$($exclusive),*] };
    };
}

#[macro_use]
mod parts;
mod connectors;
mod exporters;
mod extensions;
mod processors;
mod receivers;

use super::{Table, Type};
use connectors::CONNECTORS;
use exporters::EXPORTERS;
use extensions::EXTENSIONS;
use processors::PROCESSORS;
use receivers::RECEIVERS;

const OWNER: &str = "the Collector";
const TIME: Type = Type::Nanos;
const ERROR_MODE: (&str, Type) = ("error_mode", Type::Word(&["ignore", "silent", "propagate"]));
const WORDS: Type = Type::List(&Type::Filled);

/// The whole configuration.
pub(in crate::formats) static COLLECTOR: Table = Table {
    owner: OWNER,
    keys: &[
        ("receivers", Type::Map(&Type::Any)),
        ("processors", Type::Map(&Type::Any)),
        ("exporters", Type::Map(&Type::Any)),
        ("connectors", Type::Map(&Type::Any)),
        ("extensions", Type::Map(&Type::Any)),
        ("service", Type::Table(&SERVICE)),
    ],
    required: &[],
    exclusive: &[],
};

table!(SERVICE, [("extensions", WORDS), ("pipelines", Type::Map(&Type::Table(&PIPELINE))), ("telemetry", Type::Table(&TELEMETRY))]);

table!(PIPELINE, [("receivers", WORDS), ("processors", WORDS), ("exporters", WORDS)]);

table!(
    TELEMETRY,
    [("logs", Type::Table(&TELEMETRY_LOGS)), ("metrics", Type::Table(&TELEMETRY_METRICS)), ("traces", Type::Any), ("resource", Type::Any),]
);

table!(
    TELEMETRY_LOGS,
    [
        ("level", Type::Word(&["debug", "info", "warn", "error", "dpanic", "panic", "fatal", "DEBUG", "INFO", "WARN", "ERROR"])),
        ("development", Type::Flag),
        ("encoding", Type::Word(&["json", "console"])),
        ("disable_caller", Type::Flag),
        ("disable_stacktrace", Type::Flag),
        ("sampling", Type::Any),
        ("output_paths", WORDS),
        ("error_output_paths", WORDS),
        ("initial_fields", Type::Any),
        ("processors", Type::Any),
        ("disable_zap_resource", Type::Flag),
    ]
);

table!(
    TELEMETRY_METRICS,
    [
        ("level", Type::Word(&["none", "basic", "normal", "detailed", "None", "Basic", "Normal", "Detailed"])),
        ("address", Type::Text),
        ("readers", Type::List(&Type::Table(&READER))),
        ("views", Type::Any),
    ]
);

table!(READER, [("pull", Type::Open(&PULL)), ("periodic", Type::Open(&PERIODIC))]);

table!(PULL, [("exporter", Type::Open(&PULLED))], [&["exporter"]], []);

table!(PULLED, [("prometheus", Type::Open(&OWN_PROMETHEUS))], [&["prometheus"]], []);

table!(
    OWN_PROMETHEUS,
    [
        ("host", Type::Filled),
        ("port", Type::Count),
        ("without_units", Type::Flag),
        ("without_type_suffix", Type::Flag),
        ("without_scope_info", Type::Flag),
        ("with_resource_constant_labels", Type::Any),
    ]
);

table!(PERIODIC, [("exporter", Type::Open(&PUSHED)), ("interval", Type::Positive), ("timeout", Type::Positive)], [&["exporter"]], []);

table!(PUSHED, [("otlp", Type::Open(&OWN_OTLP)), ("console", Type::Any)], [&["otlp", "console"]], []);

table!(
    OWN_OTLP,
    [
        ("protocol", Type::Word(&["grpc", "grpc/protobuf", "http/protobuf"])),
        ("endpoint", Type::Filled),
        ("insecure", Type::Flag),
        ("compression", Type::Text),
        ("timeout", Type::Count),
        ("headers", Type::Any),
        ("temporality_preference", Type::Text),
    ],
    [&["protocol"]],
    []
);

/// A signal, as a letter: traces, metrics, logs, profiles.
pub type Signals = &'static str;

/// A type of component.
pub struct Component {
    /// Its type.
    pub name: &'static str,
    /// The signals that it takes, as first letters; of a connector those that it takes, and those that it gives.
    pub signals: (Signals, Signals),
    pub(in crate::formats) table: Option<Type>,
}

const fn known(name: &'static str, signals: Signals) -> Component {
    Component { name, signals: (signals, ""), table: None }
}

const fn strict(name: &'static str, signals: Signals, table: &'static Table) -> Component {
    Component { name, signals: (signals, ""), table: Some(Type::Table(table)) }
}

const fn open(name: &'static str, signals: Signals, table: &'static Table) -> Component {
    Component { name, signals: (signals, ""), table: Some(Type::Open(table)) }
}

const fn joins(name: &'static str, takes: Signals, gives: Signals) -> Component {
    Component { name, signals: (takes, gives), table: None }
}

/// The known types of components of a section.
pub fn components(section: &str) -> &'static [Component] {
    match section {
        "receivers" => RECEIVERS,
        "processors" => PROCESSORS,
        "exporters" => EXPORTERS,
        "connectors" => CONNECTORS,
        "extensions" => EXTENSIONS,
        _ => &[],
    }
}
