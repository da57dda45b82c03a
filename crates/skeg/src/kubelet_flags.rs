//! The kubelet's flags: those of upstream's kubelet that stand for a field of KubeletConfiguration, made from its table.
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use skeg_node::kubelet::configuration::{FIELDS, Field, Kind};

/// What the command line sets, in the table's order.
#[derive(Debug, Clone, Default)]
pub struct KubeletFlags(pub Vec<(&'static Field, String)>);

fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "BOOL",
        Kind::Int32 | Kind::Int64 | Kind::Float => "N",
        Kind::Duration => "DURATION",
        Kind::Texts => "VALUE,…",
        Kind::TextMap | Kind::BoolMap => "KEY=VALUE,…",
        Kind::Taints => "TAINT,…",
        Kind::Text | Kind::Other => "VALUE",
    }
}

/// Names and help texts of the flags, with their fields.
fn flags() -> impl Iterator<Item = (&'static Field, &'static str, &'static str)> {
    FIELDS.iter().filter_map(|field| field.flag.map(|(name, help)| (field, name, help)))
}

fn arg(field: &'static Field, name: &'static str, help: &'static str) -> Arg {
    let arg = Arg::new(name).long(name).value_name(value_name(field.kind)).action(ArgAction::Set);
    let arg = if field.kind == Kind::Bool { arg.num_args(0..=1).default_missing_value("true") } else { arg };
    // An empty text is a value, as in --cgroup-root "".
    match field.default.map(|text| text.trim_matches('"')) {
        Some(default) => arg.help(format!("{help} [default: {default}]")),
        None => arg.help(help),
    }
}

impl Args for KubeletFlags {
    fn augment_args(command: Command) -> Command {
        command.next_help_heading("Kubelet").args(flags().map(|(field, name, help)| arg(field, name, help)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for KubeletFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |name: &str| matches.get_one::<String>(name).cloned();
        Ok(Self(flags().filter_map(|(field, name, _)| given(name).map(|text| (field, text))).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
