//! `/metrics/cadvisor`: what the kernel tells of the node's cgroup, those of its pods and of their containers, under the names
//! that cAdvisor gave them; read when it is asked for.
mod families;
mod gather;
mod machine;
mod system;

use super::{Answer, text};
use crate::kubelet::{metrics::escaped, shared::Shared};
use http::{HeaderValue, StatusCode, header};
use std::{collections::BTreeMap, fmt::Write, sync::Arc};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
}

/// One value of a family with its labels.
#[derive(Debug, Clone, PartialEq)]
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: f64,
    /// Milliseconds since the epoch, where the value belongs to a moment.
    at: Option<i64>,
}

/// Families by name, as the text format orders them.
#[derive(Debug, Default)]
struct Families(BTreeMap<&'static str, (Kind, &'static str, Vec<Sample>)>);

impl Families {
    fn add(&mut self, (name, kind, help): (&'static str, Kind, &'static str), sample: Sample) {
        self.0.entry(name).or_insert_with(|| (kind, help, Vec::new())).2.push(sample);
    }

    fn text(mut self) -> String {
        let mut out = String::new();
        for (name, (kind, help, samples)) in &mut self.0 {
            let kind = if *kind == Kind::Counter { "counter" } else { "gauge" };
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for sample in samples.iter_mut() {
                sample.labels.sort_unstable();
            }
            samples.sort_by(|one, other| one.labels.cmp(&other.labels));
            for sample in samples {
                let labels: Vec<String> =
                    sample.labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
                let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
                let _ = match sample.at {
                    Some(at) => writeln!(out, "{name}{labels} {} {at}", sample.value),
                    None => writeln!(out, "{name}{labels} {}", sample.value),
                };
            }
        }
        out
    }
}

pub(super) async fn metrics(shared: &Arc<Shared>) -> Answer {
    let named = gather::named(shared).await;
    let failed = named.is_err();
    let named = named.unwrap_or_default();
    let kubelet = shared.clone();
    let made = tokio::task::spawn_blocking(move || {
        let mut out = Families::default();
        let now = kubelet.config.clock.now().as_millisecond();
        for seen in gather::all(&kubelet, &named) {
            families::put(&mut out, &seen, now);
        }
        let file_systems = system::file_systems();
        families::put_file_systems(&mut out, &file_systems, now);
        machine::put(&mut out, now);
        out
    });
    let Ok(mut out) = made.await else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "the cgroups cannot be read");
    };
    let help = "1 if there was an error while getting container metrics, 0 otherwise";
    let error = Sample { labels: Vec::new(), value: f64::from(u8::from(failed)), at: None };
    out.add(("container_scrape_error", Kind::Gauge, help), error);
    let mut answer = text(StatusCode::OK, out.text());
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, format);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_samples_are_in_order() {
        let mut out = Families::default();
        let sample = |name: &str, value| Sample {
            labels: vec![("pod", "p\"".to_owned()), ("name", name.to_owned())],
            value,
            at: Some(7),
        };
        out.add(("b", Kind::Counter, "B."), sample("y", 2.0));
        out.add(("b", Kind::Counter, "B."), sample("x", 1.5));
        out.add(("a", Kind::Gauge, "A."), Sample { labels: Vec::new(), value: 0.0, at: None });
        let want = "# HELP a A.\n# TYPE a gauge\na 0\n# HELP b B.\n# TYPE b counter\n\
                    b{name=\"x\",pod=\"p\\\"\"} 1.5 7\nb{name=\"y\",pod=\"p\\\"\"} 2 7\n";
        assert_eq!(out.text(), want);
    }
}
