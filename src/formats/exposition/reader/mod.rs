//! Reading a page from front to back, as Prometheus's own lexers do, but for going on after a fault.

mod families;
mod open_metrics;
mod text;

use std::collections::{HashMap, HashSet};

use super::family::FamilyKind;
use super::fault::{Fault, FaultKind, Generation, Stops};
use super::number::float;
use super::sample::{LabelData, Place};
use super::{FAULTS_KEPT, Page, Syntax};

/// Reads a page.
///
/// # Panics
/// Where the text is longer than 4 GiB: who fetches pages limits them far below.
pub fn read(text: &[u8], syntax: Syntax) -> Page<'_> {
    assert!(u32::try_from(text.len()).is_ok(), "pages are limited before they are read");
    let mut reader = Reader::new(text, syntax);
    reader.run();
    reader.page
}

/// Whether a line is one sample in either grammar.
pub(super) fn is_sample(line: &str) -> bool {
    let page = read(line.as_bytes(), Syntax::Text);
    // With a `:` at the end of its name, it is an entry of a mapping of YAML.
    let fine = |page: &Page| page.samples.len() == 1 && page.samples().all(|sample| !sample.name().ends_with(':'));
    if page.faults.iter().all(|fault| fault.kind == FaultKind::NoFinalNewline || fault.stops == Stops::Two) && fine(&page) {
        return true;
    }
    let with_end = format!("{line}\n# EOF\n");
    let page = read(with_end.as_bytes(), Syntax::OpenMetrics);
    page.faults.iter().all(|fault| fault.stops != Stops::All) && fine(&page)
}

/// A line that cannot be read: what kind of fault it is, where, and what it is in words.
struct Broken {
    kind: FaultKind,
    at: (usize, usize),
    message: String,
}

type Read<T> = Result<T, Broken>;

/// Names that are quoted or not, with what stands between the quotes.
#[derive(Clone, Copy)]
struct Name {
    place: Place,
    quoted: bool,
}

/// So many labels of one sample are compared one by one.
const MANY: usize = 16;

struct Reader<'a> {
    page: Page<'a>,
    at: usize,
    /// Families by the name that the page gives them.
    known: HashMap<&'a [u8], u32>,
    /// The name of the last sample, and its family.
    last: Option<(&'a [u8], u32)>,
    /// Names of the labels of a sample that has many.
    names: HashSet<String>,
    /// What is wrong with the line that is read, without stopping all.
    minor: Vec<(FaultKind, (usize, usize), Stops, String)>,
}

const fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn place(from: usize, to: usize) -> Place {
    let offset = |at: usize| u32::try_from(at).expect("the page is shorter than 4 GiB");
    (offset(from), offset(to))
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8], syntax: Syntax) -> Self {
        let page = Page {
            text,
            whole: std::str::from_utf8(text).ok(),
            has_escapes: memchr::memchr(b'\\', text).is_some(),
            syntax,
            families: Vec::new(),
            samples: Vec::new(),
            labels: Vec::new(),
            exemplars: Vec::new(),
            faults: Vec::new(),
            more_faults: 0,
            lines: std::cell::OnceCell::new(),
        };
        Self { page, at: 0, known: HashMap::new(), last: None, names: HashSet::new(), minor: Vec::new() }
    }

    fn text(&self) -> &'a [u8] {
        self.page.text
    }

    fn is_open_metrics(&self) -> bool {
        self.page.syntax == Syntax::OpenMetrics
    }

    fn run(&mut self) {
        let mut ended = false;
        while self.at < self.text().len() {
            let start = self.at;
            let (labels, exemplars) = (self.page.labels.len(), self.page.exemplars.len());
            let done = if self.is_open_metrics() { self.open_metrics_line() } else { self.text_line() };
            match done {
                Ok(End::Line) => {
                    for (kind, at, stops, message) in std::mem::take(&mut self.minor) {
                        self.fault(kind, at, stops, message);
                    }
                }
                Ok(End::Page) => {
                    ended = true;
                    break;
                }
                Err(broken) => {
                    self.page.labels.truncate(labels);
                    self.page.exemplars.truncate(exemplars);
                    self.minor.clear();
                    self.broken(broken, start);
                }
            }
        }
        self.end(ended);
    }

    /// What is wrong with how the page ends.
    fn end(&mut self, ended: bool) {
        let end = self.text().len();
        if self.is_open_metrics() {
            if !ended {
                self.fault(FaultKind::MissingEof, (end, end), Stops::All, "the page does not end with `# EOF`".to_owned());
            }
        } else if !ended && self.text().last().is_some_and(|last| *last != b'\n') {
            self.fault(FaultKind::NoFinalNewline, (end, end), Stops::Nothing, "the last line does not end".to_owned());
        }
    }

    fn fault(&mut self, kind: FaultKind, at: (usize, usize), stops: Stops, message: String) {
        // What costs the scrape is kept however much stands before it.
        let stops_first = |generation| stops.at(generation) && self.page.stopped_by(generation).is_none();
        if self.page.faults.len() < FAULTS_KEPT || stops_first(Generation::Two) || stops_first(Generation::Three) {
            self.page.faults.push(Fault { kind, range: at.0..at.1, stops, message, help: kind.help() });
        } else {
            self.page.more_faults += 1;
        }
    }

    /// Reports a line that cannot be read, and goes on behind it.
    fn broken(&mut self, mut broken: Broken, start: usize) {
        let text = self.text();
        let line_end = text[self.at.max(start)..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| self.at.max(start) + n);
        let ends_in_return = line_end > start && text[line_end - 1] == b'\r';
        if ends_in_return && broken.at.1 + 1 >= line_end && broken.kind != FaultKind::Utf8 {
            broken = Broken {
                kind: FaultKind::CarriageReturn,
                at: (line_end - 1, line_end),
                message: "the line ends with a carriage return".to_owned(),
            };
        }
        self.fault(broken.kind, broken.at, Stops::All, broken.message);
        self.at = (line_end + 1).min(text.len());
    }

    // What both grammars have in common.

    fn peek(&self) -> Option<u8> {
        self.text().get(self.at).copied()
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Blanks, which may stand between any two items of text and nowhere in OpenMetrics.
    fn gap(&mut self) {
        if !self.is_open_metrics() {
            self.blanks();
        }
    }

    fn blanks(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
        self.at > start
    }

    fn take_while(&mut self, is: impl Fn(u8) -> bool) -> (usize, usize) {
        let start = self.at;
        let length = self.text()[start..].iter().position(|byte| !is(*byte)).unwrap_or(self.text().len() - start);
        self.at += length;
        (start, self.at)
    }

    /// What stands here and is something else than expected.
    fn expected<T>(&self, what: &str) -> Read<T> {
        let rest = &self.text()[self.at..];
        let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        let (shown, length) = if end == 0 {
            ("the end of the line".to_owned(), 0)
        } else {
            let word = rest[..end].iter().position(|b| is_blank(*b)).filter(|n| *n > 0).unwrap_or(end).min(40);
            (format!("`{}`", String::from_utf8_lossy(&rest[..word]).escape_debug()), word)
        };
        Err(Broken { kind: FaultKind::Syntax, at: (self.at, self.at + length), message: format!("expected {what}, found {shown}") })
    }

    fn metric_name(&mut self) -> Option<Name> {
        if !self.peek().is_some_and(|byte| is_name_start(byte) || byte == b':') {
            return None;
        }
        let (from, to) = self.take_while(|byte| is_name_start(byte) || byte == b':' || byte.is_ascii_digit());
        Some(Name { place: place(from, to), quoted: false })
    }

    fn label_name(&mut self) -> Option<Name> {
        if !self.peek().is_some_and(is_name_start) {
            return None;
        }
        let (from, to) = self.take_while(|byte| is_name_start(byte) || byte.is_ascii_digit());
        Some(Name { place: place(from, to), quoted: false })
    }

    /// What stands in double quotes, without them. A line break in it is allowed or not.
    fn quoted(&mut self, across_lines: bool, what: &str) -> Read<Place> {
        let start = self.at;
        if !self.accept(b'"') {
            return self.expected(what);
        }
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    let inside = (start + 1, self.at - 1);
                    return match std::str::from_utf8(&self.text()[inside.0..inside.1]) {
                        Ok(_) => Ok(place(inside.0, inside.1)),
                        Err(error) => {
                            let wrong = inside.0 + error.valid_up_to();
                            let message = format!("byte 0x{:02X} is not UTF-8", self.text()[wrong]);
                            Err(Broken { kind: FaultKind::Utf8, at: (wrong, wrong + 1), message })
                        }
                    };
                }
                Some(b'\\') if self.text().get(self.at + 1).is_some_and(|next| *next != b'\n') => self.at += 2,
                Some(b'\n') if across_lines => self.at += 1,
                Some(byte) if byte != b'\\' && byte != b'\n' => self.at += 1,
                _ => {
                    let message = "the quote is never closed".to_owned();
                    let end = self.at;
                    // The next line may be whole again.
                    self.at = start;
                    return Err(Broken { kind: FaultKind::Syntax, at: (start, end), message });
                }
            }
        }
    }

    fn quoted_name(&mut self, across_lines: bool) -> Read<Name> {
        let start = self.at;
        let place = self.quoted(across_lines, "a name")?;
        let message = format!("the name `{}` stands in quotes, which Prometheus 2 does not know", self.page.str(place));
        self.minor.push((FaultKind::QuotedName, (start, self.at), Stops::Two, message));
        Ok(Name { place, quoted: true })
    }

    fn number(&self, (from, to): (usize, usize), what: &str) -> Read<f64> {
        let text = &self.text()[from..to];
        float(text).ok_or_else(|| {
            let exemplar = text.starts_with(b"#");
            let kind = if exemplar { FaultKind::Exemplar } else { FaultKind::Number };
            let message = format!("the {what} `{}` is not a number", String::from_utf8_lossy(text).escape_debug());
            Broken { kind, at: (from, to), message }
        })
    }

    /// Labels up to `}`; `name` is set where the metric's name stands among them.
    fn labels(&mut self, name: &mut Option<Name>, exemplar: bool) -> Read<Place> {
        let start = self.page.labels.len();
        let mut comma = None;
        loop {
            self.gap();
            if self.accept(b'}') {
                if let Some(at) = comma
                    && self.is_open_metrics()
                {
                    let message = "a comma stands before `}`, which Prometheus 2 does not take".to_owned();
                    self.minor.push((FaultKind::TrailingComma, (at, at + 1), Stops::Two, message));
                }
                break;
            }
            let label = match self.label_name() {
                Some(label) => label,
                None if self.peek() == Some(b'"') => self.quoted_name(!exemplar)?,
                None => return self.expected("a label name or `}`"),
            };
            self.gap();
            if label.quoted && !exemplar && matches!(self.peek(), Some(b',' | b'}')) {
                if name.is_some() {
                    let at = (label.place.0 as usize, label.place.1 as usize);
                    return Err(Broken { kind: FaultKind::Syntax, at, message: "the metric has two names".to_owned() });
                }
                *name = Some(label);
            } else {
                self.label_value(label, start, exemplar)?;
            }
            self.gap();
            let at = self.at;
            comma = self.accept(b',').then_some(at);
            // In text, a comma may be left out.
            if comma.is_none() && self.peek() != Some(b'}') && self.is_open_metrics() {
                return self.expected("`,` or `}`");
            }
        }
        Ok(place(start, self.page.labels.len()))
    }

    fn label_value(&mut self, label: Name, first: usize, exemplar: bool) -> Read<()> {
        if !self.accept(b'=') {
            return self.expected("`=`");
        }
        self.gap();
        let value = self.quoted(!self.is_open_metrics(), "a value in double quotes")?;
        if exemplar && self.bytes(value).contains(&0) {
            let message = "a byte of zero stands in an exemplar".to_owned();
            return Err(Broken { kind: FaultKind::Nul, at: (value.0 as usize, value.1 as usize), message });
        }
        let name = self.page.unescaped(label.place);
        let at = (label.place.0 as usize, label.place.1 as usize);
        if name.is_empty() {
            return Err(Broken { kind: FaultKind::Syntax, at, message: "a label has no name".to_owned() });
        }
        let name = name.into_owned();
        if self.is_twice(&name, first) || name == "__name__" && !exemplar {
            let message = format!("the label `{}` is there twice", name.escape_debug());
            if !exemplar {
                return Err(Broken { kind: FaultKind::DuplicateLabel, at, message });
            }
            // Prometheus loses the exemplar, and nothing else.
            self.minor.push((FaultKind::DuplicateLabel, at, Stops::Nothing, message));
        }
        self.page.labels.push(LabelData { name: label.place, value });
        Ok(())
    }

    /// Whether a label was there before in this sample: few are compared, many looked up.
    fn is_twice(&mut self, name: &str, first: usize) -> bool {
        let before = &self.page.labels[first..];
        if before.len() < MANY {
            return before.iter().any(|known| self.page.unescaped(known.name) == name);
        }
        if before.len() == MANY {
            self.names = before.iter().map(|known| self.page.unescaped(known.name).into_owned()).collect();
        }
        !self.names.insert(name.to_owned())
    }

    /// The name and the labels of a sample.
    fn series(&mut self) -> Read<(Place, Place)> {
        let mut name = self.metric_name();
        if name.is_some() {
            self.gap();
        }
        let mut labels = place(self.page.labels.len(), self.page.labels.len());
        let start = self.at;
        if self.accept(b'{') {
            labels = self.labels(&mut name, false)?;
        } else if name.is_none() {
            return self.expected("a metric name");
        }
        match name {
            Some(name) if name.place.0 < name.place.1 => Ok((name.place, labels)),
            _ => Err(Broken { kind: FaultKind::Syntax, at: (start, self.at), message: "the metric has no name".to_owned() }),
        }
    }

    /// `# TYPE`, `# HELP` or `# UNIT`, whose keyword has been read; `end` is where the line ends.
    fn metadata(&mut self, keyword: Keyword, end: usize) -> Read<()> {
        let name = match self.metric_name() {
            Some(name) => name,
            None if self.peek() == Some(b'"') => self.quoted_name(true)?,
            None => return self.expected("a metric name"),
        };
        if self.is_open_metrics() && (self.peek() != Some(b' ') || end == self.text().len()) {
            return self.expected("a space and a text");
        }
        // Prometheus takes any one character for the blank between the two.
        let from = (self.at + 1).min(end);
        self.at = end;
        let value = (from, end);
        let shown = || String::from_utf8_lossy(&self.text()[from..end]).into_owned();
        match keyword {
            Keyword::Type => {
                let Some(kind) = FamilyKind::of(&shown(), self.page.syntax) else {
                    let message = format!("{} has no type `{}`", self.page.syntax.name(), shown().escape_debug());
                    return Err(Broken { kind: FaultKind::UnknownType, at: value, message });
                };
                self.declare_type(name.place, kind, value);
            }
            Keyword::Help | Keyword::Unit => {
                if let Err(error) = std::str::from_utf8(&self.text()[from..end]) {
                    let wrong = from + error.valid_up_to();
                    let message = format!("byte 0x{:02X} is not UTF-8", self.text()[wrong]);
                    return Err(Broken { kind: FaultKind::Utf8, at: (wrong, wrong + 1), message });
                }
                if keyword == Keyword::Unit {
                    self.check_unit(name.place, &shown(), value)?;
                }
                self.declare_text(keyword, name.place, value);
            }
        }
        Ok(())
    }

    fn check_unit(&self, name: Place, unit: &str, at: (usize, usize)) -> Read<()> {
        let name = self.page.str(name);
        if unit.is_empty() || name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')) {
            return Ok(());
        }
        Err(Broken { kind: FaultKind::Unit, at, message: format!("the name `{name}` does not end in the unit `{unit}`") })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Help,
    Type,
    Unit,
}

/// What a line was the end of.
enum End {
    Line,
    Page,
}
