//! Lines of text 0.0.4 and 1.0.0.

use super::{Broken, End, Keyword, Read, Reader, is_blank, place};
use crate::formats::exposition::fault::{FaultKind, Stops};
use crate::formats::exposition::sample::{Place, SampleData};

impl Reader<'_> {
    pub(super) fn text_line(&mut self) -> Read<End> {
        let start = self.at;
        let indented = self.blanks();
        match self.peek() {
            None => return Ok(End::Line),
            Some(b'\n') => {
                self.at += 1;
                return Ok(End::Line);
            }
            Some(0) => {
                self.fault(FaultKind::Nul, (self.at, self.at + 1), Stops::Nothing, "Prometheus takes the page to end here".to_owned());
                return Ok(End::Page);
            }
            Some(b'#') => self.text_comment()?,
            Some(_) => {
                if indented {
                    let message = "the line is indented: Prometheus takes the blanks for a part of the name".to_owned();
                    self.minor.push((FaultKind::Indented, (start, self.at), Stops::Two, message));
                }
                self.text_sample()?;
            }
        }
        Ok(End::Line)
    }

    fn text_comment(&mut self) -> Read<()> {
        let end = self.line_end();
        self.at += 1;
        if self.blanks() {
            for (word, keyword) in [(&b"HELP"[..], Keyword::Help), (b"TYPE", Keyword::Type)] {
                if self.text()[self.at..end].starts_with(word) {
                    self.at += word.len();
                    // Without a blank it is a comment like any other.
                    if self.blanks() {
                        self.metadata(keyword, end)?;
                    }
                    break;
                }
            }
        }
        self.at = (end + 1).min(self.text().len());
        Ok(())
    }

    pub(super) fn line_end(&self) -> usize {
        self.text()[self.at..].iter().position(|b| *b == b'\n').map_or(self.text().len(), |n| self.at + n)
    }

    fn text_sample(&mut self) -> Read<()> {
        let (name, labels) = self.series()?;
        self.blanks();
        let value_at = self.take_while(|byte| !is_blank(byte) && byte != b'\n' && byte != b'{');
        if value_at.0 == value_at.1 {
            return self.expected("a value");
        }
        let value = self.number(value_at, "value")?;
        self.blanks();
        let mut timestamp = (0, 0);
        if !matches!(self.peek(), None | Some(b'\n')) {
            timestamp = self.text_timestamp()?;
        }
        self.at = (self.at + 1).min(self.text().len());
        self.sample(SampleData { name, labels, value, value_at: place(value_at.0, value_at.1), timestamp, family: 0, exemplar: 0 });
        Ok(())
    }

    fn text_timestamp(&mut self) -> Read<Place> {
        let (from, to) = self.take_while(|byte| byte.is_ascii_digit());
        self.blanks();
        let rest = self.line_end();
        let fits = std::str::from_utf8(&self.text()[from..to]).is_ok_and(|digits| digits.parse::<i64>().is_ok());
        if fits && self.at == rest {
            return Ok(place(from, to));
        }
        let shown = String::from_utf8_lossy(&self.text()[from..rest]).escape_debug().to_string();
        let (kind, message) = if self.text()[from..rest].starts_with(b"#") {
            (FaultKind::Exemplar, format!("text 0.0.4 has no exemplars: `{shown}`"))
        } else {
            (FaultKind::Timestamp, format!("`{shown}` is not a timestamp in milliseconds"))
        };
        Err(Broken { kind, at: (from, rest), message })
    }
}
