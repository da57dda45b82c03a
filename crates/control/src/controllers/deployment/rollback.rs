//! Rolling back by the annotation that stands for the `rollbackTo` of older API versions.
use super::{
    replica_set::{self, TEMPLATE_HASH},
    revision::{self, ROLLBACK_TO},
    rollout::Rollout,
};
use crate::runner::{Action, Note, Plan};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use skeg_client::{Object, reference_to};

/// The revision asked for; 0 is the one before the newest.
pub(super) fn wanted(deployment: &Deployment) -> Option<i64> {
    deployment.annotation(ROLLBACK_TO)?.parse().ok()
}

/// Takes the wanted revision's template over; the annotation goes in any case.
pub(super) fn step(rollout: &Rollout<'_>, deployment: &Deployment, wanted: i64) -> Plan {
    let number = if wanted == 0 { before_newest(rollout) } else { wanted };
    let warning = |reason, text: String| Action::note(Note::warning(reference_to(deployment), reason, text));
    let mut changed = deployment.clone();
    let note = match rollout.all().find(|set| number != 0 && revision::parsed(*set) == Some(number)) {
        None => {
            let text = if number == 0 {
                "Unable to find last revision."
            } else {
                "Unable to find the revision to rollback to."
            };
            warning("DeploymentRollbackRevisionNotFound", text.into())
        }
        Some(set) if replica_set::is_of(deployment, set) => {
            let name = deployment.name();
            let text = format!("The rollback revision contains the same template as current deployment {name:?}");
            warning("DeploymentRollbackTemplateUnchanged", text)
        }
        Some(set) => {
            take_over(&mut changed, set);
            let text = format!("Rolled back deployment {:?} to revision {number}", deployment.name());
            clear(&mut changed);
            let note = Note::normal(reference_to(deployment), "DeploymentRollback", text);
            return Plan::of(vec![Action::update(&changed).noting(note)]);
        }
    };
    clear(&mut changed);
    Plan::of(vec![note, Action::update(&changed)])
}

fn clear(deployment: &mut Deployment) {
    deployment.metadata.annotations.get_or_insert_default().remove(ROLLBACK_TO);
}

/// The second highest revision; 0 when there is none.
fn before_newest(rollout: &Rollout<'_>) -> i64 {
    let mut revisions: Vec<i64> = rollout.all().filter_map(revision::parsed).collect();
    revisions.sort_unstable();
    revisions.into_iter().rev().nth(1).unwrap_or(0)
}

/// Template and annotations of an old ReplicaSet become the Deployment's.
fn take_over(deployment: &mut Deployment, set: &ReplicaSet) {
    let mut template = set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    if let Some(labels) = template.metadata.as_mut().and_then(|meta| meta.labels.as_mut()) {
        labels.remove(TEMPLATE_HASH);
    }
    deployment.spec.get_or_insert_default().template = template;
    let own = deployment.metadata.annotations.take().unwrap_or_default();
    let own = own.into_iter().filter(|(name, _)| !revision::is_copied(name));
    let theirs = set.metadata.annotations.clone().unwrap_or_default();
    let theirs = theirs.into_iter().filter(|(name, _)| revision::is_copied(name));
    deployment.metadata.annotations = Some(own.chain(theirs).collect());
}
