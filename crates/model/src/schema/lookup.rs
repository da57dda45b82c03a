//! Finds types of the table by OpenAPI name and by kind.
use super::{TYPES, Type};
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// The type with this OpenAPI name, e.g. `io.k8s.api.core.v1.Pod`.
pub fn by_name(name: &str) -> Option<&'static Type> {
    TYPES.binary_search_by(|ty| ty.name.cmp(name)).ok().map(|at| TYPES[at])
}

/// The type of a kind; `group` is "" for core.
pub fn by_kind(group: &str, version: &str, kind: &str) -> Option<&'static Type> {
    type Kinds = FxHashMap<(&'static str, &'static str, &'static str), &'static Type>;
    static KINDS: OnceLock<Kinds> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| TYPES.iter().filter_map(|ty| Some((ty.group_version_kind?, *ty))).collect());
    // Keys are 'static; the lookup only compares them.
    kinds.get(&(group, version, kind) as &(&str, &str, &str)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ListKind, Presence, Strategy, Ty};

    #[test]
    fn types_are_sorted_by_name() {
        assert!(TYPES.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn kinds_are_found() {
        let found = |group, version, kind| by_kind(group, version, kind).map(|ty| ty.name);
        assert_eq!(found("", "v1", "Pod"), Some("io.k8s.api.core.v1.Pod"));
        assert_eq!(found("apps", "v1", "DeploymentList"), Some("io.k8s.api.apps.v1.DeploymentList"));
        assert_eq!(found("meta.k8s.io", "v1", "Table"), Some("io.k8s.apimachinery.pkg.apis.meta.v1.Table"));
        assert_eq!(found("apps", "v1", "Pod"), None);
    }

    #[test]
    fn facts_of_fields() {
        let spec = by_name("io.k8s.api.core.v1.PodSpec").unwrap();
        let containers = spec.field("containers").unwrap();
        assert_eq!(containers.list, ListKind::Map(&["name"]));
        assert_eq!((containers.strategy, containers.merge_key), (Strategy::Merge, "name"));
        assert_eq!((containers.presence, containers.proto, containers.required), (Presence::Always, 2, true));
        assert!(matches!(containers.ty, Ty::List(Ty::Struct(ty)) if ty.go == "v1.Container"));
        let volume = by_name("io.k8s.api.core.v1.Volume").unwrap();
        let host_path = volume.field("hostPath").unwrap();
        assert_eq!((host_path.proto_in, host_path.proto), (&[2u16][..], 1));
    }
}
