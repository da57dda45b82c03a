//! SelfSubjectRulesReview: what the caller may do in a namespace.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.authorization.v1.SelfSubjectRulesReview")];

pub static KIND: Kind = Kind::answered(
    "authorization.k8s.io",
    "SelfSubjectRulesReview",
    "selfsubjectrulesreviews",
    "selfsubjectrulesreview",
    Scope::Cluster,
    VERSIONS,
);
