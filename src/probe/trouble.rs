//! From an error's chain of causes to a failure code.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::code::Code;

/// What the causes of an error say, deepest knowledge first; `None` where they say nothing that is known.
pub(super) fn code_of(error: &(dyn Error + 'static)) -> Option<(Code, String)> {
    let mut cause = Some(error);
    let mut found = None;
    while let Some(error) = cause {
        if let Some(known) = known(error) {
            found = Some(known);
        }
        cause = error.source();
    }
    found
}

/// The last words of an error's causes, which are the most precise.
pub(super) fn last_words(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

fn known(error: &(dyn Error + 'static)) -> Option<(Code, String)> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls_code(tls));
    }
    let io = error.downcast_ref::<io::Error>()?;
    // What an I/O error wraps is not among its sources.
    if let Some(inner) = io.get_ref() {
        let inner: &(dyn Error + 'static) = inner;
        if let Some(known) = code_of(inner) {
            return Some(known);
        }
    }
    io_code(io)
}

/// What the system says about a connection.
pub(super) fn io_code(error: &io::Error) -> Option<(Code, String)> {
    // EMFILE, ENFILE and, where no local port is free, EADDRNOTAVAIL.
    if matches!(error.raw_os_error(), Some(23 | 24)) || error.kind() == io::ErrorKind::AddrNotAvailable {
        return Some((Code::LocalLimit, format!("this machine ran out of descriptors or ports: {error}")));
    }
    let code = match error.kind() {
        io::ErrorKind::ConnectionRefused => Code::Refused,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => Code::Unreachable,
        io::ErrorKind::TimedOut => Code::ConnectTimeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            Code::Reset
        }
        _ => return None,
    };
    Some((code, error.to_string()))
}

/// What the resolver says. The standard library hands its codes on as text only.
pub(super) fn lookup_code(error: &io::Error) -> (Code, String) {
    let text = error.to_string();
    let unknown = ["Name or service not known", "nodename nor servname", "Name does not resolve", "No such host", "No address associated"];
    let code = if unknown.iter().any(|known| text.contains(known)) { Code::DnsNxdomain } else { Code::DnsFail };
    let said = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned();
    (code, said)
}

fn tls_code(error: &rustls::Error) -> (Code, String) {
    let code = match error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => Code::TlsNotTls,
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Code::TlsExpired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Code::TlsNotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Code::TlsHostname,
            CertificateError::UnknownIssuer => Code::TlsUnknownCa,
            _ => Code::TlsFail,
        },
        rustls::Error::PeerIncompatible(_) | rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) => Code::TlsVersion,
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired | AlertDescription::BadCertificate | AlertDescription::UnknownCA,
        ) => Code::TlsClientCert,
        _ => Code::TlsFail,
    };
    let said = match code {
        Code::TlsNotTls => "the server does not speak TLS on this port".to_owned(),
        _ => error.to_string(),
    };
    (code, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_has_a_code_however_deep_it_is_wrapped() {
        for (error, code) in [
            (io::Error::from(io::ErrorKind::ConnectionRefused), Code::Refused),
            (io::Error::from(io::ErrorKind::NetworkUnreachable), Code::Unreachable),
            (io::Error::from(io::ErrorKind::HostUnreachable), Code::Unreachable),
            (io::Error::from(io::ErrorKind::ConnectionReset), Code::Reset),
            (io::Error::from_raw_os_error(24), Code::LocalLimit),
            (io::Error::from(io::ErrorKind::AddrNotAvailable), Code::LocalLimit),
        ] {
            let wrapped = io::Error::other(error);
            assert_eq!(code_of(&wrapped).map(|(code, _)| code), Some(code));
        }
        assert!(code_of(&io::Error::other("something else")).is_none());
    }

    #[test]
    fn names_that_do_not_exist_are_told_from_resolvers_that_fail() {
        let code = |text: &str| lookup_code(&io::Error::other(format!("failed to lookup address information: {text}")));
        assert_eq!(code("Name or service not known"), (Code::DnsNxdomain, "Name or service not known".to_owned()));
        assert_eq!(code("Temporary failure in name resolution").0, Code::DnsFail);
    }

    #[test]
    fn what_tls_says_has_a_code() {
        let certificate = |why| tls_code(&rustls::Error::InvalidCertificate(why)).0;
        assert_eq!(certificate(CertificateError::Expired), Code::TlsExpired);
        assert_eq!(certificate(CertificateError::NotValidYet), Code::TlsNotYetValid);
        assert_eq!(certificate(CertificateError::UnknownIssuer), Code::TlsUnknownCa);
        assert_eq!(tls_code(&rustls::Error::AlertReceived(AlertDescription::CertificateRequired)).0, Code::TlsClientCert);
        assert_eq!(tls_code(&rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)).0, Code::TlsVersion);
    }
}
