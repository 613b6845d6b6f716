//! The command line. Doc comments are its help; what a command does is in `commands`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::manifest::scalars::{Duration, Size};

/// One service manifest in, a proven monitoring set out; and a linter and a prober for everybody's monitoring.
///
/// An alert that can never fire looks exactly like a healthy service. obsgen renders the whole monitoring of a service
/// from one manifest, proves that each alert fires when it should and stays quiet when it should, finds in anybody's
/// files what cannot work, and asks the live service whether it keeps its promises.
///
/// Start with `obsgen init`, or point `obsgen lint` at the monitoring files that you have.
///
/// Exit codes: 0 fine; 1 findings, drift, a failed test or probe; 2 the command could not do its work.
#[derive(Debug, Parser)]
#[command(name = "obsgen", version, max_term_width = 100)]
pub struct Cli {
    /// Colours: `auto` uses them on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, hide_possible_values = true, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// Say nothing but results and errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(InitArgs),
    Render(RenderArgs),
    Lint(LintArgs),
    Test(TestArgs),
    Probe(ProbeArgs),
    ExplainManifest(ExplainArgs),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Which manifests, in which environment.
#[derive(Debug, Args)]
pub(crate) struct ManifestArgs {
    /// A manifest, or a folder with an `obsgen.yaml` for every service somewhere below it; can be given more than once.
    ///
    /// Without it, `obsgen.yaml` here or in the nearest folder above. `-` reads standard input.
    #[arg(short, long = "manifest", value_name = "FILE|DIR")]
    pub(crate) manifests: Vec<PathBuf>,
    /// The environment of the manifest to use.
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
}

/// Write a starter manifest, or a draft of one from a live page of metrics.
///
/// It is commented, and it renders, tests and lints clean as it is. A manifest that is there already is never overwritten.
///
/// A draft declares every metric of the page with its type, help, labels and buckets, leaves out what only says something
/// about the client library, and proposes alerts and objectives on the requests that it recognises. Of a URL's host it asks
/// the usual paths of health endpoints, such as `/readyz`, and declares those that answer.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Draft the manifest from this page of metrics; `-` reads standard input.
    #[arg(long, value_name = "URL|FILE")]
    pub(crate) from_metrics: Option<PathBuf>,
    /// The service's name; that of the folder where nothing is said.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The programming language of the service: elixir, python, rust or node.
    #[arg(long, value_name = "LANGUAGE", value_parser = ["elixir", "python", "rust", "node"])]
    pub(crate) language: Option<String>,
    /// Where the service is scraped; can be given more than once.
    #[arg(long = "target", value_name = "HOST:PORT")]
    pub(crate) targets: Vec<String>,
    /// The folder to write `obsgen.yaml` to.
    #[arg(default_value = ".", value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// Render the whole monitoring set of one or more services.
///
/// Writes prometheus.yml, alert and recording rules with their tests, alertmanager.yml, blackbox.yml, dashboards and
/// Grafana's provisioning files: all of them or, if anything is wrong, none. A file that somebody edited is not
/// overwritten without `--force`. The same manifest always gives the same bytes.
///
/// Exit codes: 0 rendered; 1 files differ under `--check`, or were edited by hand; 2 the manifest is wrong, or nothing could be written.
#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) input: ManifestArgs,
    /// The folder to render into.
    #[arg(short, long, default_value = "monitoring", value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Render these kinds only, separated by commas: prometheus, recording, alerts, rule-tests, alertmanager, blackbox,
    /// dashboard, grafana, code, scrape-config.
    #[arg(long, value_delimiter = ',', value_name = "KIND")]
    pub(crate) only: Vec<String>,
    /// Render these kinds too, which are not rendered unless asked for: scrape-config.
    #[arg(long = "target", value_delimiter = ',', value_name = "KIND")]
    pub(crate) targets: Vec<String>,
    /// Take templates from this folder instead of the built-in ones of the same name.
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
    /// Write nothing; print how the folder differs from what would be rendered, and exit 1 if it does.
    #[arg(long, conflicts_with = "diff")]
    pub(crate) check: bool,
    /// Write nothing; print how the folder differs from what would be rendered.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Render every service of a fleet, also those that did not change since an earlier run.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Overwrite files that were edited by hand or that obsgen did not write.
    #[arg(long)]
    pub(crate) force: bool,
    /// Write nothing; print what the services ask of a Prometheus: series, samples, rule evaluations, storage, alerts.
    ///
    /// Reckoned from the manifests alone. What they do not say is assumed, and every assumption is printed.
    #[arg(long, conflicts_with_all = ["check", "diff", "force", "no_cache", "only", "targets", "templates"])]
    pub(crate) capacity: bool,
    /// With `--capacity`: how it is shown.
    #[arg(long, default_value = "human", value_parser = ["human", "json"], requires = "capacity")]
    pub(crate) format: String,
}

/// Find what cannot work in monitoring files, and say why.
///
/// Reads rule files, prometheus.yml and files of targets, alertmanager.yml and its templates, blackbox.yml, configurations of the
/// Collector and of log shippers, Grafana dashboards, manifests and pages of metrics, finds out by content what each is, and judges them together. An error is something that cannot work as written; a warning
/// misleads or will hurt; an info is hygiene. A manifest closes the world: what it does not declare does not exist.
///
/// A comment `# obsgen: ignore[rule] reason` on a line, a rule or a group silences a finding; an entry of `obsgen.toml`
/// does so where no comment can stand, and sets the levels of rules.
///
/// Exit codes: 0 nothing at or above `--fail-on`; 1 findings; 2 nothing to lint, or a path that cannot be read.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Files, folders and globs such as `'rules/**/*.yml'`; `-` reads standard input. The folder here where nothing is said.
    ///
    /// Files in folders that `.gitignore` leaves out are left out.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// A manifest to judge the files by; it is judged too. Can be given more than once.
    #[arg(short, long = "manifest", value_name = "FILE")]
    pub(crate) manifests: Vec<PathBuf>,
    /// The environment of the manifests to use.
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// A page of metrics to judge the files by, as the service exposes it: what is on it exists, with its types, labels and
    /// buckets. `JOB=` before it says which job it is of: what that job does not expose, its series cannot be. `-` reads
    /// standard input. Can be given more than once.
    #[arg(long, value_name = "[JOB=]FILE|URL")]
    pub(crate) metrics: Vec<String>,
    /// The settings to use: levels of rules, by path too, and what to ignore in dashboards. Without it, the nearest
    /// `obsgen.toml` above the first PATH that has one, or above here.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Leave out the findings of this baseline, and report its entries that nothing corresponds to any more.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings into a baseline, for later runs to leave out.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "fix"])]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Report only what the change since this revision of git brought; all files are judged together all the same.
    ///
    /// Of a branch that went on, the commit counts where the two parted. Moved lines and renamed files change nothing.
    #[arg(long, value_name = "REV")]
    pub(crate) diff_base: Option<String>,
    /// Mend what can be mended safely, and report the rest.
    ///
    /// Only the characters that are wrong are replaced: comments and layout stay.
    #[arg(long)]
    pub(crate) fix: bool,
    /// With `--fix`: write nothing, print what would change.
    #[arg(long, requires = "fix")]
    pub(crate) diff: bool,
    /// How findings are shown: to people, one a line, or to programs (JSON, SARIF 2.1.0, annotations of GitHub, JUnit's XML).
    #[arg(long, default_value = "human", value_parser = ["human", "concise", "json", "sarif", "github", "junit"])]
    pub(crate) format: String,
    /// Exit 1 when there is a finding of this level or a graver one.
    #[arg(long, default_value = "error", value_parser = ["error", "warning", "info", "none"], value_name = "LEVEL")]
    pub(crate) fail_on: String,
    /// Print the manual of a rule.
    #[arg(long, value_name = "RULE", conflicts_with_all = ["paths", "list"])]
    pub(crate) explain: Option<String>,
    /// Print every rule, one on a line.
    #[arg(long, conflicts_with = "paths")]
    pub(crate) list: bool,
}

/// Prove the alerts: run the rule tests with promtool and the route tests with amtool.
///
/// Each alert is shown to fire on the fault it is for and to stay quiet when the service is healthy, idle, just below
/// the threshold or not there at all; and to reach the receiver that the manifest names. Without `-o` a fresh render in a
/// temporary folder is judged, with `-o` the files that lie there.
///
/// promtool comes with Prometheus, amtool with Alertmanager (Debian: `apt-get install prometheus prometheus-alertmanager`).
///
/// Exit codes: 0 proven; 1 a test failed (or, with `--require-all`, an alert is unproven); 2 promtool or amtool is missing.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    pub(crate) input: ManifestArgs,
    /// Judge the files of this folder instead of a fresh render.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Exit 1 if an alert is unproven.
    #[arg(long)]
    pub(crate) require_all: bool,
    /// How the verdicts are shown.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    pub(crate) format: String,
    /// The promtool to use; the one on the PATH where nothing is said.
    #[arg(long, value_name = "FILE")]
    pub(crate) promtool: Option<PathBuf>,
    /// The amtool to use; the one on the PATH where nothing is said.
    #[arg(long, value_name = "FILE")]
    pub(crate) amtool: Option<PathBuf>,
}

/// Ask the live service whether it keeps its promises.
///
/// Makes every health check of the manifest and compares status, headers, body, JSON fields and time with what is
/// expected. Whatever could not be evaluated is a failure. Each failure has a stable code, what was observed against
/// what was expected, and a hint.
///
/// Exit codes: 0 all passed; 1 a check failed; 2 the manifest is wrong; 124 `--wait` ran out; 130 interrupted, with what is known printed.
#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    #[command(flatten)]
    pub(crate) input: ManifestArgs,
    /// Make these checks only.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Leave these checks out. Can be given more than once.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Ask the service at this URL in place of `health.base`, and for its metrics on the same host. A check with a `url`, `tcp` or
    /// `grpc` of its own stays where it is.
    #[arg(long, value_name = "URL", conflicts_with = "metrics_file")]
    pub(crate) base_url: Option<String>,
    /// Send these headers to the service too, a line such as `X-Tenant: shop` for each. They are neither shown nor sent to a check
    /// with a `url` of its own, which may belong to somebody else.
    #[arg(long, value_name = "FILE")]
    pub(crate) header_file: Option<PathBuf>,
    /// Judge this page of metrics instead of asking the service; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["wait", "names"])]
    pub(crate) metrics_file: Option<PathBuf>,
    /// Count a metric of which nothing is known yet as failed.
    #[arg(long)]
    pub(crate) require_all: bool,
    /// Go on asking until every check passes, for so long at most.
    #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
    pub(crate) wait: Option<Duration>,
    /// With `--wait`: go on asking also where what went wrong hardly mends itself, such as a wrong certificate.
    #[arg(long, requires = "wait")]
    pub(crate) wait_all_errors: bool,
    /// Make a check that fails again, so often in all. One that passes then is flaky, which is a warning.
    ///
    /// The manifest's `success_threshold` and `failure_threshold` say how many in a row decide; so many attempts are made at
    /// most. Where it has none, one attempt has to pass.
    #[arg(long, value_name = "N", conflicts_with = "wait", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) attempts: Option<u32>,
    /// Make all checks again and again, so far apart, and say what changes, until interrupted. With `--format json`, every round is a line.
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "10s", value_parser = Duration::parse, conflicts_with_all = ["wait", "metrics_file", "dry_run"])]
    pub(crate) watch: Option<Duration>,
    /// How many checks are made at the same time; as many as the limit of open files allows where nothing is said, 256 at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: Option<u16>,
    /// How many checks ask the same host and port at the same time.
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) per_host: u16,
    /// Begin no more than so many checks a second.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rate: Option<u32>,
    /// No check lasts longer, whatever the manifest allows it.
    #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
    pub(crate) timeout: Option<Duration>,
    /// Neither the lookup of a name, nor connecting, nor the TLS handshake lasts longer.
    #[arg(long, value_name = "DURATION", value_parser = Duration::parse)]
    pub(crate) connect_timeout: Option<Duration>,
    /// Ask addresses of this family only.
    #[arg(long, value_name = "FAMILY", value_parser = ["4", "6"])]
    pub(crate) ip: Option<String>,
    /// Ask this address in place of a host and port, as in `example.com:443:127.0.0.1`; several are separated by commas. Can be
    /// given more than once.
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub(crate) resolve: Vec<String>,
    /// Let requests to one host share connections. Without it each has its own, as Kubernetes and blackbox_exporter do it: a
    /// shared connection hides that connecting fails.
    #[arg(long)]
    pub(crate) reuse: bool,
    /// Follow so many redirects that stay with the host and the port, where the manifest does not say it.
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=20))]
    pub(crate) follow_redirects: u8,
    /// Read no more of a body; 64KiB of a health check's and 32MiB of a page of metrics where nothing is said.
    #[arg(long, value_name = "SIZE", value_parser = Size::parse)]
    pub(crate) max_body: Option<Size>,
    /// Write the results into this file rather than to standard output: all of them at once, so that nobody reads half of them.
    /// With `--watch`, every round anew.
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// How the results are shown: to people, or to programs (JSON, JUnit's XML, TAP, Prometheus's text for node_exporter's
    /// textfile collector).
    #[arg(long, default_value = "human", value_parser = ["human", "json", "junit", "tap", "prometheus"])]
    pub(crate) format: String,
    /// Exit 1 when a check has this verdict or a graver one.
    #[arg(long, default_value = "fail", value_parser = ["warn", "fail"], value_name = "VERDICT")]
    pub(crate) fail_on: String,
    /// Print what would be asked, and ask nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Show the heads of requests and answers, with secrets masked.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// Print what a manifest comes to, every value with the place where it was written.
///
/// A manifest is merged over the `defaults.yaml` of its folder and of those above it, the nearer over the farther, and the
/// environment of `--env` over that.
///
/// Exit codes: 0 printed; 2 the manifest is wrong.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) input: ManifestArgs,
    /// Print this key and what is below it only, as in `stack.prometheus`.
    #[arg(value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// How the values are shown.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    pub(crate) format: String,
}

/// Print a JSON Schema: of the manifest, for editors to complete from; or of what a command prints as JSON.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which schema: manifest (of obsgen.yaml), config (of obsgen.toml), report (of `lint --format json`), probe (of
    /// `probe --format json`) or capacity (of `render --capacity --format json`).
    #[arg(default_value = "manifest", value_parser = ["manifest", "config", "report", "probe", "capacity"])]
    pub(crate) of: String,
}

/// Print a completion script for a shell.
///
/// For bash: `obsgen completions bash > /etc/bash_completion.d/obsgen`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Print the manual page of obsgen and its commands in one document, for `man -l -`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Print the manual of every rule of lint instead, in Markdown.
    #[arg(long)]
    pub(crate) rules: bool,
}
