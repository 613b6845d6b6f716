//! What a health check's body says, in whichever of the common formats it says it.
//!
//! Understood unasked: health+json (the expired draft that is widely copied), Spring Boot's actuator, ASP.NET Core,
//! Terminus, the lines of Kubernetes's `?verbose`, bare words, and JSON that looks like any of these.

mod body;
mod json;
mod judge;
mod lines;
mod reading;
mod state;
mod word;

#[cfg(test)]
mod tests;

pub(super) use judge::judge;
