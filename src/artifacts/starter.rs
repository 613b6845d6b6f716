//! The manifest that `obsgen init` writes: it renders, tests and lints clean as it is.

use serde_json::json;

use super::{Engine, TemplateError};

/// What a starter manifest is made for.
#[derive(Debug)]
pub struct Starter {
    /// The service's name.
    pub name: String,
    /// Its programming language, where it was said.
    pub language: Option<String>,
    /// Where it is scraped.
    pub targets: Vec<String>,
}

impl Starter {
    /// The manifest's text.
    pub fn render(&self, engine: &Engine) -> Result<String, TemplateError> {
        let first = self.targets.first().cloned().unwrap_or_else(|| "localhost:8080".to_owned());
        let targets = if self.targets.is_empty() { vec![first.clone()] } else { self.targets.clone() };
        // Beside a service that is reached by its name, `localhost` would be Prometheus itself.
        let local = targets.iter().all(|target| ["localhost:", "127.0.0.1:", "[::1]:"].iter().any(|host| target.starts_with(host)));
        let at = |program: &str, port: u16| format!("{}:{port}", if local { "localhost" } else { program });
        engine.render(
            "manifest.yml.j2",
            json!({
                "name": self.name,
                "language": self.language,
                "targets": targets,
                "base": format!("http://{first}"),
                "alertmanager": at("alertmanager", 9093),
                "blackbox": at("blackbox", 9115),
            }),
        )
    }
}
