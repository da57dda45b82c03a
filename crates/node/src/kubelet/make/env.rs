//! The environment of a container.
use super::{
    expand::expand,
    fields::{FieldError, NodeView, field, resource},
};
use crate::pod::spec::namespace;
use k8s_openapi::api::core::v1::{ConfigMap, Container, EnvVar, EnvVarSource, Pod, Secret, Service};
use skeg_model::status::Status;
use std::{collections::BTreeMap, sync::Arc};

#[derive(Debug, Clone, thiserror::Error)]
pub enum EnvError {
    #[error("{0}")]
    Api(Status),
    #[error("couldn't find key {key} in {kind} {namespace}/{name}")]
    Key { kind: &'static str, namespace: String, name: String, key: String },
    #[error("{0}")]
    Field(String),
    #[error("{0}")]
    File(String),
}

impl From<FieldError> for EnvError {
    fn from(error: FieldError) -> Self {
        Self::Field(error.to_string())
    }
}

/// ConfigMaps and Secrets that the environment reads, fetched beforehand: what each name answered with.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    pub config_maps: BTreeMap<String, Result<Arc<ConfigMap>, Status>>,
    pub secrets: BTreeMap<String, Result<Arc<Secret>, Status>>,
    /// Values of `fileKeyRef`s by variable; None where the key is not in its file.
    pub files: BTreeMap<String, Result<Option<String>, String>>,
}

/// Names of the ConfigMaps and Secrets that a container's environment needs.
pub fn referenced(container: &Container) -> (Vec<String>, Vec<String>) {
    let (mut config_maps, mut secrets) = (Vec::new(), Vec::new());
    for from in container.env_from.iter().flatten() {
        config_maps.extend(from.config_map_ref.as_ref().map(|it| it.name.clone()));
        secrets.extend(from.secret_ref.as_ref().map(|it| it.name.clone()));
    }
    for source in container.env.iter().flatten().filter_map(|it| it.value_from.as_ref()) {
        config_maps.extend(source.config_map_key_ref.as_ref().map(|it| it.name.clone()));
        secrets.extend(source.secret_key_ref.as_ref().map(|it| it.name.clone()));
    }
    (config_maps, secrets)
}

/// Everything else that values come from.
#[derive(Debug)]
pub struct Context<'a> {
    pub pod: &'a Pod,
    pub node: &'a NodeView,
    pub ips: &'a [String],
    pub services: &'a BTreeMap<String, String>,
    pub objects: &'a Objects,
}

type Values = BTreeMap<String, String>;

/// Looks an object up; None if it is missing and may be.
fn optional<T>(
    found: Option<&Result<Arc<T>, Status>>,
    optional: bool,
    kind: &str,
    name: &str,
) -> Result<Option<Arc<T>>, EnvError> {
    match found {
        Some(Ok(object)) => Ok(Some(object.clone())),
        Some(Err(status)) if status.is_not_found() && optional => Ok(None),
        Some(Err(status)) => Err(EnvError::Api(status.clone())),
        None => Err(EnvError::Api(Status::not_found("", kind, name))),
    }
}

fn env_from(context: &Context<'_>, container: &Container, values: &mut Values) -> Result<(), EnvError> {
    for from in container.env_from.iter().flatten() {
        let prefix = from.prefix.as_deref().unwrap_or_default();
        if let Some(it) = &from.config_map_ref {
            let found = context.objects.config_maps.get(&it.name);
            let found = optional(found, it.optional.unwrap_or(false), "configmaps", &it.name)?;
            for (key, value) in found.iter().filter_map(|it| it.data.as_ref()).flatten() {
                values.insert(format!("{prefix}{key}"), value.clone());
            }
        }
        if let Some(it) = &from.secret_ref {
            let found = context.objects.secrets.get(&it.name);
            let found = optional(found, it.optional.unwrap_or(false), "secrets", &it.name)?;
            for (key, value) in found.iter().filter_map(|it| it.data.as_ref()).flatten() {
                values.insert(format!("{prefix}{key}"), String::from_utf8_lossy(&value.0).into_owned());
            }
        }
    }
    Ok(())
}

fn missing_key(context: &Context<'_>, kind: &'static str, name: &str, key: &str) -> EnvError {
    EnvError::Key { kind, namespace: namespace(context.pod).into(), name: name.into(), key: key.into() }
}

/// Value of a variable with a source; None where the source may be missing and is.
fn sourced(
    context: &Context<'_>,
    container: &Container,
    variable: &EnvVar,
    source: &EnvVarSource,
) -> Result<Option<String>, EnvError> {
    if let Some(it) = &source.field_ref {
        return Ok(Some(field(context.pod, &it.field_path, context.node, context.ips)?));
    }
    if let Some(it) = &source.resource_field_ref {
        return Ok(Some(resource(context.pod, Some(&container.name), it, context.node)?));
    }
    if let Some(it) = &source.config_map_key_ref {
        let may_miss = it.optional.unwrap_or(false);
        let found = optional(context.objects.config_maps.get(&it.name), may_miss, "configmaps", &it.name)?;
        let Some(found) = found else { return Ok(None) };
        let value = found.data.as_ref().and_then(|data| data.get(&it.key)).cloned();
        return if value.is_none() && !may_miss {
            Err(missing_key(context, "ConfigMap", &it.name, &it.key))
        } else {
            Ok(value)
        };
    }
    if let Some(it) = &source.secret_key_ref {
        let may_miss = it.optional.unwrap_or(false);
        let found = optional(context.objects.secrets.get(&it.name), may_miss, "secrets", &it.name)?;
        let Some(found) = found else { return Ok(None) };
        let value = found.data.as_ref().and_then(|data| data.get(&it.key));
        let value = value.map(|it| String::from_utf8_lossy(&it.0).into_owned());
        return if value.is_none() && !may_miss {
            Err(missing_key(context, "Secret", &it.name, &it.key))
        } else {
            Ok(value)
        };
    }
    match context.objects.files.get(&variable.name) {
        Some(Ok(value)) => Ok(value.clone()),
        Some(Err(text)) => Err(EnvError::File(text.clone())),
        None => Ok(Some(String::new())),
    }
}

/// All variables of a container, sorted by name: its own, and those of the services that are not hidden by them.
///
/// # Errors
/// A source is missing that may not be.
pub fn environment(context: &Context<'_>, container: &Container) -> Result<Vec<(String, String)>, EnvError> {
    let mut values = Values::new();
    env_from(context, container, &mut values)?;
    for variable in container.env.iter().flatten() {
        let literal = variable.value.as_deref().unwrap_or_default();
        let value = if !literal.is_empty() {
            let known = |name: &str| values.get(name).or_else(|| context.services.get(name)).cloned();
            Some(expand(literal, known))
        } else if let Some(source) = &variable.value_from {
            sourced(context, container, variable, source)?
        } else {
            Some(String::new())
        };
        if let Some(value) = value {
            values.insert(variable.name.clone(), value);
        }
    }
    for (name, value) in context.services {
        values.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Ok(values.into_iter().collect())
}

fn variable_name(service: &str) -> String {
    service.to_uppercase().replace('-', "_")
}

fn add_service(name: &str, service: &Service, out: &mut Values) {
    let Some(spec) = service.spec.as_ref() else { return };
    let Some(ip) = spec.cluster_ip.as_deref().filter(|ip| !ip.is_empty() && *ip != "None") else { return };
    let ports = spec.ports.as_deref().unwrap_or_default();
    let Some(first) = ports.first() else { return };
    let name = variable_name(name);
    let host = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
    let protocol =
        |port: &k8s_openapi::api::core::v1::ServicePort| port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    out.insert(format!("{name}_SERVICE_HOST"), ip.to_owned());
    out.insert(format!("{name}_SERVICE_PORT"), first.port.to_string());
    for port in ports {
        if let Some(named) = port.name.as_deref().filter(|it| !it.is_empty()) {
            out.insert(format!("{name}_SERVICE_PORT_{}", variable_name(named)), port.port.to_string());
        }
    }
    let url = |number: i32, protocol: &str| format!("{}://{host}:{number}", protocol.to_lowercase());
    out.insert(format!("{name}_PORT"), url(first.port, &protocol(first)));
    for port in ports {
        let protocol = protocol(port);
        let prefix = format!("{name}_PORT_{}_{}", port.port, protocol.to_uppercase());
        out.insert(prefix.clone(), url(port.port, &protocol));
        out.insert(format!("{prefix}_PROTO"), protocol.to_lowercase());
        out.insert(format!("{prefix}_PORT"), port.port.to_string());
        out.insert(format!("{prefix}_ADDR"), ip.to_owned());
    }
}

/// Variables that describe the services of the pod's namespace (with `links`) and, always, the API's own.
pub fn service_variables(services: &[Arc<Service>], namespace: &str, links: bool) -> BTreeMap<String, String> {
    let mut out = Values::new();
    let mut chosen: BTreeMap<&str, &Service> = BTreeMap::new();
    for service in services {
        let meta = &service.metadata;
        let (name, home) = (meta.name.as_deref().unwrap_or_default(), meta.namespace.as_deref().unwrap_or_default());
        let master = home == "default" && name == "kubernetes";
        if home == namespace && links {
            chosen.insert(name, service);
        } else if master {
            chosen.entry(name).or_insert(service);
        }
    }
    for (name, service) in chosen {
        add_service(name, service, &mut out);
    }
    out
}
