//! `scrape/<service>.yml`: the jobs of a service for `scrape_config_files` of a Prometheus that somebody else owns.

use super::{Artifact, Engine, File, Subject, TemplateError, prometheus};

/// Scrape configuration files (Prometheus 2.43 or newer reads them).
pub struct ScrapeConfig;

impl Artifact for ScrapeConfig {
    fn kind(&self) -> &'static str {
        "scrape-config"
    }

    fn by_default(&self) -> bool {
        false
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, common, .. } = subject;
        let jobs = prometheus::jobs(service, &common.stack);
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let text = engine.render("scrape-config.yml.j2", prometheus::Jobs { jobs })?;
        Ok(vec![File { path: format!("scrape/{}.yml", service.name), text }])
    }
}
