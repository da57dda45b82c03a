//! LocalSubjectAccessReview: whether somebody may do something in one namespace.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.authorization.v1.LocalSubjectAccessReview")];

pub static KIND: Kind = Kind::answered(
    "authorization.k8s.io",
    "LocalSubjectAccessReview",
    "localsubjectaccessreviews",
    "localsubjectaccessreview",
    Scope::Namespaced,
    VERSIONS,
);
