//! SelfSubjectAccessReview: whether the caller may do something.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.authorization.v1.SelfSubjectAccessReview")];

pub static KIND: Kind = Kind::answered(
    "authorization.k8s.io",
    "SelfSubjectAccessReview",
    "selfsubjectaccessreviews",
    "selfsubjectaccessreview",
    Scope::Cluster,
    VERSIONS,
);
