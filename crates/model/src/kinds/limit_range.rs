//! LimitRange: bounds and defaults of what pods of a namespace ask for.
use super::{Kind, Scope, Version, pod};

use crate::{
    Value,
    meta::{at::At, field_error::Errors, names, object_meta, quantity::Quantity},
};
use std::collections::BTreeSet;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.LimitRange")];

pub static KIND: Kind = Kind {
    validate,
    validate_update: |new, _, errors| {
        object_meta::validate(&KIND, new, errors);
        validate(new, errors);
    },
    short_names: &["limits"],
    names_unnamed: true,
    create_on_update: true,
    ..Kind::new("", "LimitRange", "limitranges", "limitrange", Scope::Namespaced, "/registry/limitranges/", VERSIONS)
};

const AMOUNTS: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

fn validate(range: &Value, errors: &mut Errors) {
    let root = At::root(range);
    let spec = root.child("spec");
    let mut seen = BTreeSet::new();
    for limit in spec.child("limits").items() {
        let ty = limit.text("type");
        limit_type(&limit.child("type"), errors);
        if !seen.insert(ty) {
            errors.duplicate(limit.child("type"), ty);
        }
        let mut keys = BTreeSet::new();
        for field in AMOUNTS {
            let amounts = limit.child(field);
            if ty == "Pod" && field.starts_with("default") {
                if !amounts.is_empty() {
                    errors.forbidden(amounts, "may not be specified when `type` is 'Pod'");
                }
                continue;
            }
            if field == "maxLimitRequestRatio" && ty == "PersistentVolumeClaim" {
                let bounded = ["min", "max"].iter().any(|side| limit.child(side).has("storage"));
                if !bounded {
                    let why = "either minimum or maximum storage value is required, but neither was provided";
                    errors.required(limit.child("limits"), why);
                }
            }
            for (name, amount) in amounts.entries() {
                resource_name(ty, name, &amount, errors);
                keys.insert(name);
            }
        }
        for key in keys {
            consistent(&limit, ty, key, errors);
        }
    }
}

/// `Container`, `Pod`, `PersistentVolumeClaim`, or a name of somebody's own domain.
fn limit_type(at: &At, errors: &mut Errors) {
    let ty = at.str();
    let wrong = names::qualified_name(ty);
    let fine = wrong.is_empty();
    errors.invalid_each(at, ty, wrong);
    if fine && !ty.contains('/') && !matches!(ty, "Pod" | "Container" | "PersistentVolumeClaim") {
        errors.invalid(at, ty, "must be a standard limit type or fully qualified");
    }
}

fn resource_name(ty: &str, name: &str, at: &At, errors: &mut Errors) {
    match ty {
        "Pod" | "Container" => pod::validate::resources::container_name(name, at, errors),
        _ => drop(pod::validate::resources::any_name(name, at, errors)),
    }
}

/// What the amounts of one resource say of each other.
fn consistent(limit: &At, ty: &str, key: &str, errors: &mut Errors) {
    let amount = |field: &str| {
        let pod_default = ty == "Pod" && field.starts_with("default");
        let text = limit.child(field).get(key).as_str().filter(|_| !pod_default);
        text.and_then(|text| Quantity::parse(text).ok())
    };
    let [max, min, default, request, ratio] = AMOUNTS.map(amount);
    let mut greater = |field: &str, shown, a: Option<Quantity>, b: Option<Quantity>, names: (&str, &str)| {
        if let (Some(a), Some(b)) = (a, b)
            && a > b
        {
            let shown: Quantity = if shown { a } else { b };
            let list = limit.child(field);
            let why = format!("{} value {a} is greater than {} value {b}", names.0, names.1);
            errors.invalid(list.key(key), shown.to_string(), why);
        }
    };
    greater("min", true, min, max, ("min", "max"));
    greater("defaultRequest", false, min, request, ("min", "default request"));
    greater("defaultRequest", true, request, max, ("default request", "max"));
    greater("defaultRequest", true, request, default, ("default request", "default limit"));
    greater("default", true, min, default, ("min", "default"));
    greater("default", false, default, max, ("default", "max"));
    if let Some(ratio) = ratio {
        let list = limit.child("maxLimitRequestRatio");
        if ratio < Quantity::whole(1) {
            errors.invalid(list.key(key), ratio.to_string(), format!("ratio {ratio} is less than 1"));
        }
        if let (Some(min), Some(max)) = (min, max) {
            let milli = |q: Quantity| q.milli_value() as f64;
            let bound = milli(max) / milli(min);
            if milli(ratio) / 1000.0 > bound {
                let why = format!("ratio {ratio} is greater than max/min = {bound:.6}");
                errors.invalid(list.key(key), ratio.to_string(), why);
            }
        }
    }
    if let (Some(default), Some(request)) = (default, request)
        && default != request
        && !pod::validate::resources::is_overcommitted(key)
    {
        let why = format!("default value {default} must equal to defaultRequest value {request} in {key}");
        let list = limit.child("defaultRequest");
        errors.invalid(list.key(key), request.to_string(), why);
    }
}
