//! What a `Content-Type` announces, and what each generation of Prometheus makes of it.

use super::fault::Generation;

/// The grammars that a page can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// The text format, 0.0.4 and 1.0.0: Prometheus reads both alike.
    Text,
    /// OpenMetrics 1.0 as text.
    OpenMetrics,
}

impl Syntax {
    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text 0.0.4",
            Self::OpenMetrics => "OpenMetrics",
        }
    }
}

/// What a `Content-Type` announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Announced {
    /// A grammar that is read here.
    Syntax(Syntax),
    /// Protocol buffers, which nobody sends who was not asked for them.
    Protobuf,
    /// Nothing at all.
    Nothing,
    /// Something else, or nothing that could be understood.
    Other,
}

/// Reads the value of a `Content-Type` header.
pub fn announced(content_type: Option<&str>) -> Announced {
    let Some(value) = content_type.map(str::trim).filter(|value| !value.is_empty()) else { return Announced::Nothing };
    let (media, parameters) = value.split_once(';').unwrap_or((value, ""));
    if !are_parameters(parameters) {
        return Announced::Other;
    }
    match media.trim().to_ascii_lowercase().as_str() {
        "text/plain" => Announced::Syntax(Syntax::Text),
        "application/openmetrics-text" => Announced::Syntax(Syntax::OpenMetrics),
        "application/vnd.google.protobuf" => Announced::Protobuf,
        _ => Announced::Other,
    }
}

/// Whether parameters are written as they must be: `name=value`, each name once.
fn are_parameters(parameters: &str) -> bool {
    let mut names: Vec<String> = Vec::new();
    parameters.split(';').map(str::trim).filter(|parameter| !parameter.is_empty()).all(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else { return false };
        let name = name.trim().to_ascii_lowercase();
        let first = !names.contains(&name);
        let fine = first && !name.is_empty() && !value.is_empty();
        names.push(name);
        fine
    })
}

impl Announced {
    /// The grammar that a generation reads the page in; `None` where it refuses the page.
    ///
    /// Prometheus 2 takes what it does not know for text; Prometheus 3 refuses it unless `fallback_scrape_protocol` is set.
    pub fn syntax(self, generation: Generation) -> Option<Syntax> {
        match (self, generation) {
            (Self::Syntax(syntax), _) => Some(syntax),
            (Self::Protobuf, _) | (Self::Nothing | Self::Other, Generation::Three) => None,
            (Self::Nothing | Self::Other, Generation::Two) => Some(Syntax::Text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_names_a_grammar_or_none() {
        let text = Announced::Syntax(Syntax::Text);
        for (header, is) in [
            (Some("text/plain"), text),
            (Some("Text/Plain; version=0.0.4; charset=utf-8"), text),
            (Some("text/plain; version=1.0.0; escaping=allow-utf-8"), text),
            (Some("application/openmetrics-text; version=1.0.0; charset=utf-8"), Announced::Syntax(Syntax::OpenMetrics)),
            (Some("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily"), Announced::Protobuf),
            (Some("application/json"), Announced::Other),
            (Some("text/plain; version"), Announced::Other),
            (Some("text/plain; a=1; a=2"), Announced::Other),
            (Some(" "), Announced::Nothing),
            (None, Announced::Nothing),
        ] {
            assert_eq!(announced(header), is, "{header:?}");
        }
        assert_eq!(Announced::Other.syntax(Generation::Two), Some(Syntax::Text));
        assert_eq!(Announced::Nothing.syntax(Generation::Three), None);
    }
}
