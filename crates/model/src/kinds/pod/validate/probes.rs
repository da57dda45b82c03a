//! Probes and lifecycle hooks.
use crate::{
    Value,
    meta::{at::At, field_error::Errors, names, object_meta},
};

/// The three probes of a container, where it has them.
pub(super) fn probes(container: &At, grace: Option<i64>, errors: &mut Errors) {
    let success_must_be_one = |at: &At, errors: &mut Errors| {
        let threshold = at.get("successThreshold").as_i64().unwrap_or(0);
        if threshold != 1 {
            errors.invalid(at.child("successThreshold"), threshold, "must be 1");
        }
    };
    let liveness = container.child("livenessProbe");
    if !liveness.is_nil() {
        probe(&liveness, grace, errors);
        success_must_be_one(&liveness, errors);
    }
    let readiness = container.child("readinessProbe");
    if !readiness.is_nil() {
        probe(&readiness, grace, errors);
        let own_grace = readiness.child("terminationGracePeriodSeconds");
        if !own_grace.is_nil() {
            errors.invalid(own_grace, own_grace.value, "must not be set for readinessProbes");
        }
    }
    let startup = container.child("startupProbe");
    if !startup.is_nil() {
        probe(&startup, grace, errors);
        success_must_be_one(&startup, errors);
    }
}

fn probe(at: &At, grace: Option<i64>, errors: &mut Errors) {
    handler(at, &["exec", "httpGet", "tcpSocket", "grpc"], grace, errors);
    for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        object_meta::nonnegative(&at.child(field), errors);
    }
    let own_grace = at.child("terminationGracePeriodSeconds");
    if let Some(seconds) = own_grace.int().filter(|seconds| *seconds <= 0) {
        errors.invalid(own_grace, seconds, "must be greater than 0");
    }
}

pub(super) fn lifecycle(at: &At, grace: Option<i64>, os: Option<&str>, errors: &mut Errors) {
    for hook in ["postStart", "preStop"] {
        let hook = at.child(hook);
        if !hook.is_nil() {
            handler(&hook, &["exec", "httpGet", "tcpSocket", "sleep"], grace, errors);
        }
    }
    let signal = at.child("stopSignal");
    if !signal.is_nil() {
        stop_signal(&signal, os, errors);
    }
}

fn stop_signal(at: &At, os: Option<&str>, errors: &mut Errors) {
    match os {
        None => errors.forbidden(at, "may not be set for containers with empty `spec.os.name`"),
        Some("windows") if !["SIGKILL", "SIGTERM"].contains(&at.str()) => {
            errors.not_supported(at, at.str(), &["SIGKILL", "SIGTERM"]);
        }
        Some("linux") => {
            let signals = linux_signals();
            if !signals.iter().any(|signal| signal == at.str()) {
                let signals: Vec<&str> = signals.iter().map(String::as_str).collect();
                errors.not_supported(at, at.str(), &signals);
            }
        }
        Some(_) => {}
    }
}

/// Signals of Linux by name, sorted; real-time ones count up from SIGRTMIN and down from SIGRTMAX.
fn linux_signals() -> Vec<String> {
    const NAMED: &str = "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP \
                         SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX";
    let named = NAMED.split_whitespace().map(|name| format!("SIG{name}"));
    let up = (1..=15).map(|n| format!("SIGRTMIN+{n}"));
    let down = (1..=14).map(|n| format!("SIGRTMAX-{n}"));
    let mut all: Vec<String> = named.chain(up).chain(down).collect();
    all.sort();
    all
}

/// Exactly one of the handlers that are allowed here.
fn handler(at: &At, kinds: &[&str], grace: Option<i64>, errors: &mut Errors) {
    let mut found = false;
    for kind in kinds.iter().filter(|kind| at.has(kind)) {
        let handler = at.child(kind);
        if found {
            errors.forbidden(handler, "may not specify more than 1 handler type");
            continue;
        }
        found = true;
        match *kind {
            "exec" if handler.child("command").is_empty() => errors.required(handler.child("command"), ""),
            "httpGet" => http_get(&handler, errors),
            "tcpSocket" | "grpc" => port(&handler.child("port"), errors),
            "sleep" => sleep(&handler, grace, errors),
            _ => {}
        }
    }
    if !found {
        errors.required(at, "must specify a handler type");
    }
}

fn http_get(at: &At, errors: &mut Errors) {
    if at.text("path").is_empty() {
        errors.required(at.child("path"), "");
    }
    port(&at.child("port"), errors);
    if !["HTTP", "HTTPS"].contains(&at.text("scheme")) {
        errors.not_supported(at.child("scheme"), at.text("scheme"), &["HTTP", "HTTPS"]);
    }
    for header in at.child("httpHeaders").items() {
        let name = header.text("name");
        errors.invalid_each(at.child("httpHeaders"), name, names::http_header(name));
    }
}

/// A port by number or by the name a container gives it.
pub(crate) fn port(at: &At, errors: &mut Errors) {
    match at.value {
        Value::String(name) => errors.invalid_each(at, name, names::port_name(name)),
        other => {
            let number = other.as_i64().unwrap_or(0);
            errors.invalid_each(at, number, names::port_number(number));
        }
    }
}

fn sleep(at: &At, grace: Option<i64>, errors: &mut Errors) {
    let seconds = at.get("seconds").as_i64().unwrap_or(0);
    if let Some(grace) = grace.filter(|grace| !(0..=*grace).contains(&seconds)) {
        let why = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        errors.invalid(at, seconds, why);
    }
}
