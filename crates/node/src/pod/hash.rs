//! Fingerprint of what a container was made from. Kept as an annotation of the container: a running container whose
//! fingerprint differs from its spec's is made anew, so it must not change between releases.
use k8s_openapi::api::core::v1::Container;
use sha2::{Digest, Sha256};

/// Over the name and the image only: all else of a running pod's container is immutable or changed in place.
pub fn container_hash(container: &Container) -> String {
    let mut digest = Sha256::new();
    digest.update(container.name.as_bytes());
    digest.update([0]);
    digest.update(container.image.as_deref().unwrap_or_default().as_bytes());
    let bytes = digest.finalize();
    bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
