//! A service that takes its instrumentation from the pack, and does as the test tells it to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use observability::{Failure, METRICS, Observe, bind, observe};
use serde_json::{Value, json};

fn trouble() -> String {
    std::env::var("TROUBLE").ok().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default().trim().to_owned()
}

async fn order(Path(number): Path<u64>) -> Json<Value> {
    bind("user_id", format!("user-{number}"));
    let customer = json!({ "Token": "hunter3", "name": "Ada" });
    tracing::info!(order = number, password = "hunter2", %customer, "order read");
    METRICS.orders_total.with_label_values(&["new"]).inc();
    Json(json!({ "order": number }))
}

async fn pay(Path(number): Path<u64>) -> Json<Value> {
    bind("user_id", format!("payer-{number}"));
    Json(json!({}))
}

async fn slow() -> Json<Value> {
    tokio::time::sleep(Duration::from_millis(1200)).await;
    Json(json!({}))
}

/// Now an error, now a panic.
async fn fail() -> Result<(), Failure> {
    static FAILURES: AtomicU64 = AtomicU64::new(0);
    let failures = FAILURES.fetch_add(1, Ordering::Relaxed);
    assert!(failures % 2 == 1, "the order book is on fire, {failures}");
    Err(format!("the order book is on fire, {failures}").into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A router of its own: its routes are known by what they are nested under.
    let orders = Router::new().route("/{number}", get(order).post(pay));
    let app = Router::new()
        .nest("/orders", orders)
        .route("/slow", get(slow))
        .route("/fail", get(fail))
        .route("/teapot", get(|| async { StatusCode::IM_A_TEAPOT }));
    let with = Observe::default()
        .check("database", || async { if trouble() == "database" { Err("no") } else { Ok(()) } })
        .check("cache", || async {
            if trouble() == "cache" {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            Ok::<_, &str>(())
        })
        .feed("db_connections_active", || 3.0);
    let port = std::env::args().nth(1).ok_or("a port")?;
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, observe(app, with)?).await?;
    Ok(())
}
