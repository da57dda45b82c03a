//! Volumes and their sources.
use crate::{
    Value,
    meta::{at::At, field_error::Errors, names, quantity::Quantity},
};
use std::collections::{BTreeMap, BTreeSet};

const FILE_MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const TWO_TYPES: &str = "may not specify more than 1 volume type";

type Check = fn(&At, &mut Errors);

/// (field, name in the error about a second source, name in errors of the source, its check), in upstream's order.
const SOURCES: &[(&str, &str, &str, Check)] = &[
    ("hostPath", "hostPath", "hostPath", host_path),
    ("gitRepo", "gitRepo", "gitRepo", git_repo),
    ("gcePersistentDisk", "gcePersistentDisk", "persistentDisk", |at, e| partitioned(at, "pdName", e)),
    ("awsElasticBlockStore", "awsElasticBlockStore", "awsElasticBlockStore", |at, e| partitioned(at, "volumeID", e)),
    ("secret", "secret", "secret", |at, e| key_files(at, "secretName", e)),
    ("nfs", "nfs", "nfs", nfs),
    ("iscsi", "iscsi", "iscsi", iscsi),
    ("glusterfs", "glusterfs", "glusterfs", |at, e| required(at, &["endpoints", "path"], e)),
    ("flocker", "flocker", "flocker", flocker),
    ("persistentVolumeClaim", "persistentVolumeClaim", "persistentVolumeClaim", |at, e| {
        required(at, &["claimName"], e)
    }),
    ("rbd", "rbd", "rbd", |at, e| required(at, &["monitors", "image"], e)),
    ("cinder", "cinder", "cinder", |at, e| {
        required(at, &["volumeID"], e);
        secret_ref(at, e);
    }),
    ("cephfs", "cephFS", "cephfs", |at, e| required(at, &["monitors"], e)),
    ("quobyte", "quobyte", "quobyte", quobyte),
    ("downwardAPI", "downwarAPI", "downwardAPI", downward_api),
    ("fc", "fc", "fc", fibre_channel),
    ("flexVolume", "flexVolume", "flexVolume", flex_volume),
    ("configMap", "configMap", "configMap", |at, e| key_files(at, "name", e)),
    ("azureFile", "azureFile", "azureFile", |at, e| required(at, &["secretName", "shareName"], e)),
    ("vsphereVolume", "vsphereVolume", "vsphereVolume", |at, e| required(at, &["volumePath"], e)),
    ("photonPersistentDisk", "photonPersistentDisk", "photonPersistentDisk", |at, e| required(at, &["pdID"], e)),
    ("portworxVolume", "portworxVolume", "portworxVolume", |at, e| required(at, &["volumeID"], e)),
    ("azureDisk", "azureDisk", "azureDisk", azure_disk),
    ("storageos", "storageos", "storageos", storage_os),
    ("projected", "projected", "projected", projected),
    ("scaleIO", "scaleIO", "scaleIO", |at, e| required(at, &["gateway", "system", "volumeName"], e)),
    ("csi", "csi", "csi", csi),
    ("ephemeral", "ephemeral", "ephemeral", super::claim::ephemeral),
    ("image", "image", "image", |_, _| ()),
];

/// `ValidateVolumes`; answers the valid ones by name.
pub(super) fn volumes<'v>(at: &At<'v, '_>, meta: Option<&At>, errors: &mut Errors) -> BTreeMap<&'v str, &'v Value> {
    let pod = meta.map_or("", |meta| meta.text("name"));
    let mut valid: BTreeMap<&str, &Value> = BTreeMap::new();
    let created: BTreeSet<String> = at
        .items()
        .filter(|volume| !pod.is_empty() && volume.has("ephemeral"))
        .map(|volume| format!("{pod}-{}", volume.text("name")))
        .collect();
    for volume in at.items() {
        let name = volume.text("name");
        let mut own = Errors::new();
        source(&volume, meta.is_some(), pod, &mut own);
        if name.is_empty() {
            own.required(volume.child("name"), "");
        } else {
            own.invalid_each(volume.child("name"), name, names::dns1123_label(name));
        }
        if valid.contains_key(name) {
            own.duplicate(volume.child("name"), name);
        }
        if own.is_empty() {
            valid.insert(name, volume.value);
        }
        errors.extend(own);
        let claim = volume.child("persistentVolumeClaim");
        if created.contains(claim.text("claimName")) {
            let why = "must not reference a PVC that gets created for an ephemeral volume";
            errors.invalid(claim.child("claimName"), claim.text("claimName"), why);
        }
    }
    valid
}

fn source(volume: &At, is_pod: bool, pod: &str, errors: &mut Errors) {
    let mut found = volume.has("emptyDir");
    let empty_dir = volume.child("emptyDir");
    if super::quantity(&empty_dir.child("sizeLimit")).is_some_and(Quantity::is_negative) {
        errors.forbidden(empty_dir.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
    for (field, second, own, check) in SOURCES {
        if !volume.has(field) {
            continue;
        }
        if found {
            errors.forbidden(volume.child(second), TWO_TYPES);
            continue;
        }
        found = true;
        check(&volume.renamed(field, own), errors);
        match *field {
            "iscsi" => iscsi_name(volume, errors),
            "ephemeral" => ephemeral_name(volume, pod, errors),
            "image" => image(&volume.child("image"), is_pod, errors),
            _ => {}
        }
    }
    if !found {
        errors.required(volume, "must specify a volume type");
    }
}

fn required(at: &At, fields: &[&str], errors: &mut Errors) {
    for field in fields.iter().filter(|field| at.child(field).is_empty()) {
        errors.required(at.child(field), "");
    }
}

fn secret_ref(at: &At, errors: &mut Errors) {
    let reference = at.child("secretRef");
    if !reference.is_nil() && reference.text("name").is_empty() {
        errors.required(reference.child("name"), "");
    }
}

fn no_backsteps(at: &At, errors: &mut Errors) {
    if at.str().split('/').any(|part| part == "..") {
        errors.invalid(at, at.str(), "must not contain '..'");
    }
}

/// A relative path that stays below where it starts.
pub(super) fn descending_path(at: &At, errors: &mut Errors) {
    if at.str().starts_with('/') {
        errors.invalid(at, at.str(), "must be a relative path");
    }
    no_backsteps(at, errors);
}

/// The same, and not one of the names that atomic writers use.
fn non_reserved_path(at: &At, errors: &mut Errors) {
    descending_path(at, errors);
    if at.str().starts_with("..") && !at.str().starts_with("../") {
        errors.invalid(at, at.str(), "must not start with '..'");
    }
}

pub(super) fn path_without_backsteps(at: &At, errors: &mut Errors) {
    no_backsteps(at, errors);
}

fn mode(at: &At, errors: &mut Errors) {
    if let Some(mode) = at.int().filter(|mode| !(0..=0o777).contains(mode)) {
        errors.invalid(at, mode, FILE_MODE);
    }
}

fn host_path(at: &At, errors: &mut Errors) {
    if at.text("path").is_empty() {
        errors.required(at.child("path"), "");
        return;
    }
    no_backsteps(&at.child("path"), errors);
    let types = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    let ty = at.child("type");
    if !ty.is_nil() && !types.contains(&ty.str()) {
        errors.not_supported(ty, ty.str(), &types);
    }
}

fn git_repo(at: &At, errors: &mut Errors) {
    required(at, &["repository"], errors);
    descending_path(&at.child("directory"), errors);
}

fn partitioned(at: &At, name: &str, errors: &mut Errors) {
    required(at, &[name], errors);
    if let Some(partition) = at.get("partition").as_i64().filter(|p| !(0..=255).contains(p)) {
        errors.invalid(at.child("partition"), partition, names::inclusive_range(1, 255));
    }
}

/// Secrets and ConfigMaps as files.
fn key_files(at: &At, name: &str, errors: &mut Errors) {
    required(at, &[name], errors);
    mode(&at.child("defaultMode"), errors);
    for item in at.child("items").items() {
        key_to_path(&item, errors);
    }
}

fn key_to_path(at: &At, errors: &mut Errors) {
    required(at, &["key", "path"], errors);
    non_reserved_path(&at.child("path"), errors);
    mode(&at.child("mode"), errors);
}

fn nfs(at: &At, errors: &mut Errors) {
    required(at, &["server", "path"], errors);
    if !at.text("path").starts_with('/') {
        errors.invalid(at.child("path"), at.text("path"), "must be an absolute path");
    }
}

/// An iSCSI name: `iqn.`, `eui.` or `naa.` with what follows them.
fn is_iscsi_name(name: &str) -> bool {
    let hex =
        |text: &str, lengths: &[usize]| lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(rest) = name.strip_prefix("iqn.") {
        let (date, rest) = rest.split_at_checked(7).unwrap_or(("", ""));
        let bytes = date.as_bytes();
        let dated = bytes.len() == 7
            && bytes.iter().enumerate().all(|(i, b)| if i == 4 { *b == b'-' } else { b.is_ascii_digit() });
        return dated
            && rest.strip_prefix('.').is_some_and(|authority| !authority.is_empty() && !authority.contains(' '));
    }
    name.strip_prefix("eui.").is_some_and(|rest| hex(rest, &[16]))
        || name.strip_prefix("naa.").is_some_and(|rest| hex(rest, &[16, 32]))
}

fn iscsi(at: &At, errors: &mut Errors) {
    required(at, &["targetPortal", "iqn"], errors);
    let mut check = |field: &str, shown: &str| {
        let name = at.text(field);
        if !["iqn", "eui", "naa"].iter().any(|prefix| name.starts_with(prefix)) {
            errors.invalid(at.child(shown), name, "must be valid format starting with iqn, eui, or naa");
        } else if !is_iscsi_name(name) {
            errors.invalid(at.child(shown), name, "must be valid format");
        }
    };
    if !at.text("iqn").is_empty() {
        check("iqn", "iqn");
    }
    if at.has("initiatorName") {
        check("initiatorName", "initiatorname");
    }
    if let Some(lun) = at.get("lun").as_i64().filter(|lun| !(0..=255).contains(lun)) {
        errors.invalid(at.child("lun"), lun, names::inclusive_range(0, 255));
    }
    if (at.flag("chapAuthDiscovery") || at.flag("chapAuthSession")) && !at.has("secretRef") {
        errors.required(at.child("secretRef"), "");
    }
}

fn iscsi_name(volume: &At, errors: &mut Errors) {
    let source = volume.child("iscsi");
    if source.has("initiatorName") && volume.text("name").len() + 1 + source.text("targetPortal").len() > 64 {
        let why = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
        errors.invalid(volume.child("name"), volume.text("name"), why);
    }
}

fn flocker(at: &At, errors: &mut Errors) {
    let (name, uuid) = (at.text("datasetName"), at.text("datasetUUID"));
    if name.is_empty() && uuid.is_empty() {
        errors.required(at, "one of datasetName and datasetUUID is required");
    }
    if !name.is_empty() && !uuid.is_empty() {
        errors.invalid(at, "resource", "datasetName and datasetUUID can not be specified simultaneously");
    }
    if name.contains('/') {
        errors.invalid(at.child("datasetName"), name, "must not contain '/'");
    }
}

fn quobyte(at: &At, errors: &mut Errors) {
    let pairs = "must be a host:port pair or multiple pairs separated by commas";
    let registry = at.text("registry");
    if registry.is_empty() {
        errors.required(at.child("registry"), pairs);
    } else if at.text("tenant").len() >= 65 {
        errors.required(at.child("tenant"), "must be a UUID and may not exceed a length of 64 characters");
    } else {
        for _ in registry.split(',').filter(|pair| !pair.contains(':')) {
            errors.invalid(at.child("registry"), registry, pairs);
        }
    }
    required(at, &["volume"], errors);
}

fn downward_api(at: &At, errors: &mut Errors) {
    mode(&at.child("defaultMode"), errors);
    for file in at.child("items").items() {
        // Errors name the volume, not the item.
        downward_file(&at.with_value(file.value), errors);
    }
}

fn downward_file(at: &At, errors: &mut Errors) {
    required(at, &["path"], errors);
    non_reserved_path(&at.child("path"), errors);
    let (field, resource) = (at.child("fieldRef"), at.child("resourceFieldRef"));
    if !field.is_nil() {
        super::env::field_ref(&field, super::env::VOLUME_FIELDS, errors);
        if !resource.is_nil() {
            errors.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
        }
    } else if resource.is_nil() {
        errors.required(at, "one of fieldRef and resourceFieldRef is required");
    } else {
        super::env::resource_field_ref(&resource, true, errors);
    }
    mode(&at.child("mode"), errors);
}

fn fibre_channel(at: &At, errors: &mut Errors) {
    let (names_of_targets, ids) = (at.child("targetWWNs"), at.child("wwids"));
    if names_of_targets.is_empty() && ids.is_empty() {
        errors.required(names_of_targets, "must specify either targetWWNs or wwids, but not both");
    }
    if names_of_targets.is_empty() {
        return;
    }
    if !ids.is_empty() {
        let why = "targetWWNs and wwids can not be specified simultaneously";
        errors.invalid(names_of_targets, names_of_targets.value, why);
    }
    match at.get("lun").as_i64() {
        None => errors.required(at.child("lun"), "lun is required if targetWWNs is specified"),
        Some(lun) => errors.invalid_each(at.child("lun"), lun, names::in_range(lun, 0, 255)),
    }
}

fn flex_volume(at: &At, errors: &mut Errors) {
    required(at, &["driver"], errors);
    for (key, option) in at.child("options").entries() {
        let namespace = format!(".{}", key.split('/').next().unwrap_or(key).to_lowercase());
        if namespace.ends_with(".kubernetes.io") || namespace.ends_with(".k8s.io") {
            errors.invalid(option, key, "kubernetes.io and k8s.io namespaces are reserved");
        }
    }
}

fn azure_disk(at: &At, errors: &mut Errors) {
    required(at, &["diskName", "diskURI"], errors);
    let mut known = |field: &str, values: &[&str]| {
        let value = at.child(field);
        if !value.is_nil() && !values.contains(&value.str()) {
            errors.not_supported(value, value.str(), values);
        }
    };
    known("cachingMode", &["None", "ReadOnly", "ReadWrite"]);
    known("kind", &["Dedicated", "Managed", "Shared"]);
    let uri = at.child("diskURI");
    if at.text("kind") == "Managed" && !uri.str().starts_with("/subscriptions/") {
        let form = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
        errors.not_supported(uri, uri.str(), &[form]);
    }
    if at.has("kind") && at.text("kind") != "Managed" && !uri.str().starts_with("https://") {
        let form = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
        errors.not_supported(uri, uri.str(), &[form]);
    }
}

fn storage_os(at: &At, errors: &mut Errors) {
    required(at, &["volumeName"], errors);
    for field in ["volumeName", "volumeNamespace"] {
        let name = at.text(field);
        if !name.is_empty() {
            errors.invalid_each(at.child(field), name, names::dns1123_label(name));
        }
    }
    secret_ref(at, errors);
}

const DRIVER_BYTES_MAX: usize = 63;

fn csi(at: &At, errors: &mut Errors) {
    let driver = at.text("driver");
    required(at, &["driver"], errors);
    if driver.len() > DRIVER_BYTES_MAX {
        errors.too_long(at.child("driver"), DRIVER_BYTES_MAX);
    }
    if !driver.is_empty() {
        errors.invalid_each(at.child("driver"), driver, names::dns1123_subdomain(&driver.to_lowercase()));
    }
    let reference = at.child("nodePublishSecretRef");
    let name = reference.text("name");
    if !reference.is_nil() && name.is_empty() {
        errors.required(reference.child("name"), "");
    } else if !reference.is_nil() {
        errors.invalid_each(at.child("name"), name, names::dns1123_subdomain(name));
    }
}

fn ephemeral_name(volume: &At, pod: &str, errors: &mut Errors) {
    let name = volume.text("name");
    if pod.is_empty() || name.is_empty() {
        return;
    }
    let claim = format!("{pod}-{name}");
    for message in names::dns1123_subdomain(&claim) {
        errors.invalid(volume.child("name"), name, format!("PVC name {}: {message}", crate::meta::go::quote(&claim)));
    }
}

fn image(at: &At, is_pod: bool, errors: &mut Errors) {
    if is_pod {
        required(at, &["reference"], errors);
    }
    super::container::pull_policy(&at.child("pullPolicy"), errors);
}

fn projected(at: &At, errors: &mut Errors) {
    mode(&at.child("defaultMode"), errors);
    let mut paths = BTreeSet::new();
    for source in at.child("sources").items() {
        let kinds =
            ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];
        for kind in ["secret", "configMap"] {
            projected_files(at, &source.child(kind), &mut paths, errors);
        }
        for file in source.child("downwardAPI").child("items").items() {
            let api = source.child("downwardAPI");
            downward_file(&api.with_value(file.value), errors);
            unique_path(at, file.text("path"), file.text("path"), &mut paths, errors);
        }
        token(at, &source.child("serviceAccountToken"), errors);
        trust_bundle(at, &source.child("clusterTrustBundle"), &mut paths, errors);
        if kinds.iter().filter(|kind| source.has(kind)).count() > 1 {
            errors.forbidden(source, "may not specify more than 1 volume type per source");
        }
    }
}

fn unique_path<'v>(at: &At, path: &'v str, shown: &str, paths: &mut BTreeSet<&'v str>, errors: &mut Errors) {
    if !path.is_empty() && !paths.insert(path) {
        errors.invalid(at, shown, "conflicting duplicate paths");
    }
}

fn projected_files<'v>(at: &At, source: &At<'v, '_>, paths: &mut BTreeSet<&'v str>, errors: &mut Errors) {
    if source.is_nil() {
        return;
    }
    required(source, &["name"], errors);
    for item in source.child("items").items() {
        key_to_path(&item, errors);
        unique_path(at, item.text("path"), source.text("name"), paths, errors);
    }
}

fn token(at: &At, source: &At, errors: &mut Errors) {
    if source.is_nil() {
        return;
    }
    let seconds = source.get("expirationSeconds").as_i64().unwrap_or(0);
    if seconds < 600 {
        let why = "may not specify a duration less than 10 minutes";
        errors.invalid(source.child("expirationSeconds"), seconds, why);
    }
    if seconds > 1 << 32 {
        let why = "may not specify a duration larger than 2^32 seconds";
        errors.invalid(source.child("expirationSeconds"), seconds, why);
    }
    if source.text("path").is_empty() {
        errors.required(at.child("path"), "");
    } else {
        non_reserved_path(&at.child("path").with_value(source.get("path")), errors);
    }
}

fn trust_bundle<'v>(at: &At, source: &At<'v, '_>, paths: &mut BTreeSet<&'v str>, errors: &mut Errors) {
    if source.is_nil() {
        return;
    }
    match (source.has("name"), source.has("signerName")) {
        (true, true) => errors.invalid(source, source.value, "only one of name and signerName may be used"),
        (true, false) => {
            if source.text("name").is_empty() {
                errors.required(source.child("name"), "must be a valid object name");
            }
            if source.has("labelSelector") {
                let why = "labelSelector must be unset if name is specified";
                errors.invalid(source.child("labelSelector"), source.get("labelSelector"), why);
            }
        }
        (false, true) => {
            if source.text("signerName").is_empty() {
                errors.required(source.child("signerName"), "must be a valid signer name");
            }
            crate::meta::object_meta::label_selector(&source.child("labelSelector"), errors);
        }
        (false, false) => errors.required(source, "either name or signerName must be specified"),
    }
    required(source, &["path"], errors);
    non_reserved_path(&source.child("path"), errors);
    unique_path(at, source.text("path"), source.text("path"), paths, errors);
}
