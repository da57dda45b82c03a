//! Names of the parameters that operations of the v2 document share. Upstream makes them of a parameter's name and a hash of
//! its whole definition; clients only follow them.

/// Name of the parameter; what tells parameters of that name apart, "" where there is one: the action, the kind of its
/// options, or where it stands; the ending of the shared name.
const NAMES: &[(&str, &str, &str)] = &[
    ("allowWatchBookmarks", "", "HC2hJt-J"),
    ("body", "delete", "2Y1dVQaQ"),
    ("body", "deletecollection", "2Y1dVQaQ"),
    ("body", "patch", "78PwaGsr"),
    ("command", "", "Py3eQybp"),
    ("container", "Pod", "1GeXxFDC"),
    ("container", "PodAttachOptions", "_Q-EJ3nR"),
    ("container", "PodExecOptions", "i5dOmRiM"),
    ("continue", "", "QfD61s0i"),
    ("fieldManager", "patch", "7c6nTn1T"),
    ("fieldManager", "", "Qy4HdaTW"),
    ("fieldSelector", "", "xIcQKXFG"),
    ("follow", "", "9OIXh_2R"),
    ("force", "", "tOGGb0Yi"),
    ("gracePeriodSeconds", "", "-K5HaBOS"),
    ("ignoreStoreReadErrorWithClusterBreakingPotential", "", "QbNkfIqj"),
    ("insecureSkipTLSVerifyBackend", "", "gM00jVbe"),
    ("labelSelector", "", "5Zw57w4C"),
    ("limit", "", "1NfNmdNH"),
    ("limitBytes", "", "zwd1RXuc"),
    ("namespace", "", "vgWSWtn3"),
    ("orphanDependents", "", "uRB25kX5"),
    ("path", "path", "z6Ciiujn"),
    ("path", "NodeProxyOptions", "rFDtV0x9"),
    ("path", "PodProxyOptions", "oPbzgLUj"),
    ("path", "ServiceProxyOptions", "QCf0eosM"),
    ("ports", "", "91KROJmm"),
    ("pretty", "", "tJGM1-ng"),
    ("previous", "", "1jxDPu3y"),
    ("propagationPolicy", "", "6jk3prlO"),
    ("resourceVersion", "", "5WAnf1kx"),
    ("resourceVersionMatch", "", "t8XhRHeC"),
    ("sendInitialEvents", "", "rLXlEK_k"),
    ("shardSelector", "", "Kgyki_3_"),
    ("sinceSeconds", "", "vE2NLdnP"),
    ("stderr", "PodAttachOptions", "26jJhFUR"),
    ("stderr", "PodExecOptions", "W_1TNlWc"),
    ("stdin", "PodAttachOptions", "sEFnN3IS"),
    ("stdin", "PodExecOptions", "PSzNhyUC"),
    ("stdout", "PodAttachOptions", "005YMKE6"),
    ("stdout", "PodExecOptions", "-EZLRwV1"),
    ("stream", "", "l-48cgXv"),
    ("tailLines", "", "9xQLWHMV"),
    ("timeoutSeconds", "", "yvYezaOC"),
    ("timestamps", "", "c17fW1w_"),
    ("tty", "PodAttachOptions", "g7MlET_l"),
    ("tty", "PodExecOptions", "s0flW37O"),
    ("watch", "", "XNNPZGbK"),
];

/// The shared name of a parameter; `of` is everything that may tell it apart. None for those written in place.
pub fn name(parameter: &str, of: &[&str]) -> Option<String> {
    let (_, _, ending) = NAMES.iter().find(|row| row.0 == parameter && (row.1.is_empty() || of.contains(&row.1)))?;
    Some(format!("{parameter}-{ending}"))
}
