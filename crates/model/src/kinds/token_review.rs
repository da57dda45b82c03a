//! TokenReview: whose token this is.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.authentication.v1.TokenReview")];

pub static KIND: Kind =
    Kind::answered("authentication.k8s.io", "TokenReview", "tokenreviews", "tokenreview", Scope::Cluster, VERSIONS);
