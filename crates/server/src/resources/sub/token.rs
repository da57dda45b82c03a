//! `serviceaccounts/token`: a token for an account, bound to an object if asked (authentication.k8s.io/v1 TokenRequest).
use super::super::{
    Answer, Api, BoundObject, Context, TokenSpec, codec, managed,
    place::{Place, key_of},
    tree,
};
use serde_json::json;
use skeg_model::{
    Value,
    kinds::{Verb, node, pod, secret},
    meta::field_error::Errors,
    request::{Body, Reply, WriteOptions},
    status::Status,
    time::rfc3339_seconds,
};

const TOKEN_REQUEST: &str = "io.k8s.api.authentication.v1.TokenRequest";
/// Default lifetime.
const EXPIRATION_SECONDS: i64 = 60 * 60;
const EXPIRATION_SECONDS_MIN: i64 = 10 * 60;
const EXPIRATION_SECONDS_MAX: i64 = 1 << 32;
/// What kubelets ask for on behalf of projected volumes: such tokens live a year, so that clients that do not re-read
/// them go on working, and warn after this time (`--service-account-extend-token-expiration`).
const PROJECTED_SECONDS: i64 = 60 * 60 + 7;
const EXTENDED_SECONDS: i64 = 365 * 24 * 60 * 60;

impl Api {
    pub(in super::super) async fn create_token(
        &self,
        ctx: &Context,
        place: Place<'_>,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let mut w = self.begin(ctx, place, Verb::Create, options)?;
        let mut request = codec::decode_as(TOKEN_REQUEST, &body, options.field_validation, &mut w.warnings)?;
        let account = self.config.store.get(&place.key()).ok_or_else(|| place.not_found())?;
        name_request(&mut request, &place)?;
        tree::map_mut(&mut request, "spec").entry("expirationSeconds").or_insert(EXPIRATION_SECONDS.into());
        managed::on_request(&w, TOKEN_REQUEST, "authentication.k8s.io/v1", &mut request)?;
        self.mutate(&mut w, crate::admission::Operation::Create, place.name, None, &mut request).await?;
        let expiration = request["spec"]["expirationSeconds"].as_i64().unwrap_or(EXPIRATION_SECONDS);
        check_expiration(&request, expiration)?;
        self.validate(&mut w, crate::admission::Operation::Create, place.name, None, &request).await?;
        let defaults = self.config.tokens.default_audiences();
        let mut audiences: Vec<String> =
            tree::texts(&request, "/spec/audiences").into_iter().map(str::to_owned).collect();
        if audiences.is_empty() {
            audiences.clone_from(&defaults);
        }
        let (bound, node) = self.bound_object(&place, &request)?;
        let extended = expiration == PROJECTED_SECONDS && audiences.iter().all(|a| defaults.contains(a));
        let spec = TokenSpec {
            namespace: place.namespace.to_owned(),
            service_account: place.name.to_owned(),
            service_account_uid: account.meta().uid.clone(),
            audiences: audiences.clone(),
            expiration_seconds: if extended { EXTENDED_SECONDS } else { expiration },
            warn_after_seconds: extended.then_some(expiration),
            bound,
            node,
            now: w.now,
        };
        let issued = self.config.tokens.issue(&spec)?;
        let spec = tree::map_mut(&mut request, "spec");
        spec.insert("audiences".into(), json!(audiences));
        spec.insert("expirationSeconds".into(), expiration.into());
        let expires = if extended { w.now + jiff::SignedDuration::from_secs(expiration) } else { issued.expires };
        request["status"] = json!({"token": issued.token, "expirationTimestamp": rfc3339_seconds(expires)});
        tree::set_meta(&mut request, "creationTimestamp", Some(rfc3339_seconds(w.now).into()));
        tree::set_meta(&mut request, "uid", Some(self.config.entropy.uuid().into()));
        tree::set_type(&mut request, "authentication.k8s.io/v1".into(), "TokenRequest");
        Ok(Answer { reply: Reply::Tree { value: request, code: 201 }, warnings: w.warnings })
    }

    /// The object that the token is bound to, and the node of a bound pod.
    #[expect(clippy::type_complexity, reason = "two optional halves of a TokenSpec")]
    fn bound_object(
        &self,
        place: &Place<'_>,
        request: &Value,
    ) -> Result<(Option<BoundObject>, Option<(String, String)>), Status> {
        let reference = &request["spec"]["boundObjectRef"];
        if reference.is_null() {
            return Ok((None, None));
        }
        let text = |field: &str| reference[field].as_str().unwrap_or_default().to_owned();
        let (kind, name, uid) = (text("kind"), text("name"), text("uid"));
        let row = match (text("apiVersion").as_str(), kind.as_str()) {
            ("v1", "Pod") => &pod::KIND,
            ("v1", "Secret") => &secret::KIND,
            ("v1", "Node") => &node::KIND,
            (version, _) => {
                let slash = if version.contains('/') { "" } else { "/" };
                let why = format!("cannot bind token for serviceaccount to type {slash}{version}, Kind={kind}");
                return Err(Status::bad_request(why));
            }
        };
        let object = self
            .config
            .store
            .get(&key_of(row, place.namespace, &name))
            .ok_or_else(|| Status::not_found(row.group, row.resource, &name))?;
        let have = &object.meta().uid;
        if !uid.is_empty() && uid != *have {
            let why = format!(
                "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
            );
            return Err(Status::conflict(row.group, row.resource, &name, &why));
        }
        let tree = object.tree();
        let mut node = None;
        if kind == "Pod" {
            let account = tree::text(&tree, "/spec/serviceAccountName");
            if account != place.name {
                return Err(Status::bad_request(format!(
                    "cannot bind token for serviceaccount \"{}\" to pod running with different serviceaccount name.",
                    place.name
                )));
            }
            let on = tree::text(&tree, "/spec/nodeName");
            if !on.is_empty() {
                let uid = self.config.store.get(&key_of(&node::KIND, "", on)).map(|n| n.meta().uid.clone());
                node = Some((on.to_owned(), uid.unwrap_or_default()));
            }
        }
        let bound = BoundObject { kind, api_version: "v1".into(), name, uid: have.clone() };
        Ok((Some(bound), node))
    }
}

fn name_request(request: &mut Value, place: &Place<'_>) -> Result<(), Status> {
    for (field, wanted) in [("name", place.name), ("namespace", place.namespace)] {
        let have = tree::text(request, &format!("/metadata/{field}"));
        if !have.is_empty() && have != wanted {
            return Err(Status::bad_request(format!(
                "service account {field} does not match: the request is for \"{wanted}\", the object says \"{have}\""
            )));
        }
        tree::set_meta(request, field, Some(wanted.into()));
    }
    Ok(())
}

fn check_expiration(request: &Value, seconds: i64) -> Result<(), Status> {
    let mut errors = Errors::new();
    let field = "spec.expirationSeconds";
    if seconds < EXPIRATION_SECONDS_MIN {
        errors.invalid(field, seconds, "may not specify a duration less than 10 minutes");
    }
    if seconds > EXPIRATION_SECONDS_MAX {
        errors.invalid(field, seconds, "may not specify a duration larger than 2^32 seconds");
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.into_status("authentication.k8s.io", "TokenRequest", tree::name(request)))
}
