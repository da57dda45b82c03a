//! Tables over the machine: specs in YAML-like JSON, what the runtime shows, what is expected.
