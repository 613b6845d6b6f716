//! Variables of the environment.

use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::source::Node;

/// Values of the environment: a name of letters, digits and `_`, in braces that close.
pub(super) fn environment(node: &Node, report: &mut Section<'_>) {
    for (key, _, value) in node.entries() {
        for value in std::iter::once(value).chain(value.items()) {
            if let Some(name) = value.as_str().and_then(bare_variable) {
                let message = format!("`${name}` stands for itself: only what is in braces is replaced");
                report.add(Level::Warning, value, key, message, &format!("write `${{env:{name}}}`"));
            }
            let Some(text) = value.as_str().filter(|text| text.contains("${")) else { continue };
            // A second dollar takes the meaning from the first.
            let text = text.replace("$$", "");
            for rest in text.split("${").skip(1) {
                let Some((inside, _)) = rest.split_once('}') else {
                    report.add(Level::Warning, value, key, "a brace does not close, so this stands for itself", "write `${env:NAME}`");
                    break;
                };
                let (scheme, name) = inside.split_once(':').map_or(("env", inside), |(scheme, name)| (scheme, name));
                let name = name.split(":-").next().unwrap_or("");
                let is_name = name
                    .bytes()
                    .enumerate()
                    .all(|(at, byte)| byte == b'_' || byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit());
                let known = ["env", "file", "http", "https", "yaml", "aes", "googlesecretmanager", "s3", "secretsmanager"];
                let is_scheme = scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
                if ["environment", "envvar", "ENV", "Env", "envs"].contains(&scheme) {
                    report.add(Level::Error, value, key, format!("nothing is taken from `{scheme}:`"), "write `${env:NAME}`");
                } else if is_scheme && !known.contains(&scheme) {
                    let message = format!("the Collector takes nothing from `{scheme}:` unless it is built for it");
                    report.add(Level::Warning, value, key, message, "write `${env:NAME}` or `${file:PATH}`");
                }
                // A default is written behind `:-`, and no source of values is called as a variable is.
                let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
                if scheme != "ENV" && scheme.len() > 1 && scheme.bytes().all(is_capital) {
                    let default = inside[scheme.len()..].trim_start_matches([':', '-']);
                    let help = format!("write `${{env:{scheme}:-{default}}}` where that is meant without it");
                    report.add(Level::Error, value, key, format!("nothing is taken from `{scheme}:`"), &help);
                }
                if scheme == "env" && (!is_name || name.is_empty()) && !inside.contains("${") {
                    let message = format!("no variable of the environment is called `{name}`");
                    report.add(Level::Error, value, key, message, "use letters, digits and `_`, as in `${env:NAME}`");
                }
            }
        }
    }
}

/// The variable that a value is, or begins with where an address does, without braces, or in those of Kubernetes: `$(NAME)`.
fn bare_variable(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest).strip_prefix('$')?;
    let rest = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
    let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    let is_port = behind.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    let is_name = name.len() > 1 && name.starts_with(|c: char| c.is_ascii_uppercase());
    (is_name && (behind.is_empty() || is_port)).then_some(name)
}
