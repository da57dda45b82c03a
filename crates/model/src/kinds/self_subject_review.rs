//! SelfSubjectReview: who the caller is.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.authentication.v1.SelfSubjectReview")];

pub static KIND: Kind = Kind::answered(
    "authentication.k8s.io",
    "SelfSubjectReview",
    "selfsubjectreviews",
    "selfsubjectreview",
    Scope::Cluster,
    VERSIONS,
);
