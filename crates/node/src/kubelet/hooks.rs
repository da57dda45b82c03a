//! Lifecycle hooks: a command in the container, an HTTP request to it, or a pause.
use super::{
    metrics::HOOK_FALLBACKS,
    probes::{
        authority,
        http::{self, HttpError, port_number},
    },
    shared::Shared,
};
use k8s_openapi::api::core::v1::{Container, HTTPGetAction, HTTPHeader, LifecycleHandler, Pod};
use skeg_client::{EventType, reference_to};
use std::time::Duration;

const AGENT: &str = "kube-lifecycle";

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
        return http_get(shared, hook, it).await.map_err(|error| {
            format!(
                "HTTP lifecycle hook ({}) for Container \"{}\" in Pod \"{}\" failed - error: {error}",
                it.path.as_deref().unwrap_or_default(),
                hook.container.name,
                crate::pod::spec::full_name(hook.pod),
            )
        });
    }
    if let Some(it) = &hook.handler.sleep {
        tokio::time::sleep(Duration::from_secs(u64::try_from(it.seconds).unwrap_or(0))).await;
        return Ok(());
    }
    Err("Cannot run handler: invalid handler".to_owned())
}

/// Any answer will do. A server that answers an HTTPS request in the clear is asked again so, without credentials.
async fn http_get(shared: &Shared, hook: &Hook<'_>, action: &HTTPGetAction) -> Result<(), String> {
    let host = action.host.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| hook.pod_ip.to_owned());
    let port = port_number(&action.port, hook.container)?;
    let scheme = action.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
    let path = action.path.as_deref().unwrap_or_default();
    let headers = action.http_headers.clone().unwrap_or_default();
    let url = http::url(&scheme, &host, port, path);
    let error = match http::get(&url, &headers, AGENT).await {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let failed = format!("Get \"{url}\": {error}");
    if !matches!(error, HttpError::Plain) {
        return Err(failed);
    }
    let open: Vec<HTTPHeader> =
        headers.into_iter().filter(|it| !it.name.eq_ignore_ascii_case("authorization")).collect();
    if http::get(&http::url("http", &host, port, path), &open, AGENT).await.is_err() {
        return Err(failed);
    }
    shared.metrics.count(&HOOK_FALLBACKS, &[]);
    let text = format!(
        "request to HTTPS lifecycle hook {} got HTTP response, retry with HTTP succeeded",
        authority(&host, port)
    );
    shared.recorder.event(&reference_to(hook.pod), EventType::Warning, "LifecycleHTTPFallback", text);
    Ok(())
}
