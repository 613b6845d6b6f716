//! Lines of OpenMetrics 1.0, in which every blank counts.

use super::{Broken, End, Keyword, Read, Reader, place};
use crate::formats::exposition::fault::{FaultKind, Stops};
use crate::formats::exposition::number::float;
use crate::formats::exposition::sample::{ExemplarData, Place, SampleData};

impl Reader<'_> {
    pub(super) fn open_metrics_line(&mut self) -> Read<End> {
        if self.peek() == Some(b'#') {
            return self.open_metrics_comment();
        }
        self.open_metrics_sample()?;
        Ok(End::Line)
    }

    fn open_metrics_comment(&mut self) -> Read<End> {
        let (start, end) = (self.at, self.line_end());
        for (word, keyword) in [(&b"# HELP "[..], Keyword::Help), (b"# TYPE ", Keyword::Type), (b"# UNIT ", Keyword::Unit)] {
            if self.text()[start..end].starts_with(word) {
                self.at += word.len();
                self.metadata(keyword, end)?;
                self.at = (end + 1).min(self.text().len());
                return Ok(End::Line);
            }
        }
        if !self.text()[start..end].starts_with(b"# EOF") {
            let message = "OpenMetrics has no comments but `# HELP`, `# TYPE`, `# UNIT` and `# EOF`".to_owned();
            return Err(Broken { kind: FaultKind::Syntax, at: (start, end), message });
        }
        let after = start + b"# EOF".len() + usize::from(end == start + b"# EOF".len() && end < self.text().len());
        if after < self.text().len() {
            self.fault(FaultKind::AfterEof, (after, self.text().len()), Stops::All, "something stands after `# EOF`".to_owned());
        }
        Ok(End::Page)
    }

    /// A space and what stands behind it.
    fn open_metrics_word(&mut self, what: &str) -> Read<(usize, usize)> {
        let start = self.at;
        if !self.accept(b' ') {
            return self.expected(what);
        }
        let word = self.take_while(|byte| byte != b' ' && byte != b'\n');
        if word.0 == word.1 {
            self.at = start;
            return self.expected(what);
        }
        Ok(word)
    }

    fn open_metrics_sample(&mut self) -> Read<()> {
        let (name, labels) = self.series()?;
        let value_at = self.open_metrics_word("a space and a value")?;
        let value = self.number(value_at, "value")?;
        let mut timestamp = (0, 0);
        let mut exemplar = 0;
        if self.peek() == Some(b' ') && !self.text()[self.at..].starts_with(b" # {") {
            let at = self.open_metrics_word("a timestamp")?;
            self.open_metrics_timestamp(at)?;
            timestamp = place(at.0, at.1);
        }
        if self.text()[self.at..].starts_with(b" # {") {
            exemplar = self.exemplar(name)?;
        }
        self.open_metrics_end()?;
        self.sample(SampleData { name, labels, value, value_at: place(value_at.0, value_at.1), timestamp, family: 0, exemplar });
        Ok(())
    }

    fn open_metrics_end(&mut self) -> Read<()> {
        if self.accept(b'\n') {
            return Ok(());
        }
        if self.peek().is_some() {
            return self.expected("the end of the line");
        }
        // That `# EOF` is missing is said at the end.
        Ok(())
    }

    fn open_metrics_timestamp(&self, at: (usize, usize)) -> Read<f64> {
        float(&self.text()[at.0..at.1]).filter(|seconds| seconds.is_finite()).ok_or_else(|| {
            let shown = String::from_utf8_lossy(&self.text()[at.0..at.1]).escape_debug().to_string();
            Broken { kind: FaultKind::Timestamp, at, message: format!("`{shown}` is not a timestamp in seconds") }
        })
    }

    /// ` # {labels} value timestamp`; its number, from 1.
    fn exemplar(&mut self, name: Place) -> Read<u32> {
        let start = self.at + 1;
        self.at += b" # {".len();
        let labels = self.labels(&mut None, true)?;
        let value_at = self.open_metrics_word("a space and the exemplar's value")?;
        let value = self.number(value_at, "exemplar's value")?;
        let mut timestamp = None;
        if self.peek() == Some(b' ') {
            let at = self.open_metrics_word("a timestamp")?;
            timestamp = Some(self.open_metrics_timestamp(at)?);
        }
        let owner = self.page.str(name);
        if !owner.ends_with("_total") && !owner.ends_with("_bucket") {
            let message = format!("an exemplar stands on `{owner}`, which Prometheus 2 does not take");
            self.minor.push((FaultKind::Exemplar, (start, self.at), Stops::Two, message));
        }
        self.page.exemplars.push(ExemplarData { labels, value, timestamp });
        Ok(u32::try_from(self.page.exemplars.len()).expect("fewer exemplars than bytes"))
    }
}
