//! `/metrics` in the text format, under upstream's names.
use super::route::RequestInfo;
pub(super) use crate::metrics::head;
use crate::{
    auth::Decision,
    metrics::{Histogram, Series},
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use skeg_model::kinds;
use skeg_storage::Stats;
use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/// Upper bounds in seconds; upstream's for `apiserver_request_duration_seconds`.
static DURATION_BOUNDS: [f64; 23] = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0,
    45.0, 60.0,
];

/// Upper bounds in seconds of authentication and authorisation.
static AUTH_BOUNDS: [f64; 15] =
    [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];
/// Upper bounds in bytes of answers.
static ANSWER_BOUNDS: [f64; 7] = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/// Upper bounds in bytes of what is sent in.
static BODY_BOUNDS: [f64; 31] = body_bounds();

const fn body_bounds() -> [f64; 31] {
    let (mut bounds, mut at) = ([50_000.0; 31], 1);
    while at < bounds.len() {
        bounds[at] = bounds[at - 1] + 100_000.0;
        at += 1;
    }
    bounds
}

/// Labels of one request. Invariant: bounded, since resources that are not served are counted without their names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels {
    verb: &'static str,
    group: &'static str,
    version: &'static str,
    resource: &'static str,
    subresource: &'static str,
    scope: &'static str,
    dry_run: bool,
    code: u16,
}

/// Group, version and resource of what is watched.
type Watched = (&'static str, &'static str, &'static str);
/// Group, resource and verb of what is written.
type Written = (&'static str, &'static str, &'static str);

/// Counts of this server.
#[derive(Debug)]
pub struct Metrics {
    requests: Histogram<Labels, 23>,
    answers: Histogram<Labels, 7>,
    bodies: Histogram<Written, 31>,
    authentication: Histogram<&'static str, 15>,
    authorisation: Histogram<&'static str, 15>,
    users: Mutex<FxHashMap<&'static str, u64>>,
    watch_events: Mutex<FxHashMap<Watched, Arc<AtomicU64>>>,
    pub reading: Gauge,
    pub mutating: Gauge,
    pub long_running: Gauge,
    pub tls_errors: Gauge,
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn decrement(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Histogram::new(&DURATION_BOUNDS),
            answers: Histogram::new(&ANSWER_BOUNDS),
            bodies: Histogram::new(&BODY_BOUNDS),
            authentication: Histogram::new(&AUTH_BOUNDS),
            authorisation: Histogram::new(&AUTH_BOUNDS),
            users: Mutex::default(),
            watch_events: Mutex::default(),
            reading: Gauge::default(),
            mutating: Gauge::default(),
            long_running: Gauge::default(),
            tls_errors: Gauge::default(),
        }
    }
}

impl Metrics {
    pub fn request(&self, labels: Labels, code: u16, took: Duration) {
        self.requests.observe(Labels { code, ..labels }, took.as_secs_f64());
    }

    /// The bytes of an answer's body as they were sent. Only of reads, as upstream's.
    pub fn answered(&self, labels: Labels, bytes: u64) {
        self.answers.observe(Labels { code: 0, dry_run: false, ..labels }, bytes as f64);
    }

    /// The bytes of a request's body.
    pub fn body(&self, kind: &'static kinds::Kind, verb: kinds::Verb, bytes: usize) {
        self.bodies.observe((kind.group, kind.resource, verb.as_str()), bytes as f64);
    }

    /// Whom a request came from: a name, nobody, or somebody whose proof does not hold.
    pub fn authenticated(&self, user: Result<&str, Unknown>, took: Duration) {
        let result = match user {
            Ok(name) => {
                *self.users.lock().entry(known_user(name)).or_default() += 1;
                "success"
            }
            Err(Unknown::Nobody) => "failure",
            Err(Unknown::Unproven) => "error",
        };
        self.authentication.observe(result, took.as_secs_f64());
    }

    pub fn authorised(&self, decision: &Decision, took: Duration) {
        let result = match decision {
            Decision::Allow(_) => "allowed",
            Decision::Deny(_) => "denied",
            Decision::NoOpinion(_) => "no-opinion",
        };
        self.authorisation.observe(result, took.as_secs_f64());
    }

    /// Where a watch counts the events that it sends.
    pub fn watch_events(&self, kind: &'static skeg_model::kinds::Kind, version: &'static str) -> Arc<AtomicU64> {
        self.watch_events.lock().entry((kind.group, version, kind.resource)).or_default().clone()
    }

    /// The whole page; `process_*` is added by the caller.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write_requests(&mut out);
        self.write_auth(&mut out);
        head(&mut out, "apiserver_watch_events_total", "counter", "Number of events sent in watch clients");
        for ((group, version, resource), count) in self.watch_events.lock().iter() {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(
                out,
                "apiserver_watch_events_total{{group=\"{group}\",resource=\"{resource}\",version=\"{version}\"}} {count}"
            );
        }
        head(&mut out, "apiserver_current_inflight_requests", "gauge", "Requests in flight, by kind");
        let _ =
            writeln!(out, "apiserver_current_inflight_requests{{request_kind=\"mutating\"}} {}", self.mutating.get());
        let _ =
            writeln!(out, "apiserver_current_inflight_requests{{request_kind=\"readOnly\"}} {}", self.reading.get());
        head(&mut out, "apiserver_longrunning_requests", "gauge", "Watches and streams that are open");
        let _ = writeln!(out, "apiserver_longrunning_requests{{component=\"apiserver\"}} {}", self.long_running.get());
        head(
            &mut out,
            "apiserver_tls_handshake_errors_total",
            "counter",
            "Requests dropped with a TLS handshake error",
        );
        let _ = writeln!(out, "apiserver_tls_handshake_errors_total {}", self.tls_errors.get());
        out
    }

    fn write_requests(&self, out: &mut String) {
        let series = self.requests.sorted();
        head(
            out,
            "apiserver_request_total",
            "counter",
            "Requests by verb, dry run, group, version, resource, scope and code",
        );
        for (labels, series) in &series {
            let dry_run = if labels.dry_run { "All" } else { "" };
            let _ = writeln!(
                out,
                "apiserver_request_total{{code=\"{}\",component=\"apiserver\",dry_run=\"{dry_run}\",{}}} {}",
                labels.code,
                labels.text(),
                series.count
            );
        }
        const DURATION: &str = "apiserver_request_duration_seconds";
        head(out, DURATION, "histogram", "Time to answer, in seconds");
        for (labels, series) in merge_codes(series) {
            series.write(out, DURATION, &labels.of_apiserver(), &DURATION_BOUNDS);
        }
        let help = "Size of an answer to a read, in bytes";
        self.answers.write(out, "apiserver_response_sizes", help, Labels::of_apiserver);
        let help = "Size of a request's body, in bytes";
        self.bodies.write(out, "apiserver_request_body_size_bytes", help, |(group, resource, verb)| {
            format!("group=\"{group}\",resource=\"{resource}\",verb=\"{verb}\"")
        });
    }

    fn write_auth(&self, out: &mut String) {
        let counts = |out: &mut String, name: &str, help: &str, of: &Histogram<&'static str, 15>| {
            head(out, name, "counter", help);
            for (result, series) in of.sorted() {
                let _ = writeln!(out, "{name}{{result=\"{result}\"}} {}", series.count);
            }
        };
        let text = |result: &&'static str| format!("result=\"{result}\"");
        counts(out, "authentication_attempts", "Authentications by result", &self.authentication);
        let help = "Time to authenticate, in seconds";
        self.authentication.write(out, "authentication_duration_seconds", help, text);
        head(out, "authenticated_user_requests", "counter", "Requests of users; names that are not well known are one");
        let mut users: Vec<_> = self.users.lock().iter().map(|(name, count)| (*name, *count)).collect();
        users.sort_unstable();
        for (name, count) in users {
            let _ = writeln!(out, "authenticated_user_requests{{username=\"{name}\"}} {count}");
        }
        counts(out, "authorization_attempts_total", "Authorisations by result", &self.authorisation);
        let help = "Time to authorise, in seconds";
        self.authorisation.write(out, "authorization_duration_seconds", help, text);
    }
}

/// Why nobody was recognised.
#[derive(Debug, Clone, Copy)]
pub enum Unknown {
    /// Nothing was shown.
    Nobody,
    /// What was shown does not count.
    Unproven,
}

/// Well-known names stand for themselves, so that there are few.
fn known_user(name: &str) -> &'static str {
    const KNOWN: &[&str] = &["admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default"];
    let other = if name.contains('@') { "email_id" } else { "other" };
    KNOWN.iter().find(|it| **it == name).copied().unwrap_or(other)
}

/// What the store holds.
pub fn storage(out: &mut String, stats: &Stats) {
    const OBJECTS: &str = "apiserver_resource_objects";
    const BYTES: &str = "apiserver_resource_size_estimate_bytes";
    const OLD: &str = "apiserver_storage_objects";
    let kept = || kinds::ALL.iter().filter(|it| it.stored && it.hub.is_none());
    let ring =
        |prefix: &str| stats.rings.iter().find(|it| &*it.ring == prefix).map_or((0, 0), |it| (it.keys, it.bytes));
    let mut kinds: Vec<_> = kept().map(|it| (it.group, it.resource, ring(it.prefix))).collect();
    kinds.sort_unstable();
    let mut gauge = |name: &str, help: &str, of: fn((usize, usize)) -> usize| {
        head(out, name, "gauge", help);
        for (group, resource, sizes) in &kinds {
            let _ = writeln!(out, "{name}{{group=\"{group}\",resource=\"{resource}\"}} {}", of(*sizes));
        }
    };
    gauge(OBJECTS, "Objects that are stored", |it| it.0);
    gauge(BYTES, "Size of the objects that are stored, in bytes", |it| it.1);
    head(out, OLD, "gauge", "Objects that are stored; apiserver_resource_objects is the newer name");
    for (group, resource, (keys, _)) in &kinds {
        let dot = if group.is_empty() { "" } else { "." };
        let _ = writeln!(out, "{OLD}{{resource=\"{resource}{dot}{group}\"}} {keys}");
    }
    head(out, "apiserver_storage_size_bytes", "gauge", "Size of the store on disk, in bytes");
    let size = stats.log_bytes + stats.snapshot_bytes;
    let _ = writeln!(out, "apiserver_storage_size_bytes{{storage_cluster_id=\"embedded\"}} {size}");
}

/// Durations are not told apart by code and dry run.
fn merge_codes(series: Vec<(Labels, Series<23>)>) -> Vec<(Labels, Series<23>)> {
    let mut merged: Vec<(Labels, Series<23>)> = Vec::new();
    for (labels, one) in series {
        let labels = Labels { code: 0, dry_run: false, ..labels };
        match merged.iter_mut().find(|(l, _)| *l == labels) {
            Some((_, sum)) => sum.add(&one),
            None => merged.push((labels, one)),
        }
    }
    merged
}

impl Labels {
    /// Of a request whose answer is not known yet.
    pub fn of(info: &RequestInfo, dry_run: bool) -> Self {
        let row = skeg_model::kinds::by_resource(&info.group, &info.resource).filter(|_| info.is_resource);
        let version = row.and_then(|row| row.version(&info.version)).map_or("", |v| v.name);
        let sub = row.and_then(|row| row.subresource(&info.subresource)).map_or("", |s| s.name());
        let scope = match row {
            None => "",
            Some(_) if info.names_object() || info.verb == "create" => "resource",
            Some(_) if !info.namespace.is_empty() => "namespace",
            Some(_) => "cluster",
        };
        let (group, resource) = row.map_or(("", ""), |row| (row.group, row.resource));
        Self { verb: verb(&info.verb), group, version, resource, subresource: sub, scope, dry_run, code: 0 }
    }

    /// Whether the sizes of answers are of interest.
    pub fn reads(&self) -> bool {
        matches!(self.verb, "GET" | "LIST")
    }

    fn of_apiserver(&self) -> String {
        format!("component=\"apiserver\",{}", self.text())
    }

    fn text(&self) -> String {
        let Self { verb, group, version, resource, subresource, scope, .. } = self;
        format!(
            "group=\"{group}\",resource=\"{resource}\",scope=\"{scope}\",subresource=\"{subresource}\",verb=\"{verb}\",version=\"{version}\""
        )
    }
}

fn verb(verb: &str) -> &'static str {
    match verb {
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "create" => "POST",
        "post" => "POST",
        "update" | "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "deletecollection" => "DELETECOLLECTION",
        "proxy" => "CONNECT",
        _ => "other",
    }
}

/// `process_*` of this process, out of the text of `/proc/self/stat`, its clock ticks and its boot time.
pub fn process(out: &mut String, stat: &str, open_files: usize, boot_seconds: f64) {
    // Ticks of the kernel's user-space clock; 100 a second on every Linux architecture that is supported.
    const TICKS: f64 = 100.0;
    const PAGE_BYTES: f64 = 4096.0;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    let mut gauge = |name: &str, kind: &str, help: &str, value: f64| {
        head(out, name, kind, help);
        let _ = writeln!(out, "{name} {value}");
    };
    gauge(
        "process_cpu_seconds_total",
        "counter",
        "User and system CPU time, in seconds",
        (field(11) + field(12)) / TICKS,
    );
    gauge("process_open_fds", "gauge", "Open file descriptors", open_files as f64);
    gauge("process_resident_memory_bytes", "gauge", "Resident memory, in bytes", field(21) * PAGE_BYTES);
    gauge(
        "process_start_time_seconds",
        "gauge",
        "Start of the process since the epoch, in seconds",
        boot_seconds + field(19) / TICKS,
    );
    gauge("process_virtual_memory_bytes", "gauge", "Virtual memory, in bytes", field(20));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::url::Query;

    #[test]
    fn unknown_resources_do_not_make_series() {
        let metrics = Metrics::default();
        for path in ["/api/v1/pods", "/api/v1/gizmos", "/apis/x.example/v1/things"] {
            let info = RequestInfo::parse(&http::Method::GET, path, &Query::default()).unwrap();
            metrics.request(Labels::of(&info, false), 200, Duration::from_millis(30));
        }
        let text = metrics.text();
        let expected = "apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope=\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\"} 1";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("resource=\"\",scope=\"\",subresource=\"\",verb=\"LIST\",version=\"\"} 2"));
        assert!(!text.contains("gizmos"));
        assert!(text.contains("verb=\"LIST\",version=\"v1\",le=\"0.05\"} 1"));
    }

    #[test]
    fn who_asked_and_whether_they_may_is_counted() {
        let (metrics, took) = (Metrics::default(), Duration::from_millis(3));
        for name in ["admin", "alice", "bob@example.com", "carol"] {
            metrics.authenticated(Ok(name), took);
        }
        metrics.authenticated(Err(Unknown::Nobody), took);
        metrics.authenticated(Err(Unknown::Unproven), took);
        metrics.authorised(&Decision::Allow(String::new()), took);
        metrics.authorised(&Decision::NoOpinion(String::new()), took);
        let text = metrics.text();
        for line in [
            "authentication_attempts{result=\"success\"} 4",
            "authentication_attempts{result=\"failure\"} 1",
            "authentication_attempts{result=\"error\"} 1",
            "authenticated_user_requests{username=\"admin\"} 1",
            "authenticated_user_requests{username=\"email_id\"} 1",
            "authenticated_user_requests{username=\"other\"} 2",
            "authentication_duration_seconds_bucket{result=\"success\",le=\"0.002\"} 0",
            "authentication_duration_seconds_bucket{result=\"success\",le=\"0.004\"} 4",
            "authorization_attempts_total{result=\"allowed\"} 1",
            "authorization_attempts_total{result=\"no-opinion\"} 1",
        ] {
            assert!(text.contains(&format!("\n{line}\n")), "{line} in {text}");
        }
    }

    #[test]
    fn sizes_are_of_reads_and_of_what_is_sent() {
        let metrics = Metrics::default();
        let info = RequestInfo::parse(&http::Method::GET, "/api/v1/pods", &Query::default()).unwrap();
        let labels = Labels::of(&info, false);
        assert!(labels.reads());
        metrics.answered(labels, 20_000);
        metrics.body(kinds::by_resource("apps", "deployments").unwrap(), kinds::Verb::Create, 60_000);
        let text = metrics.text();
        for line in [
            "resource=\"pods\",scope=\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\",le=\"10000\"} 0",
            "resource=\"pods\",scope=\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\",le=\"100000\"} 1",
            "le=\"1e+09\"} 1",
            "apiserver_request_body_size_bytes_bucket{group=\"apps\",resource=\"deployments\",verb=\"create\",le=\"50000\"} 0",
            "apiserver_request_body_size_bytes_bucket{group=\"apps\",resource=\"deployments\",verb=\"create\",le=\"150000\"} 1",
            "apiserver_request_body_size_bytes_bucket{group=\"apps\",resource=\"deployments\",verb=\"create\",le=\"3.05e+06\"} 1",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn the_store_tells_what_it_holds() {
        let ring = |ring: &str, keys, bytes| skeg_storage::RingStats {
            ring: ring.into(),
            keys,
            bytes,
            window_events: 0,
            window_bytes: 0,
        };
        let rings = vec![ring("/registry/pods/", 3, 900), ring("/registry/events/", 2, 50)];
        let mut text = String::new();
        storage(&mut text, &Stats { rings, log_bytes: 7, snapshot_bytes: 4, ..Stats::default() });
        for line in [
            "apiserver_resource_objects{group=\"\",resource=\"pods\"} 3",
            "apiserver_resource_objects{group=\"\",resource=\"events\"} 2",
            "apiserver_resource_objects{group=\"apps\",resource=\"deployments\"} 0",
            "apiserver_resource_size_estimate_bytes{group=\"\",resource=\"pods\"} 900",
            "apiserver_storage_objects{resource=\"deployments.apps\"} 0",
            "apiserver_storage_size_bytes{storage_cluster_id=\"embedded\"} 11",
        ] {
            assert!(text.contains(&format!("\n{line}\n")), "{line} in {text}");
        }
        assert!(!text.contains("events.k8s.io"));
    }
}
