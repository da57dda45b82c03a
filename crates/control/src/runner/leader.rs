//! Leader election over a Lease: of several processes with the same work, one does it (client-go's `leaderelection`).
use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use skeg_client::{Client, EventRecorder, EventType, Object, Tasks, backoff::Random, reference_to};
use skeg_model::{status::Status, time::Clock};
use std::{future::Future, pin::pin, sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How much longer than the retry period a candidate may wait.
const JITTER: f64 = 1.2;

/// What a candidate runs with. Field names follow the `--leader-elect-…` flags.
#[derive(Debug, Clone)]
pub struct Election {
    pub client: Client,
    pub clock: Arc<dyn Clock>,
    /// Who reports events about the lease.
    pub component: &'static str,
    pub resource_namespace: String,
    pub resource_name: String,
    /// Different for every process.
    pub identity: String,
    /// How long others wait for a leader that no longer renews.
    pub lease_duration: Duration,
    /// How long a leader tries to renew before it gives up.
    pub renew_deadline: Duration,
    pub retry_period: Duration,
    pub seed: u64,
}

/// The lease could not be renewed in time; another process may lead by now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("leaderelection lost: {name} could not be renewed")]
pub struct Lost {
    pub name: String,
}

/// What is known of the lease, and since when by our own clock: holders' clocks need not agree with ours.
#[derive(Debug, Default)]
struct Observed {
    spec: Option<LeaseSpec>,
    since: Option<Instant>,
}

impl Observed {
    fn see(&mut self, spec: Option<&LeaseSpec>, now: Instant) {
        if self.spec.as_ref() != spec {
            self.spec = spec.cloned();
            self.since = Some(now);
        }
    }

    /// Whether another one holds it, as far as can be told.
    fn is_held_by_other(&self, identity: &str, now: Instant) -> bool {
        let Some(spec) = &self.spec else { return false };
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0);
        let until = self.since.map(|since| since + Duration::from_secs(seconds));
        !holder.is_empty() && holder != identity && until.is_some_and(|until| until > now)
    }
}

/// The lease as this process holds it from now on.
fn taken(old: Option<&LeaseSpec>, identity: &str, duration: Duration, now: Timestamp) -> LeaseSpec {
    let kept = old.filter(|spec| spec.holder_identity.as_deref() == Some(identity));
    let transitions = old.and_then(|spec| spec.lease_transitions).unwrap_or(0);
    let changes = i32::from(old.is_some() && kept.is_none());
    LeaseSpec {
        holder_identity: Some(identity.into()),
        lease_duration_seconds: Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)),
        acquire_time: kept.and_then(|spec| spec.acquire_time.clone()).or(Some(MicroTime(now))),
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(transitions.saturating_add(changes)),
        ..LeaseSpec::default()
    }
}

/// Does the work while this process leads; without an election at once.
///
/// # Errors
/// The work's own, or the lease was lost.
pub async fn lead<F, E>(
    election: Option<Election>,
    token: CancellationToken,
    work: impl FnOnce(CancellationToken) -> F,
) -> Result<(), E>
where
    F: Future<Output = Result<(), E>>,
    E: From<Lost>,
{
    let Some(election) = election else { return work(token).await };
    let tasks = Tasks::new(CancellationToken::new());
    let done = async {
        let recorder = election.recorder(&tasks);
        let mut observed = Observed::default();
        let elected = tokio::select! {
            () = token.cancelled() => false,
            () = election.acquire(&mut observed, &recorder) => true,
        };
        if !elected {
            return Ok(());
        }
        let term = token.child_token();
        let mut work = pin!(work(term.clone()));
        let done = tokio::select! {
            done = &mut work => Some(done),
            () = election.hold(&mut observed) => None,
        };
        let Some(done) = done else {
            term.cancel();
            work.await?;
            return Err(Lost { name: election.resource_name.clone() }.into());
        };
        election.release(&recorder).await;
        done
    };
    let done = done.await;
    tasks.shutdown().await;
    done
}

impl Election {
    fn recorder(&self, tasks: &Tasks) -> EventRecorder {
        EventRecorder::new(self.client.clone(), self.component, "", self.clock.clone(), tasks)
    }

    /// Waits until this process leads.
    async fn acquire(&self, observed: &mut Observed, recorder: &EventRecorder) {
        let mut random = Random::new(self.seed);
        tracing::info!(lease = %self.resource_name, "waiting to lead");
        loop {
            match self.try_take(observed).await {
                Ok(Some(lease)) => {
                    tracing::info!(lease = %self.resource_name, "leading");
                    let text = format!("{} became leader", self.identity);
                    recorder.event(&reference_to(&lease), EventType::Normal, "LeaderElection", text);
                    return;
                }
                Ok(None) => {}
                Err(error) => tracing::debug!(lease = %self.resource_name, %error, "could not be taken"),
            }
            tokio::time::sleep(self.retry_period.mul_f64(1.0 + JITTER * random.fraction())).await;
        }
    }

    /// Renews; returns when the deadline has passed without success.
    async fn hold(&self, observed: &mut Observed) {
        let mut deadline = Instant::now() + self.renew_deadline;
        loop {
            tokio::time::sleep(self.retry_period).await;
            match tokio::time::timeout_at(deadline, self.try_take(observed)).await {
                Ok(Ok(Some(_))) => deadline = Instant::now() + self.renew_deadline,
                Ok(Ok(None)) => tracing::warn!(lease = %self.resource_name, "another process holds it"),
                Ok(Err(error)) => tracing::debug!(lease = %self.resource_name, %error, "could not be renewed"),
                Err(_) => return,
            }
            if Instant::now() >= deadline {
                return;
            }
        }
    }

    /// Takes or renews the lease; None while another one holds it.
    async fn try_take(&self, observed: &mut Observed) -> Result<Option<Lease>, Status> {
        let found = self.client.get::<Lease>(Some(&self.resource_namespace), &self.resource_name).await;
        let lease = match found {
            Ok(lease) => Some(lease),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        let spec = lease.as_ref().map(|lease| lease.spec.clone().unwrap_or_default());
        observed.see(spec.as_ref(), Instant::now());
        if observed.is_held_by_other(&self.identity, Instant::now()) {
            return Ok(None);
        }
        let spec = taken(spec.as_ref(), &self.identity, self.lease_duration, self.clock.now());
        let written = match lease {
            Some(lease) => self.client.update(&Lease { spec: Some(spec), ..(*lease).clone() }).await?,
            None => self.client.create(&Lease { metadata: self.metadata(), spec: Some(spec) }).await?,
        };
        observed.see(written.spec.as_ref(), Instant::now());
        Ok(Some((*written).clone()))
    }

    fn metadata(&self) -> ObjectMeta {
        ObjectMeta {
            name: Some(self.resource_name.clone()),
            namespace: Some(self.resource_namespace.clone()),
            ..ObjectMeta::default()
        }
    }

    /// Lets the next one take over at once. If it fails, they wait the lease out.
    async fn release(&self, recorder: &EventRecorder) {
        let Ok(lease) = self.client.get::<Lease>(Some(&self.resource_namespace), &self.resource_name).await else {
            return;
        };
        let mut spec = lease.spec.clone().unwrap_or_default();
        if spec.holder_identity.as_deref() != Some(&self.identity) {
            return;
        }
        let now = MicroTime(self.clock.now());
        spec.holder_identity = Some(String::new());
        spec.lease_duration_seconds = Some(1);
        (spec.renew_time, spec.acquire_time) = (Some(now.clone()), Some(now));
        let text = format!("{} stopped leading", self.identity);
        recorder.event(&reference_to(&*lease), EventType::Normal, "LeaderElection", text);
        if let Err(error) = self.client.update(&Lease { spec: Some(spec), ..(*lease).clone() }).await {
            tracing::debug!(lease = lease.name(), %error, "could not be released");
        }
    }
}
