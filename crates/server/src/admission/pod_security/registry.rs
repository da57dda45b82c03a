//! Which checks a level has at a version, and in which order they speak: the baseline's by name, then the restricted ones'.
use super::checks::{self, Check, Level, Violation};
use skeg_model::Value;

/// A check in its forms over the versions.
struct Row {
    level: Level,
    id: &'static str,
    /// The baseline check that this one stands in for; "" for none.
    overrides: &'static str,
    /// By the minor version that brought each form.
    forms: &'static [(u32, Check)],
}

const fn baseline(id: &'static str, forms: &'static [(u32, Check)]) -> Row {
    Row { level: Level::Baseline, id, overrides: "", forms }
}

const fn restricted(id: &'static str, overrides: &'static str, forms: &'static [(u32, Check)]) -> Row {
    Row { level: Level::Restricted, id, overrides, forms }
}

static ROWS: &[Row] = &[
    baseline("appArmorProfile", &[(0, checks::app_armor)]),
    baseline("capabilities_baseline", &[(0, checks::capabilities_baseline)]),
    baseline("hostNamespaces", &[(0, checks::host_namespaces)]),
    baseline("hostPathVolumes", &[(0, checks::host_path_volumes)]),
    baseline("hostPorts", &[(0, checks::host_ports)]),
    baseline("hostProbesAndHostLifecycle", &[(34, checks::host_probes)]),
    baseline("privileged", &[(0, checks::privileged)]),
    baseline("procMount", &[(0, checks::proc_mount), (35, checks::proc_mount_host_users)]),
    baseline("seLinuxOptions", &[(0, checks::se_linux_options_1_0), (31, checks::se_linux_options_1_31)]),
    baseline("seccompProfile_baseline", &[(0, checks::seccomp_annotations), (19, checks::seccomp_baseline)]),
    baseline(
        "sysctls",
        &[
            (0, checks::sysctls::<0>),
            (27, checks::sysctls::<27>),
            (29, checks::sysctls::<29>),
            (32, checks::sysctls::<32>),
        ],
    ),
    baseline("windowsHostProcess", &[(0, checks::windows_host_process)]),
    restricted(
        "allowPrivilegeEscalation",
        "",
        &[(8, checks::allow_privilege_escalation), (25, checks::allow_privilege_escalation_linux)],
    ),
    restricted(
        "capabilities_restricted",
        "capabilities_baseline",
        &[(22, checks::capabilities_restricted), (25, checks::capabilities_restricted_linux)],
    ),
    restricted("procMount_restricted", "procMount", &[(35, checks::proc_mount)]),
    restricted("restrictedVolumes", "hostPathVolumes", &[(0, checks::restricted_volumes)]),
    restricted("runAsNonRoot", "", &[(0, checks::run_as_non_root), (35, checks::run_as_non_root_host_users)]),
    restricted("runAsUser", "", &[(23, checks::run_as_user), (35, checks::run_as_user_host_users)]),
    restricted(
        "seccompProfile_restricted",
        "seccompProfile_baseline",
        &[(19, checks::seccomp_restricted), (25, checks::seccomp_restricted_linux)],
    ),
];

impl Row {
    /// The form of a minor version; none when the check is younger.
    fn at(&self, minor: u32) -> Option<Check> {
        self.forms.iter().rev().find(|(since, _)| *since <= minor).map(|(_, check)| *check)
    }
}

/// All failed checks of a level at a minor version, or at the latest.
pub(super) fn run(level: Level, minor: Option<u32>, metadata: &Value, spec: &Value) -> Vec<Violation> {
    let minor = minor.unwrap_or(u32::MAX);
    let active = || ROWS.iter().filter(move |row| row.level <= level && row.at(minor).is_some());
    let overridden = |row: &Row| active().any(|other| other.overrides == row.id);
    let checks = active().filter(|row| !overridden(row)).filter_map(|row| row.at(minor));
    checks.filter_map(|check| check(metadata, spec)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::json;

    fn check(level: Level, spec: Value, want: Expect) {
        check_at(level, None, spec, want);
    }

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals")]
    fn check_at(level: Level, minor: Option<u32>, spec: Value, want: Expect) {
        let metadata = &spec["metadata"];
        let found: Vec<String> = run(level, minor, metadata, &spec).iter().map(ToString::to_string).collect();
        want.assert_eq(&found.join(", "));
    }

    #[test]
    fn versions_differ() {
        let windows = json!({"os": {"name": "windows"}, "containers": [{"name": "a"}], "securityContext": {"runAsNonRoot": true}});
        check_at(Level::Restricted, Some(25), windows.clone(), expect![""]);
        check_at(
            Level::Restricted,
            Some(8),
            windows,
            expect![[
                r#"allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)"#
            ]],
        );
        let unmasked =
            json!({"hostUsers": false, "containers": [{"name": "a", "securityContext": {"procMount": "Unmasked"}}]});
        check(Level::Baseline, unmasked.clone(), expect![""]);
        let refused = expect![[r#"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#]];
        check_at(Level::Baseline, Some(34), unmasked, refused);
        let probed = json!({"containers": [{"name": "a", "lifecycle": {"preStop": {"httpGet": {"host": "h"}}}}]});
        check_at(Level::Baseline, Some(33), probed.clone(), expect![""]);
        check(
            Level::Baseline,
            probed,
            expect![[r#"probe or lifecycle host (container "a" uses probe or lifecycle host "h")"#]],
        );
        let sysctl = json!({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}});
        check_at(Level::Baseline, Some(31), sysctl.clone(), expect!["forbidden sysctls (net.ipv4.tcp_rmem)"]);
        check_at(Level::Baseline, Some(99), sysctl, expect![""]);
        let old = json!({"metadata": {"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}}});
        check(Level::Baseline, old.clone(), expect![""]);
        check_at(
            Level::Baseline,
            Some(18),
            old,
            expect![[r#"seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")"#]],
        );
    }

    #[test]
    fn violations_read_as_upstreams() {
        let plain = json!({"containers": [{"name": "app"}]});
        check(Level::Privileged, json!({"hostPID": true}), expect![""]);
        check(Level::Baseline, plain.clone(), expect![""]);
        check(
            Level::Restricted,
            plain,
            expect![[
                r#"allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
            ]],
        );
        check(
            Level::Baseline,
            json!({"hostNetwork": true, "volumes": [{"name": "h", "hostPath": {}}, {"name": "h2", "hostPath": {}}],
                "containers": [{"name": "app", "ports": [{"hostPort": 80}], "securityContext": {"privileged": true}}]}),
            expect![[
                r#"host namespaces (hostNetwork=true), hostPath volumes (volumes "h", "h2"), hostPort (container "app" uses hostPort 80), privileged (container "app" must not set securityContext.privileged=true)"#
            ]],
        );
    }
}
