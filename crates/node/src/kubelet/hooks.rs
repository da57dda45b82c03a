//! Lifecycle hooks: a command in the container, an HTTP request to it, or a pause.
use super::{
    probes::http::{self, port_number},
    shared::Shared,
};
use k8s_openapi::api::core::v1::{Container, LifecycleHandler, Pod};
use std::time::Duration;

/// A hook and whose it is.
pub(super) struct Hook<'a> {
    pub pod: &'a Pod,
    pub container: &'a Container,
    pub container_id: &'a str,
    pub pod_ip: &'a str,
    pub handler: &'a LifecycleHandler,
}

/// Runs it to its end.
///
/// # Errors
/// What the hook's author may be told.
pub(super) async fn run_hook(shared: &Shared, hook: &Hook<'_>) -> Result<(), String> {
    if let Some(it) = &hook.handler.exec {
        let command = it.command.clone().unwrap_or_default();
        let shown = command.join(" ");
        let output = shared.runtime.exec_sync(hook.container_id, command, Duration::ZERO).await;
        let failed = |why: String, message: String| {
            Err(format!(
                "Exec lifecycle hook ([{shown}]) for Container \"{}\" in Pod \"{}\" failed - error: {why}, message: {message:?}",
                hook.container.name,
                crate::pod::spec::full_name(hook.pod),
            ))
        };
        return match output {
            Ok(output) if output.exit_code == 0 => Ok(()),
            Ok(output) => {
                let message = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
                failed(format!("command '{shown}' exited with {}: ", output.exit_code), message)
            }
            Err(error) => failed(error.message().to_owned(), String::new()),
        };
    }
    if let Some(it) = &hook.handler.http_get {
        let host = it.host.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| hook.pod_ip.to_owned());
        let port = port_number(&it.port, hook.container)?;
        let scheme = it.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let url = http::url(&scheme, &host, port, it.path.as_deref().unwrap_or_default());
        let headers = it.http_headers.clone().unwrap_or_default();
        return http::get(&url, &headers, "kube-lifecycle").await.map(|_| ()).map_err(|error| error.to_string());
    }
    if let Some(it) = &hook.handler.sleep {
        tokio::time::sleep(Duration::from_secs(u64::try_from(it.seconds).unwrap_or(0))).await;
        return Ok(());
    }
    Err("a lifecycle handler has no action".to_owned())
}
