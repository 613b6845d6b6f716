//! A stack of real programs on loopback, which ends with its value, and what can be asked of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::free_port;
use crate::engines::Engine;

/// A program that ends with its value.
pub struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    /// Starts a program in a folder, with a log there.
    pub fn start(program: &Path, folder: &Path, log: &str, args: &[String]) -> Self {
        let log = std::fs::File::create(folder.join(log)).expect("a log");
        let mut command = Command::new(program);
        command.args(args).current_dir(folder).stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        Self(command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display())))
    }
}

/// The ports of a stack.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub prometheus: u16,
    pub alertmanager: u16,
    pub blackbox: u16,
}

impl Ports {
    /// Ports that nobody else is given.
    pub fn free() -> Self {
        Self { prometheus: free_port(), alertmanager: free_port(), blackbox: free_port() }
    }
}

/// Prometheus, Alertmanager and the blackbox exporter, running.
pub struct Stack {
    ports: Ports,
    _programs: Vec<Program>,
}

impl Stack {
    /// Runs what was rendered into a folder. Data and logs go to another one.
    pub fn start(engine: &Engine, rendered: &Path, scratch: &Path, ports: Ports) -> Self {
        let file = |name: &str| format!("--config.file={}", rendered.join(name).display());
        let listen = |port: u16| format!("--web.listen-address=127.0.0.1:{port}");
        let data = |name: &str| scratch.join(name).display().to_string();
        let programs = vec![
            Program::start(&engine.blackbox, scratch, "blackbox.log", &[file("blackbox.yml"), listen(ports.blackbox)]),
            Program::start(
                &engine.alertmanager,
                scratch,
                "alertmanager.log",
                // No cluster: it would look for other machines.
                &[
                    file("alertmanager.yml"),
                    listen(ports.alertmanager),
                    format!("--storage.path={}", data("alertmanager")),
                    "--cluster.listen-address=".to_owned(),
                ],
            ),
            Program::start(
                &engine.prometheus,
                scratch,
                "prometheus.log",
                &[file("prometheus.yml"), listen(ports.prometheus), format!("--storage.tsdb.path={}", data("prometheus"))],
            ),
        ];
        Self { ports, _programs: programs }
    }

    /// Asks Prometheus; `None` while it does not answer.
    pub fn ask(&self, path: &str) -> Option<Value> {
        let body = get(self.ports.prometheus, path)?;
        serde_json::from_str::<Value>(&body).ok().filter(|answer| answer["status"] == "success").map(|answer| answer["data"].clone())
    }

    /// How many series a query returns, or what is wrong with it.
    pub fn query(&self, expr: &str) -> Result<usize, String> {
        let path = format!("/api/v1/query?query={}", escape(expr));
        let body = get(self.ports.prometheus, &path).ok_or("no answer")?;
        let answer: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        let result = answer["data"]["result"].as_array().ok_or_else(|| answer["error"].to_string())?;
        Ok(result.len())
    }
}

/// A GET on loopback; the body of an answer.
pub fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    // HTTP/1.0, so that the answer comes in one piece and ends with the connection.
    write!(stream, "GET {path} HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}

fn escape(text: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Waits until something is there; what is said at last is why it is not.
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => {
                eprintln!("{what}: after {:.1} s", start.elapsed().as_secs_f64());
                return found;
            }
            Err(why) => assert!(start.elapsed() < limit, "{what}: not within {} s: {why}", limit.as_secs()),
        }
        thread::sleep(Duration::from_millis(250));
    }
}
