//! The labels that discoveries bring, each as it is called; those that end in `_` go on with names that users gave.

use crate::diagnostic::{did_you_mean, misspelt};

const CONSUL: &[&str] = &[
    "__meta_consul_address",
    "__meta_consul_dc",
    "__meta_consul_health",
    "__meta_consul_metadata_",
    "__meta_consul_namespace",
    "__meta_consul_node",
    "__meta_consul_partition",
    "__meta_consul_service",
    "__meta_consul_service_address",
    "__meta_consul_service_id",
    "__meta_consul_service_metadata_",
    "__meta_consul_service_port",
    "__meta_consul_tagged_address_",
    "__meta_consul_tags",
];

const DNS: &[&str] = &[
    "__meta_dns_name",
    "__meta_dns_srv_record_target",
    "__meta_dns_srv_record_port",
    "__meta_dns_mx_record_target",
    "__meta_dns_ns_record_target",
];

const DOCKER: &[&str] = &[
    "__meta_docker_container_id",
    "__meta_docker_container_label_",
    "__meta_docker_container_name",
    "__meta_docker_container_network_mode",
    "__meta_docker_network_id",
    "__meta_docker_network_ingress",
    "__meta_docker_network_internal",
    "__meta_docker_network_ip",
    "__meta_docker_network_label_",
    "__meta_docker_network_name",
    "__meta_docker_network_scope",
    "__meta_docker_port_private",
    "__meta_docker_port_public",
    "__meta_docker_port_public_ip",
];

const EC2: &[&str] = &[
    "__meta_ec2_ami",
    "__meta_ec2_architecture",
    "__meta_ec2_availability_zone",
    "__meta_ec2_availability_zone_id",
    "__meta_ec2_instance_id",
    "__meta_ec2_instance_lifecycle",
    "__meta_ec2_instance_state",
    "__meta_ec2_instance_type",
    "__meta_ec2_ipv6_addresses",
    "__meta_ec2_owner_id",
    "__meta_ec2_platform",
    "__meta_ec2_primary_ipv6_addresses",
    "__meta_ec2_primary_subnet_id",
    "__meta_ec2_private_dns_name",
    "__meta_ec2_private_ip",
    "__meta_ec2_public_dns_name",
    "__meta_ec2_public_ip",
    "__meta_ec2_region",
    "__meta_ec2_subnet_id",
    "__meta_ec2_tag_",
    "__meta_ec2_vpc_id",
];

/// What a discovery brings, where all of it is known.
pub(super) fn are_known(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "consul_sd_configs" => CONSUL,
        "dns_sd_configs" => DNS,
        "docker_sd_configs" => DOCKER,
        "ec2_sd_configs" => EC2,
        _ => return None,
    })
}

/// Whether a label is one of those that are known.
pub(super) fn has(known: &[&str], label: &str) -> bool {
    known.iter().any(|own| label == *own || own.ends_with('_') && label.starts_with(own))
}

/// The label that a misspelt one was to be: nearly called so, or another word for it.
pub(super) fn meant(kind: &str, label: &str) -> Option<&'static str> {
    const OTHER_WORDS: &[(&str, &str)] = &[
        ("__meta_consul_datacenter", "__meta_consul_dc"),
        ("__meta_consul_service_name", "__meta_consul_service"),
        ("__meta_consul_node_name", "__meta_consul_node"),
        ("__meta_consul_status", "__meta_consul_health"),
        ("__meta_consul_service_tags", "__meta_consul_tags"),
        ("__meta_consul_port", "__meta_consul_service_port"),
        ("__meta_ec2_az", "__meta_ec2_availability_zone"),
        ("__meta_ec2_state", "__meta_ec2_instance_state"),
        ("__meta_docker_name", "__meta_docker_container_name"),
    ];
    let other = OTHER_WORDS.iter().find(|(word, _)| *word == label).map(|(_, own)| *own);
    other.or_else(|| misspelt(label, are_known(kind)?)).or_else(|| did_you_mean(label, are_known(kind)?.iter().copied()))
}

/// Every label that is always called so.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    [CONSUL, DOCKER, EC2].into_iter().flatten().copied().filter(|label| !label.ends_with('_'))
}

/// Whether a label is one of any discovery.
pub(super) fn is_any(label: &str) -> bool {
    [CONSUL, DOCKER, EC2].iter().any(|known| has(known, label))
}
