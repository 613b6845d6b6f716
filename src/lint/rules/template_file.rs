//! Template files that are none.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::AlertmanagerView;

rule! {
    /// A pattern under `templates` names no template files by its extension, names a folder, or is no pattern: Alertmanager loads
    /// nothing, and notifications fail when they come.
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
    fn alertmanager(&self, view: &AlertmanagerView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
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
