//! `/metrics` in the text format, under upstream's names.
use super::route::RequestInfo;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
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
const DURATION_BOUNDS: &[f64] = &[
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0,
    45.0, 60.0,
];

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

#[derive(Debug, Clone, Default)]
struct Series {
    count: u64,
    sum_seconds: f64,
    buckets: [u64; DURATION_BOUNDS.len()],
}

/// Group, version and kind of what is watched.
type Watched = (&'static str, &'static str, &'static str);

/// Counts of this server.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<FxHashMap<Labels, Series>>,
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

impl Metrics {
    pub fn request(&self, labels: Labels, code: u16, took: Duration) {
        let labels = Labels { code, ..labels };
        let seconds = took.as_secs_f64();
        let mut requests = self.requests.lock();
        let series = requests.entry(labels).or_default();
        series.count += 1;
        series.sum_seconds += seconds;
        if let Some(i) = DURATION_BOUNDS.iter().position(|bound| seconds <= *bound) {
            series.buckets[i] += 1;
        }
    }

    /// Where a watch counts the events that it sends.
    pub fn watch_events(&self, kind: &'static skeg_model::kinds::Kind, version: &'static str) -> Arc<AtomicU64> {
        self.watch_events.lock().entry((kind.group, version, kind.kind)).or_default().clone()
    }

    /// The whole page; `process_*` is added by the caller.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write_requests(&mut out);
        head(&mut out, "apiserver_watch_events_total", "counter", "Number of events sent in watch clients");
        for ((group, version, kind), count) in self.watch_events.lock().iter() {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(
                out,
                "apiserver_watch_events_total{{group=\"{group}\",kind=\"{kind}\",version=\"{version}\"}} {count}"
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
        let mut series: Vec<_> = self.requests.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        series.sort_by(|a, b| a.0.cmp(&b.0));
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
        head(out, "apiserver_request_duration_seconds", "histogram", "Time to answer, in seconds");
        for (labels, series) in merge_codes(series) {
            let text = labels.text();
            let mut below = 0;
            for (bound, count) in DURATION_BOUNDS.iter().zip(series.buckets) {
                below += count;
                let _ = writeln!(
                    out,
                    "apiserver_request_duration_seconds_bucket{{component=\"apiserver\",{text},le=\"{bound}\"}} {below}"
                );
            }
            let _ = writeln!(
                out,
                "apiserver_request_duration_seconds_bucket{{component=\"apiserver\",{text},le=\"+Inf\"}} {}",
                series.count
            );
            let _ = writeln!(
                out,
                "apiserver_request_duration_seconds_sum{{component=\"apiserver\",{text}}} {}",
                series.sum_seconds
            );
            let _ = writeln!(
                out,
                "apiserver_request_duration_seconds_count{{component=\"apiserver\",{text}}} {}",
                series.count
            );
        }
    }
}

/// Durations are not told apart by code and dry run.
fn merge_codes(series: Vec<(Labels, Series)>) -> Vec<(Labels, Series)> {
    let mut merged: Vec<(Labels, Series)> = Vec::new();
    for (labels, one) in series {
        let labels = Labels { code: 0, dry_run: false, ..labels };
        match merged.iter_mut().find(|(l, _)| *l == labels) {
            Some((_, sum)) => {
                sum.count += one.count;
                sum.sum_seconds += one.sum_seconds;
                sum.buckets.iter_mut().zip(one.buckets).for_each(|(a, b)| *a += b);
            }
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

pub fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
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
}
