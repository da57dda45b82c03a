//! `/healthz`, `/livez` and `/readyz`: named checks, each alone or all together.
use super::url::Query;
use parking_lot::RwLock;
use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

type Probe = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The three endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    Healthz,
    Livez,
    Readyz,
}

impl Endpoint {
    pub const ALL: [Self; 3] = [Self::Healthz, Self::Livez, Self::Readyz];

    pub fn name(self) -> &'static str {
        match self {
            Self::Healthz => "healthz",
            Self::Livez => "livez",
            Self::Readyz => "readyz",
        }
    }
}

struct Check {
    name: String,
    at: &'static [Endpoint],
    probe: Probe,
    /// How often it passed and failed at each endpoint.
    passed: [AtomicU64; 3],
    failed: [AtomicU64; 3],
}

impl Check {
    /// One more check for an endpoint.
    fn run(&self, endpoint: Endpoint) -> Result<(), String> {
        let verdict = (self.probe)();
        let counts = if verdict.is_ok() { &self.passed } else { &self.failed };
        counts[endpoint as usize].fetch_add(1, Ordering::Relaxed);
        verdict
    }
}

/// A check at one endpoint: what it says now, and what it said to those who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub name: String,
    pub endpoint: &'static str,
    pub passes: bool,
    pub passed: u64,
    pub failed: u64,
}

/// The server's checks, in the order they were added.
pub struct Health {
    checks: RwLock<Vec<Check>>,
    shutting_down: Arc<AtomicBool>,
}

/// A step of the start that `/readyz` and `/livez` wait for: `poststarthook/NAME`.
#[derive(Debug, Clone)]
pub struct Hook(Arc<AtomicBool>);

impl Hook {
    pub fn done(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// What an endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub code: u16,
    pub text: String,
}

impl Default for Health {
    /// `ping`, `log` and `shutdown`, which need nothing.
    fn default() -> Self {
        let shutting_down = Arc::new(AtomicBool::new(false));
        let health = Self { checks: RwLock::default(), shutting_down: shutting_down.clone() };
        health.add("ping", &Endpoint::ALL, || Ok(()));
        health.add("log", &Endpoint::ALL, || Ok(()));
        health.add("shutdown", &[Endpoint::Readyz], move || {
            if shutting_down.load(Ordering::Acquire) { Err("process is shutting down".into()) } else { Ok(()) }
        });
        health
    }
}

impl Health {
    /// A check at all three endpoints: `etcd` for the store and the like.
    pub fn check(&self, name: &str, probe: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.add(name, &Endpoint::ALL, probe);
    }

    /// A check of readiness only: `etcd-readiness`, `informer-sync`.
    pub fn readiness(&self, name: &str, probe: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.add(name, &[Endpoint::Readyz], probe);
    }

    /// A step that must have finished once.
    pub fn hook(&self, name: &str) -> Hook {
        let done = Arc::new(AtomicBool::new(false));
        let seen = done.clone();
        self.check(&format!("poststarthook/{name}"), move || {
            if seen.load(Ordering::Acquire) { Ok(()) } else { Err("not finished".into()) }
        });
        Hook(done)
    }

    pub fn begin_shutdown(&self) {
        self.shutting_down.store(true, Ordering::Release);
    }

    fn add(&self, name: &str, at: &'static [Endpoint], probe: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        self.checks.write().push(Check {
            name: name.to_owned(),
            at,
            probe: Box::new(probe),
            passed: Default::default(),
            failed: Default::default(),
        });
    }

    /// Names of an endpoint's checks.
    pub fn names(&self, endpoint: Endpoint) -> Vec<String> {
        self.checks.read().iter().filter(|c| c.at.contains(&endpoint)).map(|c| c.name.clone()).collect()
    }

    /// Every check at every endpoint; asking counts for nothing.
    pub fn records(&self) -> Vec<Record> {
        let checks = self.checks.read();
        let record = |endpoint: Endpoint, check: &Check| Record {
            name: check.name.clone(),
            endpoint: endpoint.name(),
            passes: (check.probe)().is_ok(),
            passed: check.passed[endpoint as usize].load(Ordering::Relaxed),
            failed: check.failed[endpoint as usize].load(Ordering::Relaxed),
        };
        let at = |endpoint| checks.iter().filter(move |it| it.at.contains(&endpoint)).map(move |it| (endpoint, it));
        Endpoint::ALL.into_iter().flat_map(at).map(|(endpoint, check)| record(endpoint, check)).collect()
    }

    /// Whether everything needed for traffic is up.
    pub fn ready(&self) -> bool {
        self.all(Endpoint::Readyz, &Query::default()).code == 200
    }

    /// One check by name; None if the endpoint has none of that name.
    pub fn one(&self, endpoint: Endpoint, name: &str) -> Option<Verdict> {
        let checks = self.checks.read();
        let check = checks.iter().find(|c| c.name == name && c.at.contains(&endpoint))?;
        Some(match check.run(endpoint) {
            Ok(()) => Verdict { code: 200, text: "ok".into() },
            Err(why) => Verdict { code: 500, text: format!("internal server error: {why}\n") },
        })
    }

    /// All checks but those that `?exclude=` names.
    pub fn all(&self, endpoint: Endpoint, query: &Query) -> Verdict {
        let mut excluded: BTreeSet<&str> = query.all("exclude").collect();
        let mut lines = String::new();
        let mut failed = false;
        for check in self.checks.read().iter().filter(|c| c.at.contains(&endpoint)) {
            if excluded.remove(check.name.as_str()) {
                lines.push_str(&format!("[+]{} excluded: ok\n", check.name));
            } else if let Err(why) = check.run(endpoint) {
                tracing::warn!(check = check.name, %why, "health check failed");
                failed = true;
                lines.push_str(&format!("[-]{} failed: reason withheld\n", check.name));
            } else {
                lines.push_str(&format!("[+]{} ok\n", check.name));
            }
        }
        if !excluded.is_empty() {
            let names: Vec<String> = excluded.iter().map(|n| super::failure::quoted(n)).collect();
            lines.push_str(&format!(
                "warn: some health checks cannot be excluded: no matches for {}\n",
                names.join(", ")
            ));
        }
        let name = endpoint.name();
        if failed {
            return Verdict { code: 500, text: format!("{lines}{name} check failed\n") };
        }
        let text = if query.has("verbose") { format!("{lines}{name} check passed\n") } else { "ok".into() };
        Verdict { code: 200, text }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.checks.read().iter().map(|c| &c.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_holds_readiness_back() {
        let health = Health::default();
        let hook = health.hook("rbac/bootstrap-roles");
        let verbose = Query::parse(Some("verbose"));
        let verdict = health.all(Endpoint::Readyz, &verbose);
        let expected = "[+]ping ok\n[+]log ok\n[+]shutdown ok\n[-]poststarthook/rbac/bootstrap-roles failed: reason withheld\nreadyz check failed\n";
        assert_eq!(verdict, Verdict { code: 500, text: expected.into() });
        hook.done();
        assert_eq!(health.all(Endpoint::Readyz, &Query::default()), Verdict { code: 200, text: "ok".into() });
        assert_eq!(health.one(Endpoint::Livez, "shutdown"), None);
        health.begin_shutdown();
        assert!(!health.ready());
        assert_eq!(health.all(Endpoint::Livez, &Query::default()).code, 200);
    }

    #[test]
    fn exclusions_are_reported() {
        let text =
            Health::default().all(Endpoint::Healthz, &Query::parse(Some("verbose&exclude=nope&exclude=log"))).text;
        assert_eq!(
            text,
            "[+]ping ok\n[+]log excluded: ok\nwarn: some health checks cannot be excluded: no matches for \"nope\"\nhealthz check passed\n"
        );
    }
}
