//! Of several processes one leads.
use crate::objects::gvr;
use serde_json::Value;
use skeg_client::{Client, object::target};
use skeg_control::runner::leader::{Election, Lost, lead};
use skeg_testing::{
    api::{FakeApi, FakeTransport},
    clock::TokioClock,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

struct Candidate {
    token: CancellationToken,
    task: JoinHandle<Result<(), Lost>>,
}

fn candidate(api: &Arc<FakeApi>, identity: &str, leaders: &Arc<AtomicUsize>) -> Candidate {
    let election = Election {
        client: Client::new(Arc::new(FakeTransport(api.clone()))),
        clock: Arc::new(TokioClock::default()),
        component: "kube-scheduler",
        resource_namespace: "kube-system".into(),
        resource_name: "kube-scheduler".into(),
        identity: identity.into(),
        lease_duration: Duration::from_secs(15),
        renew_deadline: Duration::from_secs(10),
        retry_period: Duration::from_secs(2),
        seed: 1,
    };
    let (token, leaders) = (CancellationToken::new(), leaders.clone());
    let task = tokio::spawn(lead(Some(election), token.clone(), |token| async move {
        leaders.fetch_add(1, Ordering::SeqCst);
        token.cancelled().await;
        leaders.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }));
    Candidate { token, task }
}

fn holder(api: &FakeApi) -> Value {
    api.objects("leases")[0]["spec"]["holderIdentity"].clone()
}

fn start() -> (Arc<FakeApi>, Arc<AtomicUsize>) {
    (FakeApi::new(Arc::new(TokioClock::default())), Arc::default())
}

#[tokio::test(start_paused = true)]
async fn the_next_one_takes_over_at_once_when_a_leader_stops() {
    let (api, leaders) = start();
    let first = candidate(&api, "a", &leaders);
    sleep(Duration::from_secs(1)).await;
    let second = candidate(&api, "b", &leaders);
    sleep(Duration::from_secs(60)).await;
    assert_eq!((holder(&api), leaders.load(Ordering::SeqCst)), ("a".into(), 1));
    first.token.cancel();
    first.task.await.unwrap().unwrap();
    sleep(Duration::from_secs(6)).await;
    assert_eq!((holder(&api), leaders.load(Ordering::SeqCst)), ("b".into(), 1));
    assert_eq!(api.objects("leases")[0]["spec"]["leaseTransitions"], 1);
    second.token.cancel();
    second.task.await.unwrap().unwrap();
    assert_eq!(holder(&api), "");
}

#[tokio::test(start_paused = true)]
async fn a_dead_leader_is_waited_for_as_long_as_its_lease_lasts() {
    let (api, leaders) = start();
    let first = candidate(&api, "a", &leaders);
    sleep(Duration::from_secs(1)).await;
    first.task.abort();
    leaders.store(0, Ordering::SeqCst);
    let second = candidate(&api, "b", &leaders);
    sleep(Duration::from_secs(14)).await;
    assert_eq!(leaders.load(Ordering::SeqCst), 0);
    sleep(Duration::from_secs(8)).await;
    assert_eq!((holder(&api), leaders.load(Ordering::SeqCst)), ("b".into(), 1));
    second.token.cancel();
    second.task.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_cannot_renew_stops_before_another_may_start() {
    let (api, leaders) = start();
    let first = candidate(&api, "a", &leaders);
    sleep(Duration::from_secs(5)).await;
    api.cut_after(0);
    sleep(Duration::from_secs(14)).await;
    assert_eq!(leaders.load(Ordering::SeqCst), 0);
    assert_eq!(first.task.await.unwrap(), Err(Lost { name: "kube-scheduler".into() }));
}

#[tokio::test(start_paused = true)]
async fn a_lease_taken_away_ends_the_term() {
    let (api, leaders) = start();
    let first = candidate(&api, "a", &leaders);
    sleep(Duration::from_secs(5)).await;
    let mut lease = api.objects("leases").remove(0);
    lease["spec"]["holderIdentity"] = "b".into();
    let client = Client::new(Arc::new(FakeTransport(api.clone())));
    let place = target(gvr("leases"), Some("kube-system"), Some("kube-scheduler"), None);
    client.update_tree(&place, lease).await.unwrap();
    sleep(Duration::from_secs(14)).await;
    assert!(first.task.await.unwrap().is_err());
}
