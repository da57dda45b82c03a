//! The texts by which pods are selected, read from the stored bytes: every kubelet's watch asks each change of a pod for its
//! node, and the rest of the object is skipped over.
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeMap};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec<'a> {
    #[serde(borrow)]
    node_name: Cow<'a, str>,
    #[serde(borrow)]
    restart_policy: Cow<'a, str>,
    #[serde(borrow)]
    scheduler_name: Cow<'a, str>,
    #[serde(borrow)]
    service_account_name: Cow<'a, str>,
    host_network: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ip<'a> {
    #[serde(borrow)]
    ip: Cow<'a, str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status<'a> {
    #[serde(borrow)]
    phase: Cow<'a, str>,
    #[serde(borrow, rename = "podIPs")]
    pod_ips: Vec<Ip<'a>>,
    #[serde(borrow)]
    nominated_node_name: Cow<'a, str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pod<'a> {
    #[serde(borrow)]
    spec: Spec<'a>,
    #[serde(borrow)]
    status: Status<'a>,
}

pub(super) fn values(bytes: &[u8]) -> BTreeMap<String, String> {
    let pod: Pod<'_> = serde_json::from_slice(bytes).unwrap_or_default();
    let (spec, status) = (pod.spec, pod.status);
    let address = status.pod_ips.into_iter().next().unwrap_or_default().ip;
    let texts = [
        ("spec.nodeName", spec.node_name.clone()),
        ("spec.host", spec.node_name),
        ("spec.restartPolicy", spec.restart_policy),
        ("spec.schedulerName", spec.scheduler_name),
        ("spec.serviceAccountName", spec.service_account_name),
        ("spec.hostNetwork", spec.host_network.to_string().into()),
        ("status.phase", status.phase),
        ("status.podIP", address),
        ("status.nominatedNodeName", status.nominated_node_name),
    ];
    texts.into_iter().map(|(label, text)| (label.to_owned(), text.into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_read_and_the_rest_is_skipped() {
        let pod = json!({
            "metadata": {"name": "p", "labels": {"nodeName": "no"}},
            "spec": {"containers": [{"env": [{"value": "a\"b"}]}], "nodeName": "n\"1", "hostNetwork": true,
                "restartPolicy": "Always", "schedulerName": "s", "serviceAccountName": "a"},
            "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "conditions": [{}]},
        });
        let values = values(pod.to_string().as_bytes());
        let of = |label: &str| values[label].as_str();
        assert_eq!((of("spec.nodeName"), of("spec.host"), of("spec.hostNetwork")), ("n\"1", "n\"1", "true"));
        assert_eq!(
            (of("status.phase"), of("status.podIP"), of("status.nominatedNodeName")),
            ("Running", "10.0.0.1", "")
        );
        assert_eq!(
            (of("spec.restartPolicy"), of("spec.schedulerName"), of("spec.serviceAccountName")),
            ("Always", "s", "a")
        );
        assert_eq!(super::values(b"{}")["spec.hostNetwork"], "false");
    }
}
