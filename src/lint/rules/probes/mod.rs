//! Probes of the blackbox exporter: modules, and the jobs that ask them.

mod grpc_service_drift;
mod module_name_drift;
mod newer_blackbox;
mod odd_target;
mod probe_drift;
mod probe_expectation;
mod probe_query;
mod probe_relabelling;
mod probe_section;
mod probe_target;
mod probe_timeout;
mod two_protocols;
mod unknown_module;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &newer_blackbox::NewerBlackbox,
    &unknown_module::UnknownModule,
    &probe_relabelling::ProbeRelabelling,
    &probe_section::ProbeSection,
    &module_name_drift::ModuleNameDrift,
    &probe_timeout::ProbeTimeout,
    &probe_drift::ProbeDrift,
    &probe_expectation::ProbeExpectation,
    &probe_query::ProbeQuery,
    &probe_target::ProbeTarget,
    &odd_target::OddTarget,
    &two_protocols::TwoProtocols,
    &grpc_service_drift::GrpcServiceDrift,
];
