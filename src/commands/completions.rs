//! `obsgen completions` and `obsgen man`: what clap knows of the command line, for shells and for readers.

use clap::CommandFactory as _;

use super::{Console, FINE, manuals};
use crate::cli::{Cli, CompletionsArgs, ManArgs};

pub(super) fn completions(args: &CompletionsArgs, console: &mut Console) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "obsgen", &mut script);
    console.print(&String::from_utf8_lossy(&script))?;
    Ok(FINE)
}

pub(super) fn man(args: &ManArgs, console: &mut Console) -> anyhow::Result<u8> {
    if args.rules {
        console.print(&manuals::page())?;
        return Ok(FINE);
    }
    let mut page = Vec::new();
    let command = Cli::command();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands() {
        clap_mangen::Man::new(sub.clone()).render(&mut page)?;
    }
    console.print(&String::from_utf8_lossy(&page))?;
    Ok(FINE)
}
