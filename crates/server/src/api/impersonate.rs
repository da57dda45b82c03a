//! Acting as somebody else: the `Impersonate-*` headers, and the ways in which a caller may be allowed to
//! (KEP-5284). Each constrained way asks whether the caller may do this very request on behalf of others of that sort, and
//! whether they may act as this one; the last, older way asks for the one only.
use super::{failure, url};
use crate::auth::{Attributes, Authorizer, Decision, User};
use http::HeaderMap;
use skeg_model::{
    kinds::NameRule,
    meta::{field_error::Errors, go::quote, names, object_meta::check_name},
    status::Status,
};
use std::{collections::BTreeMap, sync::Arc};

const EXTRA_PREFIX: &str = "impersonate-extra-";
const MASTERS: &str = "system:masters";
const NODE_OF_TOKEN: &str = "authentication.kubernetes.io/node-name";
const KEYS_OF_TOKEN: &str = "authentication.kubernetes.io/associated-node-keys";
/// From so many questions on, one for all of them is tried first.
const MANY: usize = 4;

/// A way in which a caller may act as somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// A pod's service account acts as the node that the pod is on.
    AssociatedNode,
    ArbitraryNode,
    ServiceAccount,
    UserInfo,
    Legacy,
}

const MODES: [Mode; 5] =
    [Mode::AssociatedNode, Mode::ArbitraryNode, Mode::ServiceAccount, Mode::UserInfo, Mode::Legacy];

/// The user that the request acts as; None: the caller's own.
///
/// # Errors
/// 403 when the caller may not; 400 when groups, uid or extra come without a user.
pub fn impersonate(
    headers: &HeaderMap,
    request: &Attributes<'_>,
    authorizer: &dyn Authorizer,
) -> Result<Option<Arc<User>>, Status> {
    let Some(wanted) = wanted(headers)? else { return Ok(None) };
    let mut first = None;
    for mode in MODES.into_iter().filter(|mode| mode.fits(&wanted, request.user)) {
        let asked = Asked { mode, request, wanted: &wanted, authorizer };
        match asked.check() {
            Ok(user) => return Ok(Some(Arc::new(user))),
            Err(status) => first = first.or(Some(status)),
        }
    }
    Err(first.expect("the last way fits everybody"))
}

fn wanted(headers: &HeaderMap) -> Result<Option<User>, Status> {
    if !headers.keys().any(|name| name.as_str().starts_with("impersonate-")) {
        return Ok(None);
    }
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let groups: Vec<String> =
        headers.get_all("impersonate-group").iter().filter_map(|v| v.to_str().ok()).map(str::to_owned).collect();
    let user = User { name: text("impersonate-user"), uid: text("impersonate-uid"), groups, extra: extra(headers) };
    match user.name.is_empty() {
        false => Ok(Some(user)),
        true if only_name(&user) => Ok(None),
        true => Err(Status::bad_request(format!("requested {} without impersonating a user name", shown(&user)))),
    }
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

/// A user as Go's `%#v` prints it.
fn shown(user: &User) -> String {
    let list = |texts: &[String]| match texts {
        [] => "[]string(nil)".to_owned(),
        some => format!("[]string{{{}}}", some.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ")),
    };
    let extra = if user.extra.is_empty() {
        "map[string][]string(nil)".to_owned()
    } else {
        let entries: Vec<String> =
            user.extra.iter().map(|(key, values)| format!("{}:{}", quote(key), list(values))).collect();
        format!("map[string][]string{{{}}}", entries.join(", "))
    };
    let (name, uid, groups) = (quote(&user.name), quote(&user.uid), list(&user.groups));
    format!("&user.DefaultInfo{{Name:{name}, UID:{uid}, Groups:{groups}, Extra:{extra}}}")
}

fn only_name(user: &User) -> bool {
    user.uid.is_empty() && user.groups.is_empty() && user.extra.is_empty()
}

/// `system:serviceaccount:NAMESPACE:NAME` taken apart.
fn service_account(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("system:serviceaccount:")?.split_once(':').filter(|(namespace, name)| {
        names::dns1123_label(namespace).is_empty() && check_name(NameRule::Dns1123Subdomain, name, false).is_empty()
    })
}

/// `system:node:NAME` taken apart.
fn node(name: &str) -> Option<&str> {
    name.strip_prefix("system:node:").filter(|node| names::dns1123_subdomain(node).is_empty())
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::AssociatedNode => "associated-node",
            Self::ArbitraryNode => "arbitrary-node",
            Self::ServiceAccount => "serviceaccount",
            Self::UserInfo => "user-info",
            Self::Legacy => "",
        }
    }

    fn verb(self) -> String {
        if self == Self::Legacy { "impersonate".into() } else { format!("impersonate:{}", self.name()) }
    }

    fn fits(self, wanted: &User, caller: &User) -> bool {
        let is_account = service_account(&wanted.name).is_some();
        match self {
            Self::AssociatedNode => {
                let own = caller.extra.get(NODE_OF_TOKEN).map(Vec::as_slice);
                only_name(wanted)
                    && service_account(&caller.name).is_some()
                    && node(&wanted.name).is_some_and(|node| matches!(own, Some([own]) if own == node))
            }
            Self::ArbitraryNode => only_name(wanted) && node(&wanted.name).is_some(),
            Self::ServiceAccount => only_name(wanted) && is_account,
            Self::UserInfo => node(&wanted.name).is_none() && !is_account,
            Self::Legacy => true,
        }
    }
}

/// One way being tried.
struct Asked<'a> {
    mode: Mode,
    request: &'a Attributes<'a>,
    wanted: &'a User,
    authorizer: &'a dyn Authorizer,
}

impl Asked<'_> {
    fn check(&self) -> Result<User, Status> {
        if self.mode != Mode::Legacy {
            let verb = format!("impersonate-on:{}:{}", self.mode.name(), self.request.verb);
            self.may(&Attributes { verb: &verb, ..*self.request })?;
        }
        let mut user = self.wanted.clone();
        self.name(&mut user)?;
        if !self.wanted.uid.is_empty() {
            self.may_act("authentication.k8s.io", "uids", "", "", &self.wanted.uid)?;
        }
        self.groups()?;
        self.extra()?;
        let (anonymous, unauthenticated) = (user.name == "system:anonymous", user.in_group("system:unauthenticated"));
        let group = if anonymous { "system:unauthenticated" } else { "system:authenticated" };
        if !user.in_group(group) && (anonymous || !unauthenticated) {
            user.groups.push(group.into());
        }
        Ok(user)
    }

    fn may(&self, attributes: &Attributes<'_>) -> Result<(), Status> {
        // Of the pod's token only the keys count, and the answer has to hold for the nodes of all pods.
        let caller = User {
            extra: [(KEYS_OF_TOKEN.to_owned(), attributes.user.extra.keys().cloned().collect())].into(),
            ..attributes.user.clone()
        };
        let mut attributes = *attributes;
        if self.mode == Mode::AssociatedNode {
            attributes.user = &caller;
            if attributes.verb == "impersonate:associated-node" {
                attributes.name = "*";
            }
        }
        match self.authorizer.authorize(&attributes) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(reason) | Decision::NoOpinion(reason) => Err(failure::forbidden(&attributes, &reason)),
        }
    }

    /// Whether the caller may act as what a resource of this name stands for.
    fn may_act(
        &self,
        group: &str,
        resource: &str,
        subresource: &str,
        namespace: &str,
        name: &str,
    ) -> Result<(), Status> {
        let verb = self.mode.verb();
        self.may(&self.acting(&verb, group, resource, subresource, namespace, name))
    }

    fn acting<'s>(
        &'s self,
        verb: &'s str,
        group: &'s str,
        resource: &'s str,
        subresource: &'s str,
        namespace: &'s str,
        name: &'s str,
    ) -> Attributes<'s> {
        Attributes::on(self.request.user, verb, [group, resource, subresource], namespace, name)
    }

    /// The API group of users and groups: the older way asks for the core's.
    fn group(&self) -> &'static str {
        if self.mode == Mode::Legacy { "" } else { "authentication.k8s.io" }
    }

    fn name(&self, user: &mut User) -> Result<(), Status> {
        let name = self.wanted.name.as_str();
        if let Some((namespace, account)) = service_account(name) {
            if user.groups.is_empty() {
                user.groups = vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")];
            }
            return self.may_act(self.group(), "serviceaccounts", "", namespace, account);
        }
        match node(name).filter(|_| self.mode != Mode::Legacy) {
            Some(node) => {
                user.groups = vec!["system:nodes".into()];
                self.may_act(self.group(), "nodes", "", "", node)
            }
            None => self.may_act(self.group(), "users", "", "", name),
        }
    }

    fn groups(&self) -> Result<(), Status> {
        let wanted = &self.wanted.groups;
        let verb = self.mode.verb();
        if self.mode != Mode::Legacy {
            let refuse = |name: &str, why: &str| {
                Err(failure::forbidden(&self.acting(&verb, self.group(), "groups", "", "", name), why))
            };
            if wanted.iter().any(String::is_empty) {
                return refuse("", "impersonating the empty string group is not allowed");
            }
            if wanted.iter().any(|group| group == MASTERS) {
                return refuse(MASTERS, "impersonating the system:masters group is not allowed");
            }
            if wanted.len() >= MANY && self.may_act(self.group(), "groups", "", "", "*").is_ok() {
                return Ok(());
            }
        }
        wanted.iter().try_for_each(|group| self.may_act(self.group(), "groups", "", "", group))
    }

    fn extra(&self) -> Result<(), Status> {
        const GROUP: &str = "authentication.k8s.io";
        let wanted = &self.wanted.extra;
        if self.mode != Mode::Legacy {
            if let Some(why) = wanted.iter().find_map(|(key, values)| wrong_extra(key, values)) {
                let verb = self.mode.verb();
                return Err(failure::forbidden(&self.acting(&verb, GROUP, "userextras", "", "", ""), &why));
            }
            let many = wanted.len() >= MANY || wanted.values().map(Vec::len).sum::<usize>() >= MANY;
            if many && self.may_act(GROUP, "userextras", "*", "", "*").is_ok() {
                return Ok(());
            }
        }
        let mut pairs = wanted.iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value)));
        pairs.try_for_each(|(key, value)| self.may_act(GROUP, "userextras", key, "", value))
    }
}

/// What a constrained way does not take as extra.
fn wrong_extra(key: &str, values: &[String]) -> Option<String> {
    if key.is_empty() {
        return Some("impersonating the empty string key in extra is not allowed".into());
    }
    let mut errors = Errors::new();
    match key.split_once('/').filter(|(host, path)| !host.is_empty() && !path.is_empty()) {
        None => errors.invalid("extra.key", key, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
        Some((host, path)) => {
            errors.invalid_each("extra.key", host, names::dns1123_subdomain(host));
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b);
            if !path.bytes().all(plain) {
                let why = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
                errors.invalid("extra.key", path, why);
            }
        }
    }
    if !errors.is_empty() {
        return Some(format!("impersonating an invalid key in extra is not allowed: {}", errors.aggregate()));
    }
    if key != key.to_lowercase() {
        return Some(format!("impersonating a non-lowercase key in extra is not allowed: {}", quote(key)));
    }
    let empty = values.iter().any(String::is_empty);
    empty.then(|| "impersonating the empty string value in extra is not allowed".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Allows what is listed, as `verb group/resource/subresource/namespace/name`.
    #[derive(Debug)]
    struct Only(&'static [&'static str]);

    impl Authorizer for Only {
        fn authorize(&self, a: &Attributes<'_>) -> Decision {
            let asked = format!("{} {}/{}/{}/{}/{}", a.verb, a.group, a.resource, a.subresource, a.namespace, a.name);
            if self.0.contains(&asked.as_str()) {
                Decision::Allow(String::new())
            } else {
                Decision::NoOpinion(String::new())
            }
        }
    }

    /// Groups of who the caller then is, on a `get` of the pod ns/p.
    fn act(allowed: &'static [&'static str], pairs: &[(&'static str, &str)]) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let mut caller = User::component("system:serviceaccount:a:b", &[]);
        caller.extra.insert(NODE_OF_TOKEN.into(), vec!["n1".into()]);
        let request = Attributes {
            user: &caller,
            verb: "get",
            group: "",
            version: "v1",
            resource: "pods",
            subresource: "",
            namespace: "ns",
            name: "p",
            field_selector: "",
            path: None,
        };
        let user = impersonate(&headers, &request, &Only(allowed)).map_err(|status| status.message)?;
        Ok(user.map_or_else(|| "nobody else".into(), |user| user.groups.join(" ")))
    }

    #[test]
    fn the_older_way_asks_for_who() {
        assert_eq!(act(&[], &[]).unwrap(), "nobody else");
        let bob = ("impersonate-user", "bob");
        assert_eq!(act(&["impersonate /users///bob"], &[bob]).unwrap(), "system:authenticated");
        let account = ("impersonate-user", "system:serviceaccount:a:b");
        let groups = "system:serviceaccounts system:serviceaccounts:a system:authenticated";
        assert_eq!(act(&["impersonate /serviceaccounts//a/b"], &[account]).unwrap(), groups);
        let refused = act(&["impersonate /users///bob"], &[bob, ("impersonate-group", "g")]).unwrap_err();
        let want = "pods \"p\" is forbidden: User \"system:serviceaccount:a:b\" cannot impersonate-on:user-info:get resource \
                    \"pods\" in API group \"\" in the namespace \"ns\"";
        assert_eq!(refused, want);
        let nobody = act(&[], &[("impersonate-group", "g")]).unwrap_err();
        let want = "requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"g\"}, Extra:map[string][]string(nil)} \
                    without impersonating a user name";
        assert_eq!(nobody, want);
        let anonymous = act(&["impersonate /users///system:anonymous"], &[("impersonate-user", "system:anonymous")]);
        assert_eq!(anonymous.unwrap(), "system:unauthenticated");
    }

    #[test]
    fn constrained_ways_ask_for_what_too() {
        const BOB: &[&str] = &[
            "impersonate-on:user-info:get /pods//ns/p",
            "impersonate:user-info authentication.k8s.io/users///bob",
            "impersonate:user-info authentication.k8s.io/groups///g",
        ];
        let bob = ("impersonate-user", "bob");
        assert_eq!(act(BOB, &[bob]).unwrap(), "system:authenticated");
        assert_eq!(act(BOB, &[bob, ("impersonate-group", "g")]).unwrap(), "g system:authenticated");
        let masters = act(BOB, &[bob, ("impersonate-group", MASTERS)]).unwrap_err();
        assert!(masters.ends_with("impersonating the system:masters group is not allowed"), "{masters}");
        let key = act(BOB, &[bob, ("impersonate-extra-foo", "x")]).unwrap_err();
        assert!(key.contains("must be a domain-prefixed path"), "{key}");
        const NODE: &[&str] = &[
            "impersonate-on:associated-node:get /pods//ns/p",
            "impersonate:associated-node authentication.k8s.io/nodes///*",
        ];
        assert_eq!(act(NODE, &[("impersonate-user", "system:node:n1")]).unwrap(), "system:nodes system:authenticated");
        assert!(act(NODE, &[("impersonate-user", "system:node:n2")]).is_err());
    }
}
