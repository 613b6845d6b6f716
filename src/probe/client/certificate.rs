//! The certificates that a server showed: whose they are, and until when.

use std::fmt;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Name};

const DAY: u64 = 24 * 60 * 60;

/// One certificate.
#[derive(Clone, Debug)]
struct Certificate {
    subject: String,
    issuer: String,
    /// Seconds since 1970.
    from: i64,
    until: i64,
    names: Vec<String>,
}

/// What a server showed, from its own certificate upwards, and when.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Chain {
    certificates: Vec<Certificate>,
    now: i64,
}

impl Chain {
    /// Reads what was shown; what is no certificate is left out, and refused elsewhere.
    pub(super) fn read<'c>(shown: impl Iterator<Item = &'c CertificateDer<'c>>, now: UnixTime) -> Self {
        let certificates = shown.filter_map(|der| X509Certificate::from_der(der).ok()).map(|(_, parsed)| read(&parsed)).collect();
        Self { certificates, now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX) }
    }

    /// `leaf` for the server's own, else the name.
    fn called(&self, index: usize) -> String {
        if index == 0 { "the leaf".to_owned() } else { format!("`{}`", self.certificates[index].subject) }
    }

    /// What is out of its time: `the leaf expired 3 d ago (2026-08-31)`.
    pub(super) fn out_of_time(&self) -> Option<String> {
        self.certificates.iter().enumerate().find_map(|(index, certificate)| {
            let called = self.called(index);
            if certificate.until < self.now {
                return Some(format!("{called} expired {} ago ({})", days(between(certificate.until, self.now)), date(certificate.until)));
            }
            let later = certificate.from > self.now;
            later.then(|| format!("{called} is valid from {} on, in {}", date(certificate.from), days(between(self.now, certificate.from))))
        })
    }

    /// What ends first, `the leaf expires in 9 d (2026-09-12)`, and the time that is left; `None` where it has ended.
    pub(in crate::probe) fn soonest(&self) -> Option<(String, Duration)> {
        let (index, soonest) = self.certificates.iter().enumerate().min_by_key(|(_, certificate)| certificate.until)?;
        let left = Duration::from_secs(u64::try_from(soonest.until - self.now).ok()?);
        Some((format!("{} expires in {} ({})", self.called(index), days(left), date(soonest.until)), left))
    }

    /// The names that the server's own certificate is for.
    pub(super) fn names(&self) -> String {
        match self.certificates.first() {
            Some(leaf) if !leaf.names.is_empty() => leaf.names.join(", "),
            Some(leaf) => format!("`{}`, without alternative names", leaf.subject),
            None => "nobody".to_owned(),
        }
    }

    /// Who vouches for the last certificate that was shown.
    pub(super) fn issuer(&self) -> &str {
        self.certificates.last().map_or("nobody", |last| &last.issuer)
    }
}

/// `leaf <- R11 <- root`
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for certificate in &self.certificates {
            write!(f, "{} <- ", certificate.subject)?;
        }
        f.write_str(self.issuer())
    }
}

fn read(parsed: &X509Certificate) -> Certificate {
    let alternatives = parsed.subject_alternative_name().ok().flatten();
    let names = alternatives.map(|extension| extension.value.general_names.iter().filter_map(name_of).collect()).unwrap_or_default();
    Certificate {
        subject: common_name(parsed.subject()),
        issuer: common_name(parsed.issuer()),
        from: parsed.validity().not_before.timestamp(),
        until: parsed.validity().not_after.timestamp(),
        names,
    }
}

fn name_of(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match *bytes {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

fn common_name(name: &X509Name) -> String {
    let common = name.iter_common_name().next().and_then(|attribute| attribute.as_str().ok());
    common.map_or_else(|| name.to_string(), str::to_owned)
}

/// `3 d`, or hours where it is less than two days.
pub(in crate::probe) fn days(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 2 * DAY { format!("{} h", seconds / 3600) } else { format!("{} d", seconds / DAY) }
}

/// From one moment to a later one.
fn between(from: i64, until: i64) -> Duration {
    Duration::from_secs(u64::try_from(until - from).unwrap_or(0))
}

/// `2026-08-31`: the civil date of a moment (days to date as in Howard Hinnant's `civil_from_days`).
fn date(seconds: i64) -> String {
    let shifted = seconds.div_euclid(24 * 60 * 60) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_a_date() {
        for (seconds, shown) in [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_788_220_800, "2026-09-01"), (-86_400, "1969-12-31")] {
            assert_eq!(date(seconds), shown);
        }
    }
}
