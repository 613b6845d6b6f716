//! Small servers on loopback that answer, or misbehave, as a test needs it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A server on a port of its own, which does the same with every connection. Ends with the test's process.
pub fn serve(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let behave = Arc::new(behave);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let behave = Arc::clone(&behave);
            thread::spawn(move || behave(stream));
        }
    });
    port
}

/// Reads a request up to the end of its head.
pub fn head(stream: &mut impl Read) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Answers every request with these bytes and closes.
pub fn raw(answer: impl Into<String>) -> u16 {
    let answer = answer.into();
    serve(move |mut stream| {
        head(&mut stream);
        // A client that has gone is none of the server's business.
        let _ = stream.write_all(answer.as_bytes());
    })
}

/// Answers with a status line, headers and a body.
pub fn answer(status: &str, headers: &str, body: &str) -> u16 {
    raw(format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()))
}

/// Answers with JSON.
pub fn answer_json(status: &str, body: &str) -> u16 {
    answer(status, "content-type: application/json\r\n", body)
}

/// Holds every connection open and says nothing more.
pub fn silent(first: &'static str) -> u16 {
    serve(move |mut stream| {
        if !first.is_empty() {
            head(&mut stream);
            let _ = stream.write_all(first.as_bytes());
        }
        thread::sleep(Duration::from_secs(30));
    })
}

/// A port that nothing listens on.
pub fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}
