//! Giving running containers what their pod was granted anew: the pod's cgroup and the runtime are told, growing from the
//! outside in and shrinking from the inside out.
use super::Worker;
use crate::{
    cri::api::UInt64Value,
    kubelet::{
        cgroups::pod_path,
        make::{container::linux_resources, sandbox::pod_resources},
        metrics::{CGROUP_MANAGER_DURATION, RESIZE_DURATION},
    },
    pod::{
        Observed,
        qos::qos,
        resize::{Resource, Steps, message, steps},
        resources::limits,
        spec::find,
    },
};
use k8s_openapi::api::core::v1::Pod;
use skeg_client::{EventType, reference_to};
use std::collections::HashMap;

impl Worker {
    /// What is to be done; keeps the condition of a resize that is under way, and says when it is over.
    pub(super) fn resize_steps(&self, observed: &Observed) -> Steps {
        let actuated = self.grant.actuated(&self.pod);
        let wanted = actuated.map(|it| steps(&self.pod, &it, observed)).unwrap_or_default();
        let now = self.now();
        if !wanted.is_empty() {
            self.grant.with_conditions(|it| it.go_on(&self.pod, now));
        } else if let Some(generation) = self.grant.with_conditions(crate::pod::resize::Conditions::complete) {
            let text = message("Pod resize completed", &self.pod, generation, "");
            self.shared.recorder.event(&reference_to(&*self.pod), EventType::Normal, "ResizeCompleted", text);
            self.shared.registry.freed.notify_one();
        }
        wanted
    }

    /// Carries out what needs no restart. The error is said where the pod's owner sees it.
    ///
    /// # Errors
    /// A step failed; those before it stand.
    pub(super) async fn resize(&self, steps: &Steps, observed: &Observed) -> Result<bool, ()> {
        let Some(actuated) = self.grant.actuated(&self.pod).filter(|_| !steps.is_empty()) else { return Ok(false) };
        let start = std::time::Instant::now();
        let result = self.carry_resize(steps, &actuated, observed).await;
        let success = if result.is_ok() { "true" } else { "false" };
        self.shared.metrics.observe(&RESIZE_DURATION, &[success], start.elapsed().as_secs_f64() * 1000.0);
        let Err(text) = result else { return Ok(true) };
        let now = self.now();
        if let Some(generation) = self.grant.with_conditions(|it| it.fail(&self.pod, &text, now)) {
            let text = message("Pod resize error", &self.pod, generation, &text);
            self.shared.recorder.event(&reference_to(&*self.pod), EventType::Warning, "ResizeError", text);
        }
        Err(())
    }

    async fn carry_resize(&self, steps: &Steps, actuated: &Pod, observed: &Observed) -> Result<(), String> {
        self.check_lowered(steps, actuated).await?;
        let (new, old) = (limits(&self.pod), limits(actuated));
        for resource in [Resource::Memory, Resource::Cpu] {
            if !steps.pod && !steps.update.contains_key(&resource) {
                continue;
            }
            let grows = match resource {
                Resource::Memory => new.1 > old.1,
                Resource::Cpu => {
                    new.0 > old.0 || self.limits(&self.pod).cpu_request_milli > self.limits(actuated).cpu_request_milli
                }
            };
            // Memory comes first: by the time of the processors it is as granted.
            let cpu_of = if resource == Resource::Cpu { &*self.pod } else { actuated };
            if grows {
                self.tell_sandbox(observed).await?;
                self.set_pod_cgroup(cpu_of)?;
            }
            self.update_containers(steps, resource).await?;
            if !grows {
                self.tell_sandbox(observed).await?;
                self.set_pod_cgroup(cpu_of)?;
            }
        }
        self.grant.note(|actuated, allocated| actuated.pod.clone_from(&allocated.pod));
        Ok(())
    }

    /// The pod's own cgroup: memory as granted, processors as `cpu_of` has them.
    fn set_pod_cgroup(&self, cpu_of: &Pod) -> Result<(), String> {
        let path = pod_path(&self.shared.config.settings.cgroup_root, qos(&self.pod), self.uid());
        let mut wanted = self.limits(cpu_of);
        wanted.memory_bytes = self.limits(&self.pod).memory_bytes;
        let start = std::time::Instant::now();
        let made = self.shared.cgroups.ensure(&path, &wanted);
        self.shared.metrics.took(&CGROUP_MANAGER_DURATION, &["update"], start);
        made.map_err(|error| format!("failed to set pod cgroup config: {error}"))
    }

    /// The runtime may refuse the whole; one that does not know the call has no say.
    async fn tell_sandbox(&self, observed: &Observed) -> Result<(), String> {
        let Some(sandbox) = observed.ready_sandbox() else { return Ok(()) };
        match self.shared.runtime.update_sandbox(&sandbox.id, pod_resources(&self.pod)).await {
            Err(error) if !error.is_unimplemented() => Err(format!(
                "failed to notify runtime for UpdatePodSandboxResources; resize rejected: {}",
                error.rpc_text()
            )),
            _ => Ok(()),
        }
    }

    async fn update_containers(&self, steps: &Steps, resource: Resource) -> Result<(), String> {
        let settings = &self.shared.config.settings;
        for update in steps.update.get(&resource).into_iter().flatten() {
            let mixed = self.grant.with(&self.pod, &update.name, resource);
            let Some((_, container)) = find(&mixed, &update.name) else { continue };
            let wanted = linux_resources(&mixed, &container, self.shared.memory_bytes, settings.cpu_quota);
            self.shared.runtime.update_container(&update.id, wanted).await.map_err(|error| error.rpc_text())?;
            self.grant.note(|actuated, allocated| actuated.take(allocated, &update.name, resource));
        }
        Ok(())
    }

    /// A limit below what is in use would kill: such a resize waits.
    async fn check_lowered(&self, steps: &Steps, actuated: &Pod) -> Result<(), String> {
        let mut wrong = Vec::new();
        let (new, old) = (limits(&self.pod).1, limits(actuated).1);
        if let Some(new) = new.filter(|new| old.is_none_or(|old| *new < old)) {
            let path = pod_path(&self.shared.config.settings.cgroup_root, qos(&self.pod), self.uid());
            let used = self.shared.cgroups.usage(&path).memory_bytes;
            if used >= u64::try_from(new).unwrap_or(0) {
                wrong.push(format!("attempting to set pod memory limit ({new}) below current usage ({used})"));
            }
        }
        let memory = steps.update.get(&Resource::Memory).into_iter().flatten();
        let lowered: Vec<_> = memory.filter_map(|it| Some((it, it.lowers_memory_to?))).collect();
        if !lowered.is_empty() {
            let stats = self.shared.runtime.list_container_stats(None).await.map_err(|error| error.rpc_text())?;
            let used: HashMap<String, u64> = stats
                .into_iter()
                .filter_map(|it| Some((it.attributes?.id, it.memory?.usage_bytes.map(|UInt64Value { value }| value)?)))
                .collect();
            for (update, limit) in lowered {
                match used.get(&update.id) {
                    None => wrong.push(format!("missing container {:?} memory usage", update.name)),
                    Some(used) if *used >= u64::try_from(limit).unwrap_or(0) => wrong.push(format!(
                        "attempting to set container {:?} memory limit ({limit}) below current usage ({used})",
                        update.name
                    )),
                    Some(_) => {}
                }
            }
        }
        match wrong.as_slice() {
            [] => Ok(()),
            [one] => Err(format!("cannot decrease memory limits: {one}")),
            all => Err(format!("cannot decrease memory limits: [{}]", all.join(", "))),
        }
    }
}
