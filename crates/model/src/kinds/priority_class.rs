//! PriorityClass: a named scheduling priority.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, column, int, text},
    prepare,
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.scheduling.v1.PriorityClass")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    prepare_create: prepare::first_generation,
    short_names: &["pc"],
    ..Kind::new(
        "scheduling.k8s.io",
        "PriorityClass",
        "priorityclasses",
        "priorityclass",
        Scope::Cluster,
        "/registry/priorityclasses/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column(
        "Value",
        "integer",
        "value represents the integer value of this priority class. This is the actual priority that pods receive when they have the name of this class in their pod spec.",
        |class, _| int(class, "/value").into(),
    ),
    column(
        "Global-Default",
        "boolean",
        "globalDefault specifies whether this PriorityClass should be considered as the default priority for pods that do not have any priority class. Only one PriorityClass can be marked as `globalDefault`. However, if more than one PriorityClasses exists with their `globalDefault` field set to true, the smallest value of such global default PriorityClasses will be used as the default priority.",
        |class, _| class["globalDefault"].as_bool().unwrap_or(false).into(),
    ),
    columns::AGE,
    column(
        "PreemptionPolicy",
        "string",
        "preemptionPolicy is the Policy for preempting pods with lower priority. One of Never, PreemptLowerPriority. Defaults to PreemptLowerPriority if unset.\n\nPossible enum values:\n - `\"Never\"` means that pod never preempts other pods with lower priority.\n - `\"PreemptLowerPriority\"` means that pod can preempt other pods with lower priority.",
        |class, _| text(class, "/preemptionPolicy").into(),
    ),
];
