//! Ports at which programs listen unless told otherwise.

/// Kinds of dependencies, and where they listen.
const OF_DEPENDENCIES: &[(&str, &str)] = &[
    ("postgres", "5432"),
    ("mysql", "3306"),
    ("redis", "6379"),
    ("memcached", "11211"),
    ("mongodb", "27017"),
    ("rabbitmq", "5672"),
    ("kafka", "9092"),
];

/// Where a kind of dependency listens.
pub fn of_dependency(kind: &str) -> Option<&'static str> {
    OF_DEPENDENCIES.iter().find(|(known, _)| *known == kind).map(|(_, port)| *port)
}

/// The kind of dependency that listens at a port.
pub fn dependency_at(port: &str) -> Option<&'static str> {
    OF_DEPENDENCIES.iter().find(|(_, known)| *known == port).map(|(kind, _)| *kind)
}
