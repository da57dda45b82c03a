//! Reviews: kinds that are asked and answered, never kept.
use super::{Answer, Api, Context, codec, managed, place::Place, selectors, tree};
use crate::{
    admission::Operation,
    auth::{Attributes, Decision, User},
};
use serde_json::json;
use skeg_model::{
    Object, Value,
    kinds::Verb,
    meta::{
        field_error::Errors,
        go::{self, Printed},
    },
    request::{Body, Reply, WriteOptions},
    status::Status,
    time::rfc3339_seconds,
};
use std::collections::BTreeMap;

const AUTHORIZATION: &str = "authorization.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";

impl Api {
    /// Answers a create on a kind that is not stored.
    pub(super) async fn review(
        &self,
        ctx: &Context,
        place: Place<'_>,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        place.allow(Verb::Create)?;
        self.authorise(ctx, "create", &place, "")?;
        let mut w = self.write(ctx, place, options);
        let mut review = codec::decode(&place, &body, options.field_validation, &mut w.warnings)?;
        super::write::check_namespace(&mut review, &place)?;
        let resource = place.kind.resource;
        // These two answer with an object of their own; the others fill in the one that was sent.
        let own = match resource {
            "selfsubjectreviews" => Some(json!({"metadata": {"creationTimestamp": rfc3339_seconds(w.now)}})),
            "selfsubjectrulesreviews" => Some(json!({"metadata": {}, "spec": {}})),
            _ => None,
        };
        managed::on_write(&w, None, &mut review)?;
        self.mutate(&mut w, Operation::Create, "", None, &mut review).await?;
        check(resource, &review, place.namespace)?;
        self.validate(&mut w, Operation::Create, "", None, &review).await?;
        let status = match resource {
            "selfsubjectaccessreviews" => self.access(&review, &ctx.user),
            "subjectaccessreviews" | "localsubjectaccessreviews" => self.access(&review, &user_of(&review)),
            "selfsubjectrulesreviews" => self.rules(&review, &ctx.user)?,
            "selfsubjectreviews" => json!({"userInfo": user_info(&ctx.user)}),
            "tokenreviews" => self.token_review(&review).await?,
            other => return Err(Status::internal(format!("{other} is not a review"))),
        };
        if resource == "tokenreviews" {
            // The answer does not repeat the secret.
            tree::map_mut(&mut review, "spec").remove("token");
        }
        let mut value = own.unwrap_or(review);
        value["status"] = status;
        tree::set_type(&mut value, place.api_version(), place.kind.kind);
        Ok(Answer { reply: Reply::Tree { value, code: 201 }, warnings: w.warnings })
    }

    /// May `user` do what the review's attributes say?
    fn access(&self, review: &Value, user: &User) -> Value {
        let text = |pointer: &str| tree::text(review, pointer);
        let path = review.pointer("/spec/nonResourceAttributes").map(|_| text("/spec/nonResourceAttributes/path"));
        let of = if path.is_some() { "/spec/nonResourceAttributes" } else { "/spec/resourceAttributes" };
        let verb = format!("{of}/verb");
        let version = text("/spec/resourceAttributes/version");
        let mut ignored = Vec::new();
        let fields = match &review["spec"]["resourceAttributes"]["fieldSelector"] {
            asked if path.is_none() => selectors::fields(asked, &mut ignored),
            _ => String::new(),
        };
        if path.is_none() {
            selectors::labels(&review["spec"]["resourceAttributes"]["labelSelector"], &mut ignored);
        }
        let attributes = Attributes {
            user,
            verb: text(&verb),
            group: text("/spec/resourceAttributes/group"),
            version: if version.is_empty() { "*" } else { version },
            resource: text("/spec/resourceAttributes/resource"),
            subresource: text("/spec/resourceAttributes/subresource"),
            namespace: text("/spec/resourceAttributes/namespace"),
            name: text("/spec/resourceAttributes/name"),
            field_selector: &fields,
            path,
        };
        let (allowed, denied, reason) = match self.config.authorizer.authorize(&attributes) {
            Decision::Allow(why) => (true, false, why),
            Decision::Deny(why) => (false, true, why),
            Decision::NoOpinion(why) => (false, false, why),
        };
        let mut status = Object::new();
        status.insert("allowed".into(), allowed.into());
        if denied {
            status.insert("denied".into(), true.into());
        }
        if !reason.is_empty() {
            status.insert("reason".into(), reason.into());
        }
        if !ignored.is_empty() {
            status.insert("evaluationError".into(), ignored.join("; ").into());
        }
        Value::Object(status)
    }

    fn rules(&self, review: &Value, user: &User) -> Result<Value, Status> {
        let namespace = tree::text(review, "/spec/namespace");
        if namespace.is_empty() {
            return Err(Status::bad_request("no namespace on request"));
        }
        let (rules, errors) = self.config.authorizer.rules_for(user, namespace);
        let (mut resources, mut paths) = (Vec::new(), Vec::new());
        for rule in rules {
            if !rule.resources.is_empty() {
                let mut shown = json!({"verbs": rule.verbs, "apiGroups": rule.api_groups, "resources": rule.resources});
                if !rule.resource_names.is_empty() {
                    shown["resourceNames"] = json!(rule.resource_names);
                }
                resources.push(shown);
            } else if !rule.non_resource_urls.is_empty() {
                paths.push(json!({"verbs": rule.verbs, "nonResourceURLs": rule.non_resource_urls}));
            }
        }
        let mut status =
            json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": !errors.is_empty()});
        if !errors.is_empty() {
            status["evaluationError"] = errors.join(", ").into();
        }
        Ok(status)
    }

    async fn token_review(&self, review: &Value) -> Result<Value, Status> {
        let token = tree::text(review, "/spec/token");
        if token.is_empty() {
            return Err(Status::bad_request("token is required for TokenReview in authentication"));
        }
        let audiences: Vec<String> = tree::texts(review, "/spec/audiences").into_iter().map(str::to_owned).collect();
        Ok(match self.config.reviewer.review(token, &audiences).await {
            Ok(Some((user, audiences))) => {
                let mut status = json!({"authenticated": true, "user": user_info(&user)});
                if !audiences.is_empty() {
                    status["audiences"] = json!(audiences);
                }
                status
            }
            Ok(None) => json!({"user": {}, "error": "invalid bearer token"}),
            Err(why) => json!({"user": {}, "error": why}),
        })
    }
}

/// What upstream checks of access reviews; its errors name no kind.
fn check(resource: &str, review: &Value, namespace: &str) -> Result<(), Status> {
    let mut errors = Errors::new();
    let (with, without) = (&review["spec"]["resourceAttributes"], &review["spec"]["nonResourceAttributes"]);
    let path = "spec.nonResourceAttributes";
    if resource.ends_with("subjectaccessreviews") {
        if !with.is_null() && !without.is_null() {
            errors.invalid(path, shown(without), "cannot be specified in combination with resourceAttributes");
        }
        if with.is_null() && without.is_null() {
            let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            errors.invalid("spec.resourceAttributes", &Value::Null, why);
        }
        let nobody = tree::text(review, "/spec/user").is_empty() && tree::list(review, "/spec/groups").is_empty();
        if resource != "selfsubjectaccessreviews" && nobody {
            errors.invalid("spec.user", "", "at least one of user or group must be specified");
        }
        for selector in ["fieldSelector", "labelSelector"] {
            let raw = with[selector]["rawSelector"].as_str().unwrap_or_default();
            let requirements = !tree::list(&with[selector], "/requirements").is_empty();
            if !raw.is_empty() && requirements {
                let path = format!("spec.resourceAttributes.{selector}.rawSelector");
                errors.invalid(path, raw, "may not specified at the same time as requirements");
            }
        }
    }
    if resource == "localsubjectaccessreviews" {
        let asked = with["namespace"].as_str().unwrap_or_default();
        if !with.is_null() && asked != namespace {
            errors.invalid("spec.resourceAttributes.namespace", asked, "must match metadata.namespace");
        }
        if !without.is_null() {
            errors.invalid(path, shown(without), "disallowed on this kind of request");
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.into_status(AUTHORIZATION, "", "")) }
}

/// Non-resource attributes as upstream's internal type prints.
fn shown(attributes: &Value) -> Printed {
    let text = |field: &str| go::quote(attributes[field].as_str().unwrap_or_default());
    Printed(format!("{{\"Path\":{},\"Verb\":{}}}", text("path"), text("verb")))
}

/// The user that a SubjectAccessReview names.
fn user_of(review: &Value) -> User {
    let text = |pointer: &str| tree::text(review, pointer).to_owned();
    let extra: BTreeMap<String, Vec<String>> = review
        .pointer("/spec/extra")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, values)| {
            let values = values.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            (key.to_lowercase(), values)
        })
        .collect();
    let groups = tree::texts(review, "/spec/groups").into_iter().map(str::to_owned).collect();
    User { name: text("/spec/user"), uid: text("/spec/uid"), groups, extra }
}

/// `authentication/v1.UserInfo`.
fn user_info(user: &User) -> Value {
    let mut info = Object::new();
    let mut put = |field: &str, value: Value, empty: bool| {
        if !empty {
            info.insert(field.into(), value);
        }
    };
    put("username", user.name.clone().into(), user.name.is_empty());
    put("uid", user.uid.clone().into(), user.uid.is_empty());
    put("groups", json!(user.groups), user.groups.is_empty());
    put("extra", json!(user.extra), user.extra.is_empty());
    Value::Object(info)
}

/// Whether creating this kind asks a question instead of storing an object.
pub(super) fn is_review(place: &Place<'_>) -> bool {
    matches!(place.kind.group, AUTHORIZATION | AUTHENTICATION) && !place.kind.stored
}
