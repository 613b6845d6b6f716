//! Template files that are none.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;
use crate::lint::views::library;
use crate::lint::views::loading::{folder, loads};
use crate::source::Node;

rule! {
    /// A pattern under `templates` names no template files by its extension, names a folder, or is no pattern: Alertmanager loads
    /// nothing, and notifications fail when they come. Or no file among the inputs is one that it names, while others lie there that
    /// nobody loads.
    ///
    /// ```yaml fires
    /// # file: alertmanager.yml
    /// templates: ["/etc/alertmanager/templates/"]
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// ```
    /// ```yaml silent
    /// # file: alertmanager.yml
    /// templates: ["/etc/alertmanager/templates/*.tmpl"]
    /// route: { receiver: web }
    /// receivers: [{ name: web }]
    /// ```
    TemplateFile, "template-file", Warning
}

const EXTENSIONS: &[&str] = &["tmpl", "tpl", "gotmpl", "template", "gohtml", "html", "txt", "text", "*"];

impl Rule for TemplateFile {
    fn alertmanager(&self, view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        idle(view, context, found);
        for (index, node) in view.config.root.items_of("templates").enumerate() {
            let Some(pattern) = node.as_str().filter(|text| !text.is_empty() && !text.contains("${") && !text.contains("{{")) else {
                continue;
            };
            let name = pattern.rsplit('/').next().unwrap_or("");
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            if pattern.rfind('[').is_some_and(|at| !pattern[at..].contains(']')) {
                found.push(
                    META.finding(node.span, format!("{} is no pattern of files: a bracket does not close", node.describe()))
                        .path(format!("templates[{index}]"))
                        .help("close it, or write the name without it"),
                );
                continue;
            }
            if name == "*" || EXTENSIONS.contains(&extension) {
                continue;
            }
            found.push(
                META.finding(node.span, format!("{} names no template files", node.describe()))
                    .path(format!("templates[{index}]"))
                    .help("write a pattern for files, as in `/etc/alertmanager/templates/*.tmpl`"),
            );
        }
    }
}

/// Files of templates that lie below the configuration and that no pattern loads, while one loads nothing.
fn idle(view: &AlertmanagerView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let files = || context.sources.iter().filter(|(_, source)| library::is_file(source) && source.path.starts_with(folder(view.view.file)));
    let patterns: Vec<(usize, &Node, &str)> =
        view.config.root.items_of("templates").enumerate().filter_map(|(index, node)| Some((index, node, node.as_str()?))).collect();
    let loads_one = |pattern: &str, path: &str| loads(view.view, pattern.strip_prefix("./").unwrap_or(pattern), path);
    let Some((_, unread)) = files().find(|(_, source)| !patterns.iter().any(|(.., pattern)| loads_one(pattern, &source.path))) else {
        return;
    };
    for (index, node, pattern) in patterns.iter().filter(|(.., pattern)| !pattern.contains("${") && !pattern.contains("{{")) {
        if !files().any(|(_, source)| loads_one(pattern, &source.path)) {
            let finding = META.finding(node.span, format!("no file here is {}, and `{}` is loaded by none", node.describe(), unread.path));
            found.push(finding.path(format!("templates[{index}]")).help("correct the pattern"));
        }
    }
}
