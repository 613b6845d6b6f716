//! Values of labels that are another one, written otherwise: in another form of the word, shortened, or with what does not belong to it.

use crate::lint::words::slip::are_siblings;

/// The value among those that are there that was meant by one that is not.
pub fn meant<'a>(value: &str, known: &'a [String]) -> Option<&'a str> {
    let by = |is: &dyn Fn(&str) -> bool| known.iter().map(String::as_str).find(|seen| *seen != value && is(seen));
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    by(&|seen| is_alike(seen, value) || is_alike(&unversioned(seen), &unversioned(value)))
        .or_else(|| {
            by(&|seen| {
                let (one, other) = (letters(seen), letters(value));
                let is_slip = strsim::damerau_levenshtein(seen, value) == 1
                    || one.len() >= 6 && other.len() >= 6 && strsim::damerau_levenshtein(&one, &other) == 1;
                seen.len() >= 4 && is_slip && digits(seen) == digits(value) && !are_siblings(seen, value)
            })
        })
        .or_else(|| by(&|seen| same_words(seen, value)))
        .or_else(|| by(&|seen| is_rest_of(value, seen) || is_rest_of(seen, value)))
        .or_else(|| by(&|seen| is_numbered(seen, value) || adds_kind(value, seen) || adds_kind(seen, value)))
        .or_else(|| by(&|seen| is_slip_of_long(seen, value)))
        .or_else(|| by(&|seen| seen.len() >= 4 && value.strip_prefix("Not") == Some(seen)))
        .or_else(|| by(&|seen| fits_template(seen, value)))
        .or_else(|| {
            let mut wider = known.iter().filter(|seen| is_last_word(value, seen) || is_last_word(seen, value));
            wider.next().filter(|_| wider.next().is_none()).map(String::as_str)
        })
        .or_else(|| by(&|seen| says_the_same(seen, value) || is_class_of(seen, value) || is_class_of(value, seen)))
        .or_else(|| by(&|seen| is_encoded(seen, value) || is_encoded(value, seen)))
}

/// Whether two texts differ in case and in what stands between words alone.
pub fn is_alike(one: &str, other: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    one.eq_ignore_ascii_case(other) || (one.len() >= 4 && letters(one) == letters(other))
}

/// A text without the `v` that stands before a number: `TLSv1.2` and `TLS 1.2` are one.
fn unversioned(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_mark = |at: usize| matches!(letters[at], 'v' | 'V') && letters.get(at + 1).is_some_and(char::is_ascii_digit);
    (0..letters.len()).filter(|at| !is_mark(*at)).map(|at| letters[at]).collect()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Words as people shorten them.
const SHORT: &[(&str, &str)] = &[
    ("mem", "memory"),
    ("err", "error"),
    ("warn", "warning"),
    ("crit", "critical"),
    ("prod", "production"),
    ("dev", "development"),
    ("stage", "staging"),
    ("auth", "authentication"),
    ("db", "database"),
    ("msg", "message"),
    ("req", "request"),
    ("conn", "connection"),
];

/// How words end that are forms of one: `failed` and `failure`, `transactions` and `transactional`.
const ENDINGS: &[&str] = &["", "s", "d", "ed", "es", "ful", "ure", "ures"];
/// The same, behind longer stems.
const OF_LONG: &[&str] = &["ion", "ions", "al", "ional"];

/// Whether two texts have the same words, but for the form of one.
pub fn same_words(one: &str, other: &str) -> bool {
    let words = |text: &str| text.split(['_', '-', ' ', '.']).map(str::to_lowercase).collect::<Vec<_>>();
    let (one, other) = (words(one), words(other));
    one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| one == other || is_form(one, other)) && one != other
}

/// Whether two words are forms of one.
fn is_form(one: &str, other: &str) -> bool {
    if SHORT.iter().any(|(short, long)| (one, other) == (*short, *long) || (other, one) == (*short, *long)) {
        return true;
    }
    let alike = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let plain = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase());
    // A stem of four letters, and endings that both are known.
    let ends = |word: &str, stem: usize| ENDINGS.contains(&&word[stem..]) || stem >= 6 && OF_LONG.contains(&&word[stem..]);
    // What goes on is in another state than what is done.
    let goes_on = |stem: usize| (&one[stem..] == "ing" && other.len() == stem) || (&other[stem..] == "ing" && one.len() == stem);
    let is_plural = |one: &str, other: &str| one.len() >= 3 && other.strip_prefix(one) == Some("s");
    is_plural(one, other)
        || is_plural(other, one)
        || plain(one) && plain(other) && (4..=alike).any(|stem| ends(one, stem) && ends(other, stem) || goes_on(stem))
}

/// Whether one is a class of statuses of HTTP, and the other the same one in another form, or a status of it: `5xx`, `5`, `5..` and `500`.
fn is_class_of(class: &str, other: &str) -> bool {
    let Some(digit) = class.strip_suffix("xx").filter(|digit| matches!(*digit, "1" | "2" | "3" | "4" | "5")) else { return false };
    other == digit
        || other.strip_prefix(digit).is_some_and(|rest| rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// Whether one is the other as it stands in a URL: `%2F` for `/`.
fn is_encoded(encoded: &str, plain: &str) -> bool {
    encoded.contains('%') && encoded.replace("%2F", "/").replace("%2f", "/").replace("%20", " ") == plain
}

/// Whether one is the last part of another: `Inventory` of `shop.inventory.v1.Inventory`, `1.22.4` of `go1.22.4`.
fn is_rest_of(part: &str, whole: &str) -> bool {
    let Some(before) = whole.strip_suffix(part).filter(|before| !before.is_empty() && part.len() >= 3) else { return false };
    let of_name = before.ends_with(['.', '/']) && part.starts_with(|c: char| c.is_ascii_alphabetic()) && !part.contains(['.', '/']);
    let of_version = part.contains('.')
        && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && before.bytes().all(|byte| byte.is_ascii_lowercase());
    of_name && before.matches(['.', '/']).count() > 1 || of_version
}

/// Words that tell something of their own whatever stands before them.
const GENERAL: &[&str] =
    &["error", "errors", "failed", "failure", "timeout", "other", "unknown", "default", "success", "total", "request", "requests"];

/// Whether one is the last word of another, as `fraud` of `suspected_fraud`, or what stands behind the method of a request.
fn is_last_word(word: &str, whole: &str) -> bool {
    let Some(before) = whole.strip_suffix(word) else { return false };
    let is_path = word.starts_with('/') && word.len() > 1 && ["GET ", "POST ", "PUT ", "PATCH ", "DELETE "].contains(&before);
    let is_word = word.len() >= 5 && word.bytes().all(|byte| byte.is_ascii_lowercase()) && !GENERAL.contains(&word);
    let is_apart = before.ends_with(['_', '-']) && before.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-');
    is_path || is_word && is_apart && before.matches(['_', '-']).count() == 1
}

/// Words for one thing, of which a program uses one.
const SAME: &[&[&str]] = &[
    &["error", "errors", "failed", "failure", "failures", "fail", "ko"],
    &["5xx", "server_error"],
    &["4xx", "client_error"],
    &["ok", "success", "successful", "succeeded"],
    &["used", "in_use", "busy"],
    &["master", "primary", "leader"],
    &["slave", "replica", "secondary", "follower", "standby"],
];

/// Whether two values are words for one thing, or one is the number of the other: `0` and `db0`.
fn says_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let numbers = |name: &str, number: &str| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && name.strip_suffix(number).is_some_and(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    };
    SAME.iter().any(|words| words.contains(&one.as_str()) && words.contains(&other.as_str()))
        || numbers(&one, &other)
        || numbers(&other, &one)
}

/// Whether one is the other with a number behind it: `HikariPool-1`.
fn is_numbered(whole: &str, part: &str) -> bool {
    let rest = whole.strip_prefix(part).filter(|_| part.len() >= 4 && part.ends_with(|c: char| c.is_ascii_alphabetic()));
    let number = rest.and_then(|rest| rest.strip_prefix(['-', '_']));
    let is_short = |number: &str| !number.is_empty() && (number.len() <= 2 || number.len() >= 6);
    number.is_some_and(|number| is_short(number) && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Words that say of what kind something is, and are no part of its name.
const KINDS: &[&str] = &["job", "worker", "mode", "service", "svc", "prod", "production", "db", "database", "queue", "pool", "topic"];

/// Whether one is the other with a word for its kind: `taxService` and `tax`.
fn adds_kind(value: &str, known: &str) -> bool {
    let Some(rest) = value.strip_prefix(known).filter(|rest| known.len() >= 3 && !rest.is_empty()) else { return false };
    let word = rest.trim_start_matches(['-', '_']);
    let is_word = word.len() < rest.len() || rest.starts_with(|c: char| c.is_ascii_uppercase());
    is_word && KINDS.contains(&word.to_lowercase().as_str())
}

/// Whether two long values differ in two letters, as `timescale-writer` and `timescaledb-writer`.
fn is_slip_of_long(one: &str, other: &str) -> bool {
    one.len() >= 12
        && other.len() >= 12
        && digits(one) == digits(other)
        && one.as_bytes()[0] == other.as_bytes()[0]
        && strsim::damerau_levenshtein(one, other) == 2
}

/// Whether a path is one of those that a template stands for: `/invoices/17` of `/invoices/{id}`.
fn fits_template(template: &str, path: &str) -> bool {
    let (names, parts): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let stands =
        |name: &str| name.starts_with(':') || name.starts_with('{') && name.ends_with('}') || name.starts_with('<') && name.ends_with('>');
    // Another route may stand beside it: `/items/search`.
    let is_id =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() || part.len() >= 8 && !digits(part).is_empty();
    template.starts_with('/')
        && names.len() == parts.len()
        && names.iter().any(|name| stands(name))
        && names.iter().zip(&parts).all(|(name, part)| name == part || stands(name) && !stands(part) && is_id(part))
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_value_is_known_in_other_clothes() {
        let cases = [
            ("failed", "failure"),
            ("mem", "memory"),
            ("transactions", "transactional"),
            ("HikariPool", "HikariPool-1"),
            ("taxService", "tax"),
            ("billing_prod", "billing"),
            ("1.22.4", "go1.22.4"),
            ("Inventory", "shop.inventory.v1.Inventory"),
            ("/shop.inventory.v1.Inventory/Reserve", "Reserve"),
            ("/api/invoices/17", "/api/invoices/{id}"),
            ("rejected", "reject"),
            ("get", "GET"),
            ("error", "failed"),
            ("primary", "master"),
            ("0", "db0"),
            ("timed_out", "timeout"),
            ("5xx", "5"),
            ("500", "5xx"),
            ("%2F", "/"),
            ("hits", "hit"),
        ];
        for (value, known) in cases {
            assert_eq!(meant(value, &[known.to_owned()]), Some(known), "{value}");
        }
    }

    #[test]
    fn siblings_are_not_meant() {
        let cases = [
            ("orders-dlq", "orders"),
            ("read", "readonly"),
            ("/", "/health"),
            ("/v1/orders", "/orders"),
            ("worker-2", "worker-1"),
            ("eu", "eu-west-1"),
            ("success", "failure"),
            ("timeout", "time"),
            ("1.2", "11.2"),
            ("/items/{id}", "/items/{name}"),
            ("/items/search", "/items/{id}"),
            ("eu.orders", "orders"),
            ("node-b", "node-a"),
        ];
        for (value, known) in cases {
            assert_eq!(meant(value, &[known.to_owned()]), None, "{value}");
        }
    }
}
