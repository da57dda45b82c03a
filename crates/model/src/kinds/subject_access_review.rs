//! SubjectAccessReview: whether somebody may do something.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.authorization.v1.SubjectAccessReview")];

pub static KIND: Kind = Kind::answered(
    "authorization.k8s.io",
    "SubjectAccessReview",
    "subjectaccessreviews",
    "subjectaccessreview",
    Scope::Cluster,
    VERSIONS,
);
