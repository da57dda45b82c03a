//! May the caller do it? Asks the authoriser and says no in upstream's words.
use super::{Api, Context, place::Place};
use crate::auth::{Attributes, Decision};
use skeg_model::status::Status;

impl Api {
    /// Checks one verb on one place; `name` is what the authoriser sees, which for lists comes from a field selector.
    pub(super) fn authorise(&self, ctx: &Context, verb: &str, place: &Place<'_>, name: &str) -> Result<(), Status> {
        self.authorise_list(ctx, verb, place, name, "")
    }

    /// The same with the field selector that the request carries.
    pub(super) fn authorise_list(
        &self,
        ctx: &Context,
        verb: &str,
        place: &Place<'_>,
        name: &str,
        field_selector: &str,
    ) -> Result<(), Status> {
        if !ctx.authorise || ctx.granted.is_some_and(|granted| granted.as_str() == verb) {
            return Ok(());
        }
        let is_namespace = place.kind.group.is_empty() && place.kind.resource == "namespaces";
        let attributes = Attributes {
            user: &ctx.user,
            verb,
            group: place.kind.group,
            version: place.version.name,
            resource: place.kind.resource,
            subresource: place.subresource,
            namespace: if is_namespace { name } else { place.namespace },
            name,
            field_selector,
            path: None,
        };
        match self.config.authorizer.authorize(&attributes) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(why) | Decision::NoOpinion(why) => Err(forbidden(&attributes, &why)),
        }
    }
}

/// The refusal of a request about resources; `why` is the authoriser's reason or "".
pub(crate) fn forbidden(attributes: &Attributes<'_>, why: &str) -> Status {
    let Attributes { verb, group, resource, subresource, namespace, name, .. } = *attributes;
    let slash = if subresource.is_empty() { "" } else { "/" };
    let scope = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{namespace}\"")
    };
    let user = &attributes.user.name;
    let mut message = format!(
        "User {user:?} cannot {verb} resource \"{resource}{slash}{subresource}\" in API group \"{group}\" {scope}"
    );
    if !why.is_empty() {
        message.push_str(": ");
        message.push_str(why);
    }
    Status::forbidden(group, resource, name, &message)
}
