//! What a condition holds for.

use foldhash::HashMap;

use super::piece::{Piece, pieces};
use crate::promql::regex;

/// Whether a condition holds for everything: one of those that `or` joins is true of itself.
pub fn always(condition: &str) -> bool {
    let pieces = pieces(condition);
    let joined = |word: &str| pieces.contains(&Piece::Word(word));
    if joined("and") || joined("not") {
        return condition.trim() == "not false";
    }
    let parts: Vec<&[Piece<'_>]> = pieces.split(|piece| *piece == Piece::Word("or")).collect();
    // What one part leaves out, another takes in.
    let both = parts.iter().any(|part| match part {
        [field @ .., Piece::Sign("=="), value] => {
            parts.iter().any(|other| matches!(other, [f @ .., Piece::Sign("!="), v] if f == field && v == value))
        }
        _ => false,
    });
    both || pieces.split(|piece| *piece == Piece::Word("or")).any(|part| match part {
        [Piece::Word("true")] => true,
        [Piece::Word(one), Piece::Sign("=="), Piece::Word(other)] => one == other,
        [Piece::Word("IsMatch"), Piece::Sign("("), .., Piece::Sign(","), Piece::Text(pattern), Piece::Sign(")")] => {
            matches!(*pattern, ".*" | "") || regex::matches_empty(pattern) && !pattern.contains(['^', '$', '|'])
        }
        _ => false,
    })
}

/// Whether a condition holds for nothing: it asks one field to equal two texts, a number another, or something to end before it starts.
pub fn never(text: &str) -> bool {
    let pieces = pieces(text);
    let start = pieces.iter().rposition(|piece| *piece == Piece::Word("where")).map_or(0, |at| at + 1);
    let condition = &pieces[start..];
    let joined = |word: &str| condition.contains(&Piece::Word(word));
    if joined("or") || joined("not") {
        return false;
    }
    let mut asked: HashMap<&[Piece<'_>], &str> = HashMap::default();
    for part in condition.split(|piece| *piece == Piece::Word("and")) {
        if ends_before_start(part) {
            return true;
        }
        match part {
            [Piece::Word(one), Piece::Sign("=="), Piece::Word(other)] if one != other => {
                let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
                if is_number(one) && is_number(other) {
                    return true;
                }
            }
            [field @ .., Piece::Sign("=="), Piece::Text(value)] => {
                let before = asked.insert(field, value);
                if before.is_some_and(|other| other != *value) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether a condition asks the start less the end to be more than something, which it never is.
fn ends_before_start(part: &[Piece<'_>]) -> bool {
    let bare = |side: &[Piece<'_>]| match side {
        [Piece::Word("span" | "datapoint"), Piece::Sign("."), Piece::Word(field)] | [Piece::Word(field)] => {
            let stem = field.strip_suffix("_unix_nano").unwrap_or(field);
            matches!(stem, "start_time" | "end_time").then(|| stem.starts_with("start"))
        }
        _ => None,
    };
    let Some(at) = part.iter().position(|piece| matches!(piece, Piece::Sign(">" | ">="))) else { return false };
    let (difference, limit) = (&part[..at], &part[at + 1..]);
    let mut sides = difference.split(|piece| *piece == Piece::Sign("-"));
    let is_reversed = sides.next().and_then(bare) == Some(true) && sides.next().and_then(bare) == Some(false) && sides.next().is_none();
    let is_some = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte != b'0');
    let is_positive = match limit {
        [Piece::Word(number)] => is_some(number) || *number == "0" && part[at] == Piece::Sign(">"),
        [Piece::Word("Duration"), Piece::Sign("("), Piece::Text(text), Piece::Sign(")")] => {
            !text.starts_with('-') && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
        }
        _ => false,
    };
    is_reversed && is_positive
}

/// The path that a condition wants a request to have, where it asks for nothing else.
pub fn compared_path(text: &str) -> Option<&str> {
    match pieces(text).as_slice() {
        [
            Piece::Word("attributes"),
            Piece::Sign("["),
            Piece::Text("url.path" | "http.route" | "http.target"),
            Piece::Sign("]"),
            Piece::Sign("=="),
            Piece::Text(path),
        ] => Some(*path),
        _ => None,
    }
}

/// Whether a condition holds for all but the requests of a health check, which a filter is there to take away.
pub fn asks_for_checks(text: &str) -> bool {
    const CHECKS: &[&str] = &["health", "ready", "live", "ping", "metrics"];
    let pieces = pieces(text);
    let is_check = |path: &str| path.contains('/') && CHECKS.iter().any(|word| path.contains(word));
    if let [Piece::Word("not"), Piece::Word("IsMatch"), Piece::Sign("("), .., Piece::Sign(","), Piece::Text(pattern), Piece::Sign(")")] =
        pieces.as_slice()
    {
        return is_check(pattern);
    }
    let [field @ .., Piece::Sign("!="), Piece::Text(path)] = pieces.as_slice() else { return false };
    let is_plain = field.iter().all(|piece| *piece != Piece::Word("and") && *piece != Piece::Word("or") && *piece != Piece::Word("not"));
    is_plain && path.starts_with('/') && is_check(path)
}

/// The services that a condition compares the name with.
pub fn services(text: &str) -> Vec<&str> {
    let pieces = pieces(text);
    let compared =
        |window: &[Piece<'_>]| matches!(window, [Piece::Text("service.name"), Piece::Sign("]"), Piece::Sign("==" | "!="), Piece::Text(_)]);
    let names = pieces.windows(4).filter(|window| compared(window));
    names.filter_map(|window| if let Some(Piece::Text(name)) = window.last() { Some(*name) } else { None }).collect()
}

/// Whether a condition holds for all of a service, whatever else that has.
pub fn takes_service(text: &str, service: &str) -> bool {
    let pieces = pieces(text);
    let [
        Piece::Word("resource"),
        Piece::Sign("."),
        Piece::Word("attributes"),
        Piece::Sign("["),
        Piece::Text("service.name"),
        Piece::Sign("]"),
        Piece::Sign(sign),
        Piece::Text(name),
    ] = pieces.as_slice()
    else {
        return false;
    };
    match *sign {
        "==" => *name == service,
        "!=" => *name != service,
        _ => false,
    }
}

/// Whether a condition holds for all lines of a severity, by its number; nothing where it asks for anything else.
pub fn holds_for_severity(text: &str, severity: i64) -> Option<bool> {
    let pieces = pieces(text);
    let holds = |part: &[Piece<'_>]| -> Option<bool> {
        let (sign, word) = match part {
            [Piece::Word("severity_number"), Piece::Sign(sign), Piece::Word(word)]
            | [Piece::Word("log"), Piece::Sign("."), Piece::Word("severity_number"), Piece::Sign(sign), Piece::Word(word)] => {
                (*sign, *word)
            }
            _ => return None,
        };
        let limit = severity_number(word)?;
        match sign {
            "==" => Some(severity == limit),
            "!=" => Some(severity != limit),
            "<" => Some(severity < limit),
            "<=" => Some(severity <= limit),
            ">" => Some(severity > limit),
            ">=" => Some(severity >= limit),
            _ => None,
        }
    };
    let mut any = false;
    for part in pieces.split(|piece| *piece == Piece::Word("or")) {
        let mut all = true;
        for one in part.split(|piece| *piece == Piece::Word("and")) {
            all &= holds(one)?;
        }
        any |= all;
    }
    Some(any)
}

/// The grave severity that a statement gives to lines of which it asks nothing but their severity, and that are of a mild one.
pub fn worsens(text: &str) -> Option<&str> {
    const DEBUG: i64 = 5;
    const INFO: i64 = 9;
    let (statement, condition) = text.rsplit_once(" where ")?;
    let pieces = pieces(statement);
    let given = pieces.strip_prefix(&[Piece::Word("set"), Piece::Sign("(")])?;
    let said = said(given.strip_prefix(&[Piece::Word("log"), Piece::Sign(".")]).unwrap_or(given))?;
    let holds = |severity: i64| holds_for_severity(condition, severity) == Some(true);
    (matches!(said.to_uppercase().as_str(), "ERROR" | "FATAL") && holds(DEBUG) && holds(INFO)).then_some(said)
}

/// The severity that is written, by its text or by its number.
fn said<'t>(pieces: &[Piece<'t>]) -> Option<&'t str> {
    match pieces {
        [Piece::Word("severity_text"), Piece::Sign(","), Piece::Text(text), Piece::Sign(")")] => Some(text),
        [Piece::Word("severity_number"), Piece::Sign(","), Piece::Word(word), Piece::Sign(")")] => word.strip_prefix("SEVERITY_NUMBER_"),
        _ => None,
    }
}

/// The number of a severity, by the constant or as it is.
fn severity_number(word: &str) -> Option<i64> {
    let Some(name) = word.strip_prefix("SEVERITY_NUMBER_") else { return word.parse().ok() };
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let step = name[bare.len()..].parse::<i64>().map_or(0, |step| step - 1);
    let first = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].iter().position(|known| *known == bare);
    match first {
        Some(at) => i64::try_from(at).ok().map(|at| at * 4 + 1 + step),
        None => (name == "UNSPECIFIED").then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::{always, holds_for_severity, never, services, takes_service, worsens};

    #[test]
    fn conditions_that_hold_for_everything_are_known() {
        assert!(always("true") && always("1 == 1") && always("a == 2 or true") && always("IsMatch(name, \".*\")") && always("not false"));
        assert!(!always("a == 2") && !always("IsMatch(name, \"^$\")") && !always("true and a == 2") && !always("IsMatch(name, \"a.*\")"));
    }

    #[test]
    fn conditions_that_hold_for_nothing_are_known() {
        assert!(
            never("1 == 2") && never("name == \"a\" and name == \"b\"") && never("set(name, \"x\") where name == \"a\" and name == \"b\"")
        );
        let slow = |difference: &str| format!("set(attributes[\"slow\"], true) where {difference}");
        assert!(
            never(&slow("start_time_unix_nano - end_time_unix_nano > 1000"))
                && never(&slow("kind == 2 and span.start_time - span.end_time >= Duration(\"1s\")"))
        );
        assert!(
            !never(&slow("end_time_unix_nano - start_time_unix_nano > 1000"))
                && !never(&slow("start_time_unix_nano - end_time_unix_nano > -1000"))
        );
        assert!(!never(&slow("start_time - end_time < 5")) && !never(&slow("start_time_unix_nano - end_time_unix_nano > limit")));
        assert!(!never("name == \"a\" and kind == \"b\"") && !never("name == \"a\" or name == \"b\"") && !never("name == body"));
        assert!(always("a == 1 or a != 1") && !always("a == 1 or a != 2"));
    }

    #[test]
    fn what_a_severity_is_asked_for_is_known() {
        let error = |text: &str| holds_for_severity(text, 17);
        assert_eq!(error("severity_number > SEVERITY_NUMBER_INFO"), Some(true));
        assert_eq!(error("severity_number < SEVERITY_NUMBER_INFO and severity_number != SEVERITY_NUMBER_UNSPECIFIED"), Some(false));
        assert_eq!(error("severity_number < SEVERITY_NUMBER_INFO or severity_number != SEVERITY_NUMBER_UNSPECIFIED"), Some(true));
        assert_eq!(error("log.severity_number == SEVERITY_NUMBER_ERROR2"), Some(false));
        assert_eq!(error("severity_number > 9 and body == \"x\""), None);
    }

    #[test]
    fn lines_that_are_called_worse_than_they_are_are_known() {
        assert_eq!(worsens("set(severity_text, \"ERROR\") where severity_number <= SEVERITY_NUMBER_ERROR"), Some("ERROR"));
        assert_eq!(worsens("set(log.severity_number, SEVERITY_NUMBER_FATAL) where log.severity_number < 17"), Some("FATAL"));
        assert_eq!(worsens("set(severity_text, \"ERROR\") where severity_number >= SEVERITY_NUMBER_ERROR"), None);
        assert_eq!(worsens("set(severity_text, \"ERROR\") where severity_number == 0"), None);
        assert_eq!(worsens("set(severity_text, \"ERROR\") where severity_number < 17 and IsMatch(body, \"panic\")"), None);
        assert_eq!(worsens("set(severity_text, \"INFO\") where severity_number < SEVERITY_NUMBER_INFO"), None);
    }

    #[test]
    fn services_are_known() {
        let text = "resource.attributes[\"service.name\"] != \"web\"";
        assert_eq!(services(text), ["web"]);
        assert!(takes_service(text, "shop") && !takes_service(text, "web"));
        assert!(!takes_service("resource.attributes[\"service.name\"] == \"web\" and name == \"x\"", "web"));
    }
}
