//! `obsgen lint --fix`: mends are carried out, judged again, and only then written.

use crate::artifacts::plan;
use crate::diagnostic::Level;
use crate::lint::{Input, Outcome, run::fix};

use super::{Console, files};

/// One mend may uncover the next; this many times is more than any file needs.
const ROUNDS: usize = 10;

/// Mends the texts of the inputs until there is nothing left to mend. Returns how many findings were mended.
///
/// A file that has more errors after its mends than before is left as it was.
pub(super) fn mend(inputs: &mut [Input], outcome: &mut Outcome, judge: &dyn Fn(&[Input]) -> Outcome) -> usize {
    let mut total = 0;
    let mut spoilt = vec![false; inputs.len()];
    for _ in 0..ROUNDS {
        let mut mended = fix::mend(outcome, inputs.len());
        mended.retain(|mended| inputs[mended.input].path != "-" && !spoilt[mended.input]);
        if mended.is_empty() {
            break;
        }
        let before: Vec<_> = mended.iter().map(|mended| inputs[mended.input].text.clone()).collect();
        let errors: Vec<usize> = mended.iter().map(|mended| errors_in(outcome, mended.input)).collect();
        for mended in &mended {
            inputs[mended.input].text = mended.text.clone();
        }
        let mut next = judge(inputs);
        let mut worse = false;
        for ((mended, text), errors) in mended.iter().zip(before).zip(errors) {
            if errors_in(&next, mended.input) > errors {
                inputs[mended.input].text = text;
                (spoilt[mended.input], worse) = (true, true);
            } else {
                total += mended.count;
            }
        }
        if worse {
            next = judge(inputs);
        }
        *outcome = next;
    }
    total
}

fn errors_in(outcome: &Outcome, input: usize) -> usize {
    outcome.diagnostics.iter().filter(|d| d.level == Level::Error && d.span.source.0 as usize == input).count()
}

/// What changed, as unified diffs.
pub(super) fn diff(before: &[Input], after: &[Input]) -> String {
    changed(before, after).map(|(old, new)| plan::diff_of(&old.path, &old.text, &new.text)).collect()
}

/// Writes every file that changed, each in one step.
pub(super) fn write(before: &[Input], after: &[Input], count: usize, console: &mut Console) -> anyhow::Result<()> {
    let mut files = 0;
    for (old, new) in changed(before, after) {
        files::replace(old.path.as_ref(), new.text.as_bytes())?;
        files += 1;
    }
    let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    console.note(&format!("{} mended in {}", plural(count, "finding"), plural(files, "file")));
    Ok(())
}

fn changed<'a>(before: &'a [Input], after: &'a [Input]) -> impl Iterator<Item = (&'a Input, &'a Input)> {
    before.iter().zip(after).filter(|(old, new)| old.text != new.text)
}
