//! What the service needs, asked directly: `PING` of Redis, `SELECT 1` of PostgreSQL, a connection to anything else.

use std::time::{Duration, Instant};

use super::client::{self, Asked, Clients, Limits, Login, Tls};
use super::code::Code;
use super::expect;
use super::failure::Failure;
use super::job::{Dependency, Job, Kind};
use super::phases::Phases;
use super::report::CheckReport;
use crate::model::health::Expect;

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
