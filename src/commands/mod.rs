//! The recipes behind the command line, one file each: read, ask a room, report.

mod bar;
mod base;
mod capacity;
mod completions;
mod contract;
mod defaults;
mod evidence;
mod explain;
mod files;
mod fix;
mod init;
mod inputs;
mod lint;
mod manifests;
mod manuals;
mod origins;
mod probe;
mod remembered;
mod render;
mod rendered;
mod schema;
mod settings;
mod since;
mod summary;
mod test;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use bar::Bar;

#[cfg(feature = "internals")]
pub use lint::read_manifest;

use crate::cli::{Cli, ColorChoice, Command};
use crate::diagnostic::Diagnostic;
use crate::report::{self, Format, Look, Report};
use crate::source::SourceMap;

/// Everything went as it should.
const FINE: u8 = 0;
/// There is something to see to: findings, drift, a failed test or probe.
const FOUND: u8 = 1;
/// The command could not do its work.
const FAILED: u8 = 2;

/// Runs a command and says how the program must exit.
pub fn run(cli: &Cli) -> u8 {
    let mut console = Console::new(cli);
    let outcome = match &cli.command {
        Command::Init(args) => init::run(args, &mut console),
        Command::Render(args) => render::run(args, &mut console),
        Command::Lint(args) => lint::run(args, &mut console),
        Command::Schema(args) => schema::run(args, &mut console),
        Command::Completions(args) => completions::completions(args, &mut console),
        Command::Man(args) => completions::man(args, &mut console),
        Command::Test(args) => test::run(args, &mut console),
        Command::Probe(args) => probe::run(args, &mut console),
        Command::ExplainManifest(args) => explain::run(args, &mut console),
    };
    outcome.unwrap_or_else(|error| {
        if is_closed_pipe(&error) {
            return FINE;
        }
        console.error(&format!("{error:#}"));
        FAILED
    })
}

/// A reader that has seen enough is not an error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Where a command speaks: results to standard output, everything else to standard error.
pub(crate) struct Console {
    quiet: bool,
    color: ColorChoice,
    bar: Bar,
}

impl Console {
    fn new(cli: &Cli) -> Self {
        Self { quiet: cli.quiet, color: cli.color, bar: Bar::new(cli.quiet) }
    }

    /// Writes a result.
    fn print(&mut self, text: &str) -> anyhow::Result<()> {
        self.write(|out| out.write_all(text.as_bytes()))
    }

    /// Has a result written, piece by piece.
    fn write(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        self.bar.clear();
        let mut out = io::BufWriter::new(io::stdout().lock());
        write(&mut out)?;
        Ok(out.flush()?)
    }

    /// Shows people at a terminal how far work is that lasts.
    fn progress(&mut self, done: usize, all: usize, time: Duration, text: impl FnOnce() -> String) {
        self.bar.show(done, all, time, text);
    }

    /// Whether only results and errors are wanted.
    fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says something that is not a result.
    fn note(&mut self, text: &str) {
        if !self.quiet {
            self.bar.clear();
            // Nothing can be done where not even standard error takes it.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Says why a command could not do its work.
    fn error(&mut self, text: &str) {
        self.bar.clear();
        let _ = writeln!(io::stderr(), "obsgen: {text}");
    }

    /// Shows a report on standard output.
    fn report(&mut self, format: Format, report: &Report, sources: &SourceMap) -> anyhow::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        report::write(&mut out, format, report, sources, self.look(io::stdout().is_terminal()))?;
        Ok(out.flush()?)
    }

    /// Shows findings on standard error, as a compiler does; remarks only where not told to be quiet.
    fn findings(&mut self, mut diagnostics: Vec<Diagnostic>, files: usize, sources: &SourceMap) -> anyhow::Result<()> {
        if self.quiet {
            diagnostics.retain(|d| d.level == crate::diagnostic::Level::Error);
        }
        if diagnostics.is_empty() {
            return Ok(());
        }
        let mut out = io::BufWriter::new(io::stderr().lock());
        let report = Report { diagnostics, files, ..Report::default() };
        report::write(&mut out, Format::Human, &report, sources, self.look(io::stderr().is_terminal()))?;
        Ok(out.flush()?)
    }

    fn look(&self, terminal: bool) -> Look {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !unwanted,
        };
        let width = terminal.then(|| std::env::var("COLUMNS").ok()?.parse().ok()).flatten();
        Look { color, width }
    }
}
