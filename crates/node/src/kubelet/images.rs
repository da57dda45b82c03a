//! Images that containers need: present, or pulled with back-off.
use super::{
    configuration::ImagePulls,
    metrics::{ENSURE_IMAGE, IMAGE_PULL_DURATION},
    shared::Shared,
};
use crate::{
    cri::api,
    pod::{
        backoff::Backoff,
        spec::{namespace, uid},
    },
};
use base64::Engine;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, ObjectReference, Pod, Secret};
use parking_lot::Mutex;
use skeg_client::EventType;
use std::collections::HashMap;
use tokio::sync::Semaphore;

/// An image that is there.
#[derive(Debug, Clone)]
pub struct Present {
    /// As the runtime names it.
    pub id: String,
    /// User that its process runs as: a number, or a name.
    pub uid: Option<i64>,
    pub username: String,
}

/// Why it is not: the reason that a container's status shows, and the text beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageError {
    pub reason: &'static str,
    pub message: String,
}

/// Back-off of pulls, what the last one of each said, and how many may run.
#[derive(Debug)]
pub struct Pulls {
    places: Semaphore,
    tokens: Mutex<Tokens>,
    backoff: Mutex<Backoff>,
    last: Mutex<HashMap<String, String>>,
}

/// A bucket that fills with time: `per_second` pulls, and `burst` of them at once.
#[derive(Debug)]
struct Tokens {
    per_second: u32,
    burst: u32,
    /// Millionths of a pull, as of `at`.
    left: i64,
    at: Option<Timestamp>,
}

const MILLION: i64 = 1_000_000;

impl Tokens {
    fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second, burst, left: i64::from(burst) * MILLION, at: None }
    }

    /// Whether one more may start now.
    fn take(&mut self, now: Timestamp) -> bool {
        if self.per_second == 0 {
            return true;
        }
        let micros = self.at.map_or(0, |at| now.duration_since(at).as_micros().max(0));
        let gained = i64::try_from(micros).unwrap_or(i64::MAX).saturating_mul(i64::from(self.per_second));
        self.left = self.left.saturating_add(gained).min(i64::from(self.burst) * MILLION);
        self.at = Some(now);
        let enough = self.left >= MILLION;
        if enough {
            self.left -= MILLION;
        }
        enough
    }
}

impl Pulls {
    pub fn new(settings: ImagePulls) -> Self {
        Self {
            places: Semaphore::new(settings.at_once.unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS)),
            tokens: Mutex::new(Tokens::new(settings.per_second, settings.burst)),
            backoff: Mutex::default(),
            last: Mutex::default(),
        }
    }
}

fn present(image: api::Image) -> Present {
    let uid = image.uid.map(|it| it.value);
    // An image that names nobody runs as root.
    let root = (uid.is_none() && image.username.is_empty()).then_some(0);
    Present { id: image.id, uid: uid.or(root), username: image.username }
}

/// `name:latest` where neither tag nor digest is given.
///
/// # Errors
/// The text is no image name.
pub fn with_tag(image: &str) -> Result<String, String> {
    let wrong = |why: &str| {
        Err(format!("Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {why}"))
    };
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    let path_ok = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        !part.is_empty()
            && part.chars().all(plain)
            && !part.starts_with(['.', '_', '-'])
            && !part.ends_with(['.', '_', '-'])
    };
    let mut parts: Vec<&str> = name.split('/').collect();
    let is_domain =
        |part: &str| part.contains(['.', ':']) || part == "localhost" || part.chars().any(|c| c.is_ascii_uppercase());
    if parts.len() > 1 && is_domain(parts[0]) {
        parts.remove(0);
    }
    let remainder = parts.join("/");
    if remainder.chars().any(|c| c.is_ascii_uppercase()) {
        return wrong(&format!("invalid reference format: repository name ({remainder}) must be lowercase"));
    }
    let tag_ok = |tag: &str| {
        tag.len() <= 128
            && !tag.is_empty()
            && tag.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    if !parts.iter().all(|part| path_ok(part)) || !tag.is_none_or(tag_ok) {
        return wrong("invalid reference format");
    }
    Ok(if tag.is_none() && digest.is_none() { format!("{image}:latest") } else { image.to_owned() })
}

fn policy(container: &Container, image: &str) -> String {
    let latest = image.ends_with(":latest");
    let default = if latest { "Always" } else { "IfNotPresent" };
    container.image_pull_policy.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| default.to_owned())
}

/// Whether a key of a pull secret names the image's registry, or a part of it: `*` stands for any piece of one label of the
/// host's name, and a path for all images below it.
fn fits(key: &str, registry: &str, path: &str) -> bool {
    let bare = key.trim_start_matches("https://").trim_start_matches("http://");
    let (host, below) = bare.split_once('/').unwrap_or((bare, ""));
    if registry == "docker.io" && host.ends_with("docker.io") {
        return true;
    }
    let parts = |text: &str| text.split(['.', ':']).map(str::to_owned).collect::<Vec<_>>();
    let (wanted, own) = (parts(host), parts(registry));
    let label = |(pattern, text): (&String, &String)| match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end),
    };
    // A registry's former paths, such as /v1/, do not narrow it.
    let below = if matches!(below, "v1/" | "v2/" | "v1" | "v2") { "" } else { below };
    wanted.len() == own.len() && wanted.iter().zip(&own).all(label) && path.starts_with(below)
}

/// Credentials that fit the image, from pull secrets (`.dockerconfigjson`, `.dockercfg`); of each secret the closest first.
fn credentials(secrets: &[std::sync::Arc<Secret>], image: &str) -> Vec<api::AuthConfig> {
    let (registry, path) = match image.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
        _ => ("docker.io", image),
    };
    let mut found = Vec::new();
    for secret in secrets {
        let data = |key: &str| secret.data.as_ref()?.get(key).and_then(|it| serde_json::from_slice(&it.0).ok());
        let auths: Option<serde_json::Value> = data(".dockerconfigjson")
            .and_then(|it: serde_json::Value| it.get("auths").cloned())
            .or_else(|| data(".dockercfg"));
        let entries = auths.as_ref().and_then(|it| it.as_object()).into_iter().flatten();
        let mut own: Vec<_> = entries.filter(|(key, _)| fits(key, registry, path)).collect();
        own.sort_by(|a, b| b.0.cmp(a.0));
        found.extend(own.into_iter().map(|(_, entry)| credential(entry)));
    }
    found
}

fn credential(entry: &serde_json::Value) -> api::AuthConfig {
    let text = |key: &str| entry.get(key).and_then(|it| it.as_str()).unwrap_or_default().to_owned();
    let mut made = api::AuthConfig { username: text("username"), password: text("password"), ..Default::default() };
    let decoded = base64::engine::general_purpose::STANDARD.decode(text("auth")).unwrap_or_default();
    if made.username.is_empty()
        && let Some((user, password)) = String::from_utf8_lossy(&decoded).split_once(':')
    {
        made.username = user.to_owned();
        made.password = password.to_owned();
    }
    made
}

impl Shared {
    /// The container's image, pulled where its policy asks for that. Says with events what it does.
    ///
    /// # Errors
    /// The image cannot be had now.
    pub async fn ensure_image(
        &self,
        pod: &Pod,
        container: &Container,
        about: &ObjectReference,
        sandbox: &api::PodSandboxConfig,
    ) -> Result<Present, ImageError> {
        let given = container.image.clone().unwrap_or_default();
        let image = match with_tag(&given) {
            Ok(image) => image,
            Err(message) => {
                self.recorder.event(about, EventType::Warning, "InspectFailed", message.clone());
                return Err(ImageError { reason: "InvalidImageName", message });
            }
        };
        let spec = api::ImageSpec { image: image.clone(), user_specified_image: given.clone(), ..Default::default() };
        let found = self.runtime.image_status(spec.clone()).await.map_err(|error| {
            let message = format!("Failed to inspect image \"{given}\": {}", error.rpc_text());
            self.recorder.event(about, EventType::Warning, "InspectFailed", message.clone());
            ImageError { reason: "ImageInspectError", message }
        })?;
        let policy = policy(container, &image);
        let required = policy == "Always" || (found.is_none() && policy != "Never");
        let word = |it: bool| if it { "true" } else { "false" };
        let label = policy.to_lowercase();
        self.metrics.count(&ENSURE_IMAGE, &[word(found.is_some()), &label, word(required)]);
        match (found, policy.as_str()) {
            (Some(found), "IfNotPresent" | "Never") => {
                let text =
                    format!("Container image \"{given}\" already present on machine and can be accessed by the pod");
                self.recorder.event(about, EventType::Normal, "Pulled", text);
                Ok(present(found))
            }
            (None, "Never") => {
                let message = format!("Container image \"{given}\" is not present with pull policy of Never");
                self.recorder.event(about, EventType::Warning, "ErrImageNeverPull", message.clone());
                Err(ImageError { reason: "ErrImageNeverPull", message })
            }
            _ => self.pull(pod, &given, spec, about, sandbox).await,
        }
    }

    async fn pull(
        &self,
        pod: &Pod,
        given: &str,
        spec: api::ImageSpec,
        about: &ObjectReference,
        sandbox: &api::PodSandboxConfig,
    ) -> Result<Present, ImageError> {
        let key = format!("{}_{given}", uid(pod));
        let started = self.config.clock.now();
        if self.pulls.backoff.lock().owed_since_update(&key, started).is_some() {
            let text = format!("Back-off pulling image \"{given}\"");
            self.recorder.event(about, EventType::Normal, "BackOff", text.clone());
            let last = self.pulls.last.lock().get(&key).cloned().unwrap_or_default();
            let message = if last.is_empty() { text } else { format!("{text}: ErrImagePull: {last}") };
            return Err(ImageError { reason: "ImagePullBackOff", message });
        }
        self.recorder.event(about, EventType::Normal, "Pulling", format!("Pulling image \"{given}\""));
        // The semaphore is never closed.
        let place = self.pulls.places.acquire().await;
        let begun = self.config.clock.now();
        let allowed = self.pulls.tokens.lock().take(begun);
        let result = if allowed {
            self.pull_with_credentials(pod, &spec, sandbox).await
        } else {
            Err("pull QPS exceeded".to_owned())
        };
        drop(place);
        let ended = self.config.clock.now();
        match result {
            Ok(()) => {
                let found = self.runtime.image_status(spec).await.ok().flatten();
                let Some(found) = found else {
                    let message = format!("image \"{given}\" was pulled and is not there");
                    return Err(ImageError { reason: "ErrImagePull", message });
                };
                let took = f64::from(u32::try_from(ended.duration_since(begun).as_millis()).unwrap_or(0)) / 1000.0;
                self.metrics.observe(&IMAGE_PULL_DURATION, &[size_class(found.size)], took);
                self.pulls.backoff.lock().forget(&key);
                self.pulls.last.lock().remove(&key);
                let (took, waited) = (rounded(begun, ended), rounded(started, ended));
                let text = format!(
                    "Successfully pulled image \"{given}\" in {took} ({waited} including waiting). Image size: {} bytes.",
                    found.size
                );
                self.recorder.event(about, EventType::Normal, "Pulled", text);
                Ok(present(found))
            }
            Err(message) => {
                self.pulls.backoff.lock().next(&key, ended, ended);
                self.pulls.last.lock().insert(key, message.clone());
                let text = format!("Failed to pull image \"{given}\": {message}");
                self.recorder.event(about, EventType::Warning, "Failed", text);
                Err(ImageError { reason: "ErrImagePull", message })
            }
        }
    }

    async fn pull_with_credentials(
        &self,
        pod: &Pod,
        spec: &api::ImageSpec,
        sandbox: &api::PodSandboxConfig,
    ) -> Result<(), String> {
        let mut secrets = Vec::new();
        for reference in crate::pod::spec::spec(pod).image_pull_secrets.iter().flatten() {
            match self.config.client.get::<Secret>(Some(namespace(pod)), &reference.name).await {
                Ok(secret) => secrets.push(secret),
                Err(error) => tracing::info!(secret = reference.name, %error, "a pull secret cannot be read"),
            }
        }
        let known = credentials(&secrets, &spec.image);
        let tries: Vec<Option<api::AuthConfig>> =
            if known.is_empty() { vec![None] } else { known.into_iter().map(Some).collect() };
        let mut last = String::new();
        for auth in tries {
            let request =
                api::PullImageRequest { image: Some(spec.clone()), auth, sandbox_config: Some(sandbox.clone()) };
            match self.runtime.pull_image(request).await {
                Ok(_) => return Ok(()),
                Err(error) => last = error.message().to_owned(),
            }
        }
        Err(last)
    }
}

/// Size of an image as the metric of pulls groups them.
fn size_class(bytes: u64) -> &'static str {
    const MIB: u64 = 1 << 20;
    const CLASSES: &[(u64, &str)] = &[
        (100 * 1024 * MIB, "GT100GB"),
        (50 * 1024 * MIB, "50GB-100GB"),
        (30 * 1024 * MIB, "30GB-50GB"),
        (20 * 1024 * MIB, "20GB-30GB"),
        (10 * 1024 * MIB, "10GB-20GB"),
        (5 * 1024 * MIB, "5GB-10GB"),
        (1024 * MIB, "1GB-5GB"),
        (500 * MIB, "500MB-1GB"),
        (100 * MIB, "100MB-500MB"),
        (10 * MIB, "10MB-100MB"),
    ];
    CLASSES.iter().find(|(least, _)| bytes > *least).map_or("0-10MB", |(_, name)| name)
}

/// `1.234s`, as Go prints durations rounded to milliseconds.
fn rounded(from: Timestamp, to: Timestamp) -> String {
    let millis = to.duration_since(from).as_millis().max(0);
    if millis < 1000 {
        return format!("{millis}ms");
    }
    let text = format!("{}.{:03}", millis / 1000, millis % 1000);
    format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_secrets_fit_registries() {
        let entry = |name: &str| serde_json::json!({"username": name, "password": "p"});
        // user:word
        let encoded = serde_json::json!({"auth": "dXNlcjp3b3Jk"});
        let auths = serde_json::json!({"auths": {
            "registry.example": entry("all"), "registry.example/team": entry("team"), "*.corp.example:5000": entry("any"),
            "https://index.docker.io/v1/": entry("hub"), "https://old.example/v1/": encoded,
        }});
        let secret: Secret = serde_json::from_value(serde_json::json!({
            "data": {".dockerconfigjson": base64::engine::general_purpose::STANDARD.encode(auths.to_string())},
        }))
        .unwrap();
        let check = |image: &str, want: &[&str]| {
            let found = credentials(&[std::sync::Arc::new(secret.clone())], image);
            let names: Vec<&str> = found.iter().map(|it| it.username.as_str()).collect();
            assert_eq!(names, want, "{image}");
        };
        check("registry.example/team/app:1", &["team", "all"]);
        check("registry.example/other:1", &["all"]);
        check("a.corp.example:5000/x", &["any"]);
        check("a.b.corp.example:5000/x", &[]);
        check("a.corp.example/x", &[]);
        check("busybox", &["hub"]);
        check("library/busybox", &["hub"]);
        check("old.example/x", &["user"]);
        check("elsewhere.example/x", &[]);
    }

    #[test]
    fn pulls_a_second_are_bounded() {
        let at = |millis: i64| Timestamp::from_millisecond(millis).unwrap();
        let mut tokens = Tokens::new(2, 3);
        let got: Vec<bool> = [0, 0, 0, 0, 400, 500, 500, 1000].map(|millis| tokens.take(at(millis))).to_vec();
        assert_eq!(got, [true, true, true, false, false, true, false, true]);
        let mut unlimited = Tokens::new(0, 0);
        assert!((0..100).all(|_| unlimited.take(at(0))));
    }
}
