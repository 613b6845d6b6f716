//! The manifest that `obsgen init` writes: it renders, tests and lints clean as it is.

use serde_json::{Value, json};

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
    /// Whether it is scraped over TLS.
    pub is_tls: bool,
    /// The path of its page of metrics.
    pub path: String,
    /// Health endpoints that answered: `name` and `path` of each.
    pub health: Value,
    /// What a live page says of it: `metrics`, `alerts`, `objectives` and what is `left_out`. Without it, examples.
    pub draft: Option<Value>,
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
                "is_tls": self.is_tls,
                "path": self.path,
                "base": format!("{}://{first}", if self.is_tls { "https" } else { "http" }),
                "health": self.health,
                "draft": self.draft,
                "alertmanager": at("alertmanager", 9093),
                "blackbox": at("blackbox", 9115),
            }),
        )
    }
}
