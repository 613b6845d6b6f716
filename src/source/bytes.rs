//! Bytes of a file to text: the encoding and the size are judged here, the content elsewhere.

use std::fmt;

/// Larger files are refused: spans are 32 bits, and no monitoring file comes near.
pub const SIZE_LIMIT: usize = 64 * 1024 * 1024;

/// Why bytes could not be read as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// `path` or `path:line:column`.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

impl ReadError {
    /// What the operating system says about a file that cannot be read.
    pub fn from_io(path: &str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (message, help) = match error.kind() {
            ErrorKind::NotFound => ("there is no such file".to_owned(), "check the path"),
            ErrorKind::PermissionDenied => ("reading it is not permitted".to_owned(), "check its permissions"),
            ErrorKind::IsADirectory => ("it is a folder".to_owned(), "name a file in it"),
            _ => (error.to_string(), "check the path"),
        };
        Self { place: path.to_owned(), message, help }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.message, self.help)
    }
}

impl std::error::Error for ReadError {}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// Where the bytes are not UTF-8 or too many.
pub fn read_bytes(path: &str, bytes: Vec<u8>) -> Result<String, ReadError> {
    let error = |place: String, message: String, help| Err(ReadError { place, message, help });
    if bytes.len() > SIZE_LIMIT {
        let message = format!("the file is larger than the {} MiB that obsgen reads", SIZE_LIMIT >> 20);
        return error(path.to_owned(), message, "split it, or leave it out");
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return error(path.to_owned(), "the file is UTF-16".to_owned(), "save it as UTF-8");
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{FEFF}') {
                text.drain(..3);
            }
            Ok(text)
        }
        Err(invalid) => {
            let valid = invalid.utf8_error().valid_up_to();
            let bytes = invalid.as_bytes();
            let before = String::from_utf8_lossy(&bytes[..valid]);
            let before = before.trim_start_matches('\u{FEFF}');
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
            let message = format!("byte 0x{:02X} is not UTF-8", bytes[valid]);
            error(format!("{path}:{line}:{column}"), message, "save it as UTF-8; is it a text file at all?")
        }
    }
}
