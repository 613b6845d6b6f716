//! Everything that is tested from outside: the program as users run it, judged by the real tools wherever there is one.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
#![allow(clippy::print_stderr, reason = "a test that skips says so")]
#![allow(clippy::format_collect, clippy::match_same_arms, clippy::assigning_clones, reason = "legible before fast, one case a line")]

mod architecture;
mod capacity;
mod circles;
mod cli;
mod collector;
mod common;
mod compose;
mod end_to_end;
mod engine_faults;
mod engine_rules;
mod engines;
mod exposition;
mod feeding;
mod fetch;
mod fleet;
mod hostile;
mod inference;
mod init;
mod kubernetes;
mod large_fleet;
mod lint;
mod lint_config;
mod lint_corpus;
mod lint_fix;
mod lint_formats;
mod lint_inputs;
mod lint_metrics;
mod lint_since;
mod log_alerts;
mod logs;
mod manifest;
mod packs;
mod peers;
mod probe;
mod probe_dependencies;
mod probe_elsewhere;
mod probe_hostile;
mod probe_metrics;
mod probe_reach;
mod probe_runs;
mod probe_tls;
mod promql;
mod proof;
mod render;
mod runbooks;
mod schemas;
mod small_sets;
mod source;
mod telemetry;
