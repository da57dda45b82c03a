//! What a request line asks for: upstream's `RequestInfo` grammar, pure.
use super::url::Query;
use http::Method;

/// A request line, taken apart. For anything but resources only `path` and `verb` are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestInfo {
    pub is_resource: bool,
    /// Decoded path.
    pub path: String,
    /// API verb, or the lower-case method for other paths.
    pub verb: String,
    pub group: String,
    pub version: String,
    pub namespace: String,
    pub resource: String,
    pub subresource: String,
    pub name: String,
    /// Parts behind the subresource: the path that a proxy forwards.
    pub rest: Vec<String>,
    /// The verb came from a legacy `/watch/` path.
    pub legacy_watch: bool,
}

/// Why a path has no meaning at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to determine kind and namespace from url, {0}")]
pub struct BadPath(String);

impl RequestInfo {
    /// # Errors
    /// A `/watch` or `/proxy` path that names nothing.
    pub fn parse(method: &Method, path: &str, query: &Query) -> Result<Self, BadPath> {
        let mut info = Self { path: path.to_owned(), verb: method.as_str().to_ascii_lowercase(), ..Self::default() };
        let all: Vec<&str> = path.trim_matches('/').split('/').collect();
        let Some((group, version, mut parts)) = group_version(&all) else { return Ok(info) };
        info.is_resource = true;
        info.group = group.to_owned();
        info.version = version.to_owned();
        if let [special @ ("watch" | "proxy"), rest @ ..] = parts {
            if rest.is_empty() {
                return Err(BadPath(path.to_owned()));
            }
            info.verb = (*special).to_owned();
            info.legacy_watch = *special == "watch";
            parts = rest;
        } else {
            info.verb = method_verb(method).to_owned();
        }
        if let ["namespaces", namespace, rest @ ..] = parts {
            info.namespace = (*namespace).to_owned();
            if rest.first().is_some_and(|sub| !matches!(*sub, "status" | "finalize")) {
                parts = rest;
            }
        }
        info.take_parts(parts);
        info.collection_verb(query);
        Ok(info)
    }

    fn take_parts(&mut self, parts: &[&str]) {
        let at = |i: usize| parts.get(i).copied().unwrap_or_default().to_owned();
        self.resource = at(0);
        self.name = at(1);
        if self.verb == "proxy" {
            self.rest = parts.iter().skip(2).map(ToString::to_string).collect();
        } else {
            self.subresource = at(2);
            self.rest = parts.iter().skip(3).map(ToString::to_string).collect();
        }
    }

    fn collection_verb(&mut self, query: &Query) {
        if !self.name.is_empty() {
            return;
        }
        match self.verb.as_str() {
            "get" => {
                self.verb = if query.flag("watch") { "watch" } else { "list" }.to_owned();
                self.name = query.first("fieldSelector").and_then(exact_name).unwrap_or_default();
            }
            "delete" => "deletecollection".clone_into(&mut self.verb),
            _ => {}
        }
    }

    /// Whether the path itself names an object (a field selector may name one, too).
    pub fn names_object(&self) -> bool {
        let by_selector = self.verb == "list" || (self.verb == "watch" && !self.legacy_watch);
        !self.name.is_empty() && !by_selector
    }
}

fn group_version<'a>(parts: &'a [&'a str]) -> Option<(&'a str, &'a str, &'a [&'a str])> {
    match parts {
        ["api", version, rest @ ..] if !rest.is_empty() => Some(("", version, rest)),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => Some((group, version, rest)),
        _ => None,
    }
}

fn method_verb(method: &Method) -> &'static str {
    match *method {
        Method::POST => "create",
        Method::GET | Method::HEAD => "get",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "",
    }
}

/// `metadata.name=x` anywhere among the terms: the authoriser may then decide by name.
fn exact_name(selector: &str) -> Option<String> {
    let name = selector.split(',').find_map(|term| {
        let value = term.trim().strip_prefix("metadata.name")?;
        (value.starts_with('=')).then(|| value.trim_start_matches('='))
    })?;
    let valid = !name.is_empty() && !matches!(name, "." | "..") && !name.contains(['/', '%', '!']);
    valid.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let (method, url) = line.split_once(' ').unwrap();
        let (path, query) = url.split_once('?').map_or((url, None), |(p, q)| (p, Some(q)));
        let info = RequestInfo::parse(&method.parse().unwrap(), path, &Query::parse(query)).unwrap();
        let got = if info.is_resource {
            let rest = info.rest.join("/");
            format!(
                "{} {}/{} ns={} {}/{}/{} [{rest}]",
                info.verb, info.group, info.version, info.namespace, info.resource, info.name, info.subresource
            )
        } else {
            format!("{} {}", info.verb, info.path)
        };
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn paths() {
        check("GET /api", "get /api");
        check("GET /api/v1", "get /api/v1");
        check("GET /apis/apps/v1", "get /apis/apps/v1");
        check("HEAD /healthz", "head /healthz");
        check("GET /api/v1/pods", "list /v1 ns= pods// []");
        check("GET /api/v1/pods?watch=1", "watch /v1 ns= pods// []");
        check("GET /api/v1/namespaces/a/pods", "list /v1 ns=a pods// []");
        check("GET /api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx", "list /v1 ns=a pods/x/ []");
        check("GET /api/v1/namespaces/a/pods/x", "get /v1 ns=a pods/x/ []");
        check("PUT /api/v1/namespaces/a/pods/x/status", "update /v1 ns=a pods/x/status []");
        check("GET /api/v1/namespaces/a", "get /v1 ns=a namespaces/a/ []");
        check("PUT /api/v1/namespaces/a/finalize", "update /v1 ns=a namespaces/a/finalize []");
        check("DELETE /api/v1/namespaces/a/pods", "deletecollection /v1 ns=a pods// []");
        check("POST /apis/apps/v1/namespaces/a/deployments", "create apps/v1 ns=a deployments// []");
        check("GET /api/v1/watch/namespaces/a/pods/x", "watch /v1 ns=a pods/x/ []");
        check("GET /api/v1/nodes/n/proxy/a/b", "get /v1 ns= nodes/n/proxy [a/b]");
        check("OPTIONS /api/v1/pods", " /v1 ns= pods// []");
    }

    #[test]
    fn watch_of_nothing_is_refused() {
        let parse = RequestInfo::parse(&Method::GET, "/api/v1/watch", &Query::default());
        assert!(parse.is_err());
    }
}
