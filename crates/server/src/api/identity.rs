//! Who a request is from: bearer token out of the headers, and impersonation.
use super::{failure, url};
use crate::auth::{Attributes, Authorizer, Decision, User};
use http::{HeaderMap, header};
use skeg_model::status::Status;
use std::{collections::BTreeMap, sync::Arc};

const EXTRA_PREFIX: &str = "impersonate-extra-";

/// The bearer token, if the request carries one.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

/// The user that the request acts as: its own, or the one that the `Impersonate-*` headers name and the caller may act as.
///
/// # Errors
/// 403 when the caller may not; 500 when groups, uid or extra come without a user, as upstream.
pub fn impersonate(user: Arc<User>, headers: &HeaderMap, authorizer: &dyn Authorizer) -> Result<Arc<User>, Status> {
    if !headers.keys().any(|name| name.as_str().starts_with("impersonate-")) {
        return Ok(user);
    }
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let name = text("impersonate-user");
    let uid = text("impersonate-uid");
    let groups: Vec<String> =
        headers.get_all("impersonate-group").iter().filter_map(|v| v.to_str().ok()).map(str::to_owned).collect();
    let extra = extra(headers);
    if name.is_empty() {
        if uid.is_empty() && groups.is_empty() && extra.is_empty() {
            return Ok(user);
        }
        let asked = format!("requested [{}] without impersonating a user", groups.join(" "));
        return Err(Status::internal(asked));
    }
    let wanted = User { name, uid, groups, extra };
    check(&user, &wanted, authorizer)?;
    Ok(Arc::new(complete(wanted)))
}

fn extra(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let Some(key) = name.as_str().strip_prefix(EXTRA_PREFIX) else { continue };
        let key = url::decode_path(key).unwrap_or_else(|| key.to_owned());
        extra.entry(key).or_default().push(value.to_str().unwrap_or_default().to_owned());
    }
    extra
}

/// `system:serviceaccount:NAMESPACE:NAME` taken apart.
fn service_account(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("system:serviceaccount:")?
        .split_once(':')
        .filter(|(ns, name)| !ns.is_empty() && !name.is_empty() && !name.contains(':'))
}

fn check(user: &User, wanted: &User, authorizer: &dyn Authorizer) -> Result<(), Status> {
    let may = |group: &str, version: &str, resource: &str, subresource: &str, namespace: &str, name: &str| {
        let attributes = Attributes {
            user,
            verb: "impersonate",
            group,
            version,
            resource,
            subresource,
            namespace,
            name,
            field_selector: "",
            path: None,
        };
        match authorizer.authorize(&attributes) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(reason) | Decision::NoOpinion(reason) => Err(failure::forbidden(&attributes, &reason)),
        }
    };
    match service_account(&wanted.name) {
        Some((namespace, name)) => may("", "v1", "serviceaccounts", "", namespace, name)?,
        None => may("", "v1", "users", "", "", &wanted.name)?,
    }
    for group in &wanted.groups {
        may("", "v1", "groups", "", "", group)?;
    }
    for (key, values) in &wanted.extra {
        for value in values {
            may("authentication.k8s.io", "v1", "userextras", key, "", value)?;
        }
    }
    if !wanted.uid.is_empty() {
        may("authentication.k8s.io", "v1", "uids", "", "", &wanted.uid)?;
    }
    Ok(())
}

/// Adds the groups that every such user is in.
fn complete(mut user: User) -> User {
    if user.groups.is_empty()
        && let Some((namespace, _)) = service_account(&user.name)
    {
        user.groups = vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")];
    }
    let (present, absent) = if user.name == "system:anonymous" {
        ("system:unauthenticated", "system:authenticated")
    } else {
        ("system:authenticated", "system:unauthenticated")
    };
    if !user.in_group(present) && !user.in_group(absent) {
        user.groups.push(present.into());
    }
    user
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Only(&'static [&'static str]);

    impl Authorizer for Only {
        fn authorize(&self, a: &Attributes<'_>) -> Decision {
            let asked = format!("{}/{}/{}", a.resource, a.namespace, a.name);
            if self.0.contains(&asked.as_str()) {
                Decision::Allow(String::new())
            } else {
                Decision::NoOpinion(String::new())
            }
        }
    }

    fn act(allowed: &'static [&'static str], pairs: &[(&'static str, &str)]) -> Result<Arc<User>, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let admin = Arc::new(User::component("admin", &[]));
        impersonate(admin, &headers, &Only(allowed)).map_err(|s| s.message)
    }

    #[test]
    fn acts_as_users_and_service_accounts() {
        assert_eq!(act(&[], &[]).unwrap().name, "admin");
        let bob = act(&["users//bob"], &[("impersonate-user", "bob")]).unwrap();
        assert_eq!(bob.groups, ["system:authenticated"]);
        let account = act(&["serviceaccounts/a/b"], &[("impersonate-user", "system:serviceaccount:a:b")]).unwrap();
        assert_eq!(account.groups, ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]);
        let refused = act(&["users//bob"], &[("impersonate-user", "bob"), ("impersonate-group", "g")]).unwrap_err();
        assert_eq!(
            refused,
            "groups \"g\" is forbidden: User \"admin\" cannot impersonate resource \"groups\" in API group \"\" at the cluster scope"
        );
        assert!(act(&[], &[("impersonate-group", "g")]).is_err());
    }

    #[test]
    fn bearer_tokens() {
        let check = |value: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(bearer(&headers), expected);
        };
        check("Bearer abc", Some("abc"));
        check("bearer abc", Some("abc"));
        check("Basic YTpi", None);
        check("Bearer ", None);
    }
}
