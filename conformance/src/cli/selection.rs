//! Which cases: the options that `list` and `run` share.

use cardinal_conformance::{case::Effect, plan::Selection};
use clap::Args;

#[derive(Clone, Args)]
pub(crate) struct SelectionArgs {
    /// Take only cases whose identifier or number begins so; may be given several times
    #[arg(long = "case", value_name = "PREFIX")]
    prefixes: Vec<String>,
    /// The strongest effect on the card that a case may have
    #[arg(long, default_value = "session")]
    pub(crate) ceiling: Effect,
    /// Shuffle the order with this seed
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
}

impl From<SelectionArgs> for Selection {
    fn from(args: SelectionArgs) -> Self {
        Self { prefixes: args.prefixes, ceiling: args.ceiling, shuffle: args.shuffle }
    }
}
