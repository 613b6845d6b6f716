//! Logs, traces and reports of crashes: what each section says, and what it means where it says nothing.

use rust_decimal::Decimal;

use super::addresses::check_url;
use super::bodies::check_variable;
use super::context::Context;
use super::findings::{Findings, owned};
use crate::diagnostic::Diagnostic;
use crate::manifest::scalars::Text;
use crate::manifest::telemetry::{LogFormat, LogLevel, LogPipeline, OtlpProtocol};
use crate::model::telemetry::{Logging, Sentry, Shipper, Tracing};
use crate::source::Lenient;

/// How the service logs; `None` where the manifest has no `logging`.
pub(super) fn logging(context: &Context) -> Option<Logging> {
    let written = context.manifest.logging.value()?;
    Some(Logging {
        format: written.format.value().copied().unwrap_or(LogFormat::Json),
        level: written.level.value().copied().unwrap_or(LogLevel::Info),
        metadata: texts(&written.metadata),
        redact: texts(&written.redact),
        shipper: written.pipeline.value().map(|pipeline| match pipeline {
            LogPipeline::Loki | LogPipeline::Alloy => Shipper::Alloy,
            LogPipeline::Vector => Shipper::Vector,
            LogPipeline::FluentBit => Shipper::FluentBit,
        }),
        files: if written.files.is_missing() { vec![format!("/var/log/{}/*.log", context.name)] } else { texts(&written.files) },
    })
}

/// How the service traces; `None` where the manifest has no `tracing`.
pub(super) fn tracing(context: &Context, findings: &mut Findings) -> Option<Tracing> {
    let written = context.manifest.tracing.value()?;
    if let Some(endpoint) = written.endpoint.valid() {
        check_url(&endpoint.value.0, endpoint.span, "tracing.endpoint", findings);
    }
    let protocol = written.protocol.value().copied().unwrap_or(OtlpProtocol::HttpProtobuf);
    let own_port = match protocol {
        OtlpProtocol::Grpc => "http://localhost:4317",
        OtlpProtocol::HttpProtobuf => "http://localhost:4318",
    };
    Some(Tracing {
        protocol,
        endpoint: written.endpoint.valid().map_or_else(|| own_port.to_owned(), owned),
        sample: written.sample.value().map_or(Decimal::ONE, |share| share.0),
        sampling: written.sampling.value().copied().unwrap_or_default(),
    })
}

/// Where the service reports its crashes; `None` where the manifest has no `errors.sentry`.
pub(super) fn sentry(context: &Context, findings: &mut Findings) -> Option<Sentry> {
    let written = context.manifest.errors.value()?.sentry.valid()?;
    for (name, path) in
        [(&written.value.dsn_env, "errors.sentry.dsn_env"), (&written.value.environment_env, "errors.sentry.environment_env")]
    {
        if let Some(name) = name.valid() {
            check_variable(name, path, findings);
        }
    }
    let Some(dsn_env) = written.value.dsn_env.valid() else {
        if written.value.dsn_env.is_missing() {
            let message = "`errors.sentry` does not say which environment variable holds the DSN";
            let finding = Diagnostic::error(crate::source::MISSING_KEY, written.span, message);
            findings.add(finding.help("add `dsn_env: SENTRY_DSN`").path("errors.sentry"));
        }
        return None;
    };
    Some(Sentry {
        dsn_env: owned(dsn_env),
        environment_env: written.value.environment_env.valid().map_or_else(|| "SENTRY_ENVIRONMENT".to_owned(), owned),
        traces_sample: written.value.traces_sample.value().map(|share| share.0),
    })
}

fn texts(list: &Lenient<Vec<Lenient<Text>>>) -> Vec<String> {
    list.value().into_iter().flatten().filter_map(|text| text.valid().map(owned)).collect()
}
