//! How long plugins and the chain take.
use super::Operation;
use crate::metrics::Histogram;
use skeg_model::status::Status;
use std::time::Instant;

/// Upper bounds in seconds; upstream's.
static BOUNDS: [f64; 6] = [0.005, 0.025, 0.1, 0.5, 1.0, 2.5];

/// The half of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    Admit,
    Validate,
}

/// Plugin ("" for all of a half), half, operation, whether it refused.
type Labels = (&'static str, Step, &'static str, bool);

/// Durations of admission.
#[derive(Debug)]
pub(crate) struct Metrics {
    controllers: Histogram<Labels, 6>,
    steps: Histogram<Labels, 6>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { controllers: Histogram::new(&BOUNDS), steps: Histogram::new(&BOUNDS) }
    }
}

impl Metrics {
    /// A plugin has had its say.
    pub fn plugin(
        &self,
        name: &'static str,
        step: Step,
        operation: Operation,
        started: Instant,
        said: &Result<(), Status>,
    ) {
        let labels = (name, step, operation.as_str(), said.is_err());
        self.controllers.observe(labels, started.elapsed().as_secs_f64());
    }

    /// Half of the chain is done.
    pub fn step(&self, step: Step, operation: Operation, started: Instant, said: &Result<(), Status>) {
        self.steps.observe(("", step, operation.as_str(), said.is_err()), started.elapsed().as_secs_f64());
    }

    pub fn write(&self, out: &mut String) {
        let text = |(name, step, operation, rejected): &Labels| {
            let step = if *step == Step::Admit { "admit" } else { "validate" };
            let name = if name.is_empty() { String::new() } else { format!("name=\"{name}\",") };
            format!("{name}operation=\"{operation}\",rejected=\"{rejected}\",type=\"{step}\"")
        };
        let (of_plugin, of_step) = (
            "Time that an admission plugin took, in seconds",
            "Time that a half of the admission chain took, in seconds",
        );
        self.controllers.write(out, "apiserver_admission_controller_admission_duration_seconds", of_plugin, text);
        self.steps.write(out, "apiserver_admission_step_admission_duration_seconds", of_step, text);
    }
}
