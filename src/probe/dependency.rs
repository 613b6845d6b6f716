//! What the service needs, asked directly: `PING` of Redis, `SELECT 1` of PostgreSQL, a connection to anything else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::{self, Asked, Clients, Limits, Login, Secret, Tls};
use super::code::Code;
use super::expect;
use super::failure::Failure;
use super::job::{Job, Kind};
use super::phases::Phases;
use super::report::CheckReport;
use crate::manifest::dependencies::DependencyKind;
use crate::model::health::Expect;

/// A dependency that can be reached.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub kind: DependencyKind,
    /// `host:port`
    pub address: String,
    /// The user to log in as.
    pub user: Option<String>,
    /// The password, or why there is none.
    pub password: Result<Option<Secret>, String>,
    /// TLS settings under Prometheus's names; `None` for plain text.
    pub tls: Option<Value>,
    /// How long the whole check may last.
    pub timeout: Duration,
}

impl Dependency {
    /// How it is asked.
    pub(super) fn how(&self) -> Kind {
        match self.kind {
            DependencyKind::Postgres => Kind::Postgres,
            DependencyKind::Redis => Kind::Redis,
            _ => Kind::Tcp,
        }
    }
}

/// Asks a dependency.
pub(super) async fn check(job: &Job, dependency: &Dependency, clients: &Clients, limit: Duration) -> CheckReport {
    let start = Instant::now();
    let unusable = |code, why: &str| CheckReport::new(job, start.elapsed(), Phases::default(), vec![Failure::new(code, why)], None);
    let tls = match dependency.tls.as_ref().map(|settings| Tls::read(Some(settings), &job.owner.folder)).transpose() {
        Ok(tls) => tls,
        Err(why) => return unusable(Code::TlsConfig, &why),
    };
    let password = match &dependency.password {
        Ok(password) => password.as_ref(),
        Err(why) => return unusable(Code::AuthConfig, why),
    };
    let limits = Limits::of(limit.min(dependency.timeout));
    let login = Login { address: &dependency.address, user: dependency.user.as_deref(), password, tls: tls.as_ref(), limits };
    let asked = match dependency.how() {
        Kind::Postgres => client::select(clients, &login).await,
        Kind::Redis => client::ping(clients, &login).await,
        _ => client::reach(clients, login.address, login.tls, limits).await,
    };
    let took = start.elapsed();
    match asked {
        Ok(Asked { mut failures, phases, chain }) => {
            failures.extend(expect::expiring(chain.as_ref(), &Expect::default()));
            failures.extend(expect::unverified(tls.as_ref()));
            CheckReport::new(job, took, phases, failures, None)
        }
        Err(no) => CheckReport::new(job, took, no.phases, vec![*no.failure], None),
    }
}
