//! From an address to a connection.

use super::answer::NoAnswer;
use super::clients::Clients;
use super::connected::Connected;
use super::settings::Tls;
use super::watch::Watch;
use super::{connect, proxy, tap, tls, url};
use crate::probe::code::Code;
use crate::probe::failure::Failure;

/// Resolves, connects and, where it is asked for, shakes hands.
pub(super) async fn open(
    clients: &Clients,
    address: &url::Address,
    tls: Option<(&Tls, &[&[u8]])>,
    watch: &mut Watch,
) -> Result<Connected, NoAnswer> {
    open_through(clients, address, None, tls, watch).await
}

/// The same, through a proxy where there is one.
pub(super) async fn open_through(
    clients: &Clients,
    address: &url::Address,
    proxy: Option<&str>,
    tls: Option<(&Tls, &[&[u8]])>,
    watch: &mut Watch,
) -> Result<Connected, NoAnswer> {
    // What cannot be used is said before anybody is asked.
    let config = match tls {
        Some((settings, _)) => Some(clients.config(settings).map_err(|why| watch.fail(Failure::new(Code::TlsConfig, why)))?),
        None => None,
    };
    let proxy = proxy.map(proxy::address).transpose().map_err(|why| watch.fail(Failure::new(Code::Unsupported, why)))?;
    let mut stream = connect::connect(clients, proxy.as_ref().unwrap_or(address), watch).await?;
    if proxy.is_some() && tls.is_some() {
        proxy::tunnel(&mut stream, address, watch).await?;
    }
    let (stream, tap) = tap::Tap::new(stream);
    match (tls, config) {
        (Some((settings, protocols)), Some(config)) => tls::shake_hands(stream, tap, address, settings, &config, protocols, watch).await,
        _ => Ok(Connected { stream: Box::new(stream), tap, chain: None, protocol: None }),
    }
}
