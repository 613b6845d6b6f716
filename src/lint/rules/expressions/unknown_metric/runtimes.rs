//! Series of the runtime of another language.

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::parts::Use;
use crate::lint::query::{Query, named_job};
use crate::source::Node;

/// How the series of a runtime begin, and the languages whose programs have them.
const RUNTIMES: &[(&str, &[&str])] = &[
    ("go_", &["go"]),
    ("jvm_", &["java", "kotlin", "scala"]),
    ("python_", &["python"]),
    ("nodejs_", &["node", "javascript", "typescript"]),
    ("erlang_", &["elixir", "erlang"]),
    ("beam_", &["elixir", "erlang"]),
    ("ruby_", &["ruby"]),
    ("dotnet_", &["dotnet", "csharp"]),
];

/// A series of the runtime of another language than the one that the service of the job is written in.
pub(super) fn of_other_runtime(query: &Query<'_>, used: &Use<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let name = used.selector.metric_name()?;
    let (_, languages) = RUNTIMES.iter().find(|(start, _)| name.starts_with(start))?;
    let job =
        named_job(used.selector).filter(|_| context.world.metric_of(used.selector).is_none() && context.world.recorded(name).is_empty())?;
    let catalogue = context.world.catalogues.iter().find(|catalogue| !catalogue.is_page() && catalogue.job() == Some(job))?;
    let view = context
        .manifests()
        .find(|view| view.root.at(["service", "name"]).and_then(Node::as_str) == Some(catalogue.service.value.as_str()))?;
    let language = view.root.at(["service", "language"])?;
    // Of a language that is not known here, nobody says what it runs on.
    let is_known = |own: &str| own == "rust" || RUNTIMES.iter().any(|(_, all)| all.contains(&own));
    if language.as_str().is_none_or(|own| !is_known(own) || languages.contains(&own)) {
        return None;
    }
    let message = format!("`{name}` is of programs in {}, and `{job}` is written in {}", languages[0], language.describe());
    let finding = META.finding_at(Level::Warning, query.span(&used.range), message).related(language.span, "declared here");
    Some(finding.help("ask for what this runtime has, or for another job"))
}
