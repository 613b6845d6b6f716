//! The program: parse, run, exit.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    ExitCode::from(obsgen::run(&obsgen::Cli::parse()))
}
