//! Modules whose names say another kind of IP than they speak.

use crate::diagnostic::Diagnostic;
use crate::formats::blackbox::Module;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::BlackboxView;

rule! {
    /// A module of the blackbox exporter is called after IPv4 and prefers IPv6, or the other way round: whoever uses it by its name
    /// is told of the other network.
    ///
    /// In the names of modules for HTTP and gRPC `v4` may be the version of an interface, and counts beside plain words alone.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { ping_ipv4: { prober: icmp, icmp: { preferred_ip_protocol: ip6 } } }
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { ping_ipv4: { prober: icmp, icmp: { preferred_ip_protocol: ip4 } } }
    /// ```
    ModuleNameDrift, "module-name-drift", Warning
}

impl Rule for ModuleNameDrift {
    fn blackbox(&self, view: &BlackboxView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for module in view.modules {
            let prober = module.prober();
            let preferred = module.node.get(prober).and_then(|section| section.get_str("preferred_ip_protocol"));
            let Some((node, preferred)) = preferred.filter(|(_, text)| matches!(*text, "ip4" | "ip6")) else { continue };
            let Some(named) = named(module).filter(|named| !preferred.ends_with(*named)) else { continue };
            let message = format!("`{}` is called after IPv{named}, and prefers {}", module.name(), node.describe());
            let finding = META.finding(node.span, message).path(format!("modules.{}.{prober}.preferred_ip_protocol", module.name()));
            found.push(finding.related(module.name.span, "the name").help(format!("prefer `ip{named}`, or rename the module")));
        }
    }
}

/// Words of names that say nothing of an interface with versions.
const PLAIN: &[&str] = &["http", "https", "2xx", "200", "get", "head", "post", "ok", "ssl", "tls", "grpc", "only"];

/// The version of IP that a module is called after, where it is one.
fn named(module: &Module<'_>) -> Option<char> {
    let name = module.name().to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let of_interface = |word: &&str| !PLAIN.contains(word) && !matches!(*word, "v4" | "v6");
    let may_be_version = matches!(module.prober(), "http" | "grpc") && words.iter().any(of_interface);
    let version = |word: &str| {
        let stem = word.strip_suffix(['4', '6'])?;
        let is_told = matches!(stem, "ipv" | "ip" | "icmp" | "icmpv" | "ping" | "inet") || stem == "v" && !may_be_version;
        word.chars().last().filter(|_| is_told)
    };
    let mut all = words.iter().filter_map(|word| version(word));
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}
