//! Service: a stable address in front of pods.
use super::{Kind, NameRule, PROXY_VERBS, SPEC_STATUS_RESET, Scope, Subresource, Version, texts};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Service")];

pub static KIND: Kind = Kind {
    short_names: &["svc"],
    categories: &["all"],
    name_rule: NameRule::Dns1035Label,
    subresources: &[Subresource::of_parent("proxy", "ServiceProxyOptions", PROXY_VERBS), Subresource::Status],
    selectable: &["spec.clusterIP", "spec.type"],
    selectable_values: |svc| texts(svc, &[("spec.clusterIP", "/spec/clusterIP"), ("spec.type", "/spec/type")]),
    create_on_update: true,
    reset_fields: SPEC_STATUS_RESET,
    ..Kind::new("", "Service", "services", "service", Scope::Namespaced, "/registry/services/specs/", VERSIONS)
};
