//! What a namespace's conditions say of its deletion, word for word.
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{NamespaceCondition, NamespaceStatus},
    apimachinery::pkg::apis::meta::v1::Time,
};
use skeg_model::request::Gvr;
use std::collections::BTreeMap;

/// What a look at a namespace found.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub undiscovered: Option<&'a str>,
    pub errors: Vec<&'a str>,
    /// How many objects are left of each resource.
    pub resources: Vec<(&'a Gvr, usize)>,
    /// How many objects wait for each finalizer.
    pub finalizers: BTreeMap<&'a str, usize>,
}

/// A condition of one type: what it says when all is well, and what when not.
struct Row {
    name: &'static str,
    good: (&'static str, &'static str),
    bad_reason: &'static str,
    /// None: all is well.
    bad: fn(&Found<'_>) -> Option<String>,
}

const ROWS: &[Row] = &[
    Row {
        name: "NamespaceDeletionDiscoveryFailure",
        good: ("ResourcesDiscovered", "All resources successfully discovered"),
        bad_reason: "DiscoveryFailed",
        bad: |found| found.undiscovered.map(Into::into),
    },
    Row {
        name: "NamespaceDeletionGroupVersionParsingFailure",
        good: ("ParsedGroupVersions", "All legacy kube types successfully parsed"),
        bad_reason: "GroupVersionParsingFailed",
        // Discovery hands out groups and versions as fields: there is nothing to parse.
        bad: |_| None,
    },
    Row {
        name: "NamespaceDeletionContentFailure",
        good: ("ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
        bad_reason: "ContentDeletionFailed",
        bad: |found| {
            let count = found.errors.len();
            let list = sorted(found.errors.iter().map(ToString::to_string))?;
            Some(format!("Failed to delete all resource types, {count} remaining: {list}"))
        },
    },
    Row {
        name: "NamespaceContentRemaining",
        good: ("ContentRemoved", "All content successfully removed"),
        bad_reason: "SomeResourcesRemain",
        bad: |found| {
            let count =
                |(gvr, count): &(&Gvr, usize)| format!("{}.{} has {count} resource instances", gvr.resource, gvr.group);
            Some(format!("Some resources are remaining: {}", sorted(found.resources.iter().map(count))?))
        },
    },
    Row {
        name: "NamespaceFinalizersRemaining",
        good: ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
        bad_reason: "SomeFinalizersRemain",
        bad: |found| {
            let count = |(name, count): (&&str, &usize)| format!("{name} in {count} resource instances");
            let list = sorted(found.finalizers.iter().map(count))?;
            Some(format!("Some content in the namespace has finalizers remaining: {list}"))
        },
    },
];

/// None if there is nothing.
fn sorted(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// What is said of group versions that could not be discovered.
pub(super) fn incomplete(failures: &BTreeMap<String, String>) -> Option<String> {
    let count = failures.len();
    let list = sorted(failures.iter().map(|(version, why)| format!("{version}: {why}")))?;
    Some(format!(
        "Discovery failed for some groups, {count} failing: unable to retrieve the complete list of server APIs: {list}"
    ))
}

pub(super) fn update(status: &mut NamespaceStatus, found: &Found<'_>, now: Timestamp) {
    let conditions = status.conditions.get_or_insert_default();
    for row in ROWS {
        let (value, reason, message) = match (row.bad)(found) {
            Some(message) => ("True", row.bad_reason, message),
            None => ("False", row.good.0, row.good.1.to_owned()),
        };
        let new = NamespaceCondition {
            type_: row.name.into(),
            status: value.into(),
            reason: Some(reason.into()),
            message: Some(message),
            last_transition_time: Some(Time(now)),
        };
        match conditions.iter_mut().find(|condition| condition.type_ == row.name) {
            None => conditions.push(new),
            Some(old) if old.status == new.status => {
                *old = NamespaceCondition { last_transition_time: old.last_transition_time.clone(), ..new };
            }
            Some(old) => *old = new,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(found: &Found<'_>, expected: Expect) {
        let mut status = NamespaceStatus::default();
        update(&mut status, found, Timestamp::UNIX_EPOCH);
        let told = status.conditions.iter().flatten().filter(|it| it.status == "True");
        let told: Vec<String> = told
            .map(|it| format!("{} {}: {}", it.type_, it.reason.as_deref().unwrap(), it.message.as_deref().unwrap()))
            .collect();
        expected.assert_eq(&told.join("\n"));
    }

    #[test]
    fn conditions_tell_what_blocks() {
        check(&Found::default(), expect![[""]]);
        let maps = Gvr::new("", "v1", "configmaps");
        let sets = Gvr::new("apps", "v1", "replicasets");
        let found = Found {
            undiscovered: None,
            errors: vec!["no", "forbidden"],
            resources: vec![(&sets, 1), (&maps, 2)],
            finalizers: BTreeMap::from([("x.io/b", 2), ("x.io/a", 1)]),
        };
        check(
            &found,
            expect![[r#"
                NamespaceDeletionContentFailure ContentDeletionFailed: Failed to delete all resource types, 2 remaining: forbidden, no
                NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: configmaps. has 2 resource instances, replicasets.apps has 1 resource instances
                NamespaceFinalizersRemaining SomeFinalizersRemain: Some content in the namespace has finalizers remaining: x.io/a in 1 resource instances, x.io/b in 2 resource instances"#]],
        );
        let failures = BTreeMap::from([("x.io/v1".to_owned(), "stale GroupVersion discovery: x.io/v1".to_owned())]);
        let undiscovered = incomplete(&failures);
        check(
            &Found { undiscovered: undiscovered.as_deref(), ..Found::default() },
            expect![
                "NamespaceDeletionDiscoveryFailure DiscoveryFailed: Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: x.io/v1: stale GroupVersion discovery: x.io/v1"
            ],
        );
    }
}
