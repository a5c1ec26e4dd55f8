//! The lines of a trace as values: what JSON lines hold and the text is made of.

use serde::Serialize;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Line {
    /// A card is put into its reader.
    Start(StartLine),
    /// Power, or a reset.
    Power(PowerLine),
    /// A command and its answer.
    Command(Box<CommandLine>),
}

/// A card is put into its reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StartLine {
    /// Version of the format.
    pub version: u32,
    /// The card's name: that of its image.
    pub card: String,
    /// Answer to reset.
    pub atr: String,
    /// Number of the last write to persistent memory so far.
    pub writes: u64,
}

/// What happened to the power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PowerEvent {
    /// It came on.
    On,
    /// It went off.
    Off,
    /// A warm reset.
    Reset,
}

/// Power, or a reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PowerLine {
    /// The card's name.
    pub card: String,
    /// What happened.
    pub event: PowerEvent,
    /// What is selected now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<SelectedLine>,
    /// The applets that were called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<AppletCall>,
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<WriteLine>,
}

/// A command and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommandLine {
    /// The card's name.
    pub card: String,
    /// Number of the command, from 1.
    pub number: u64,
    /// Logical channel that its class names.
    pub channel: u8,
    /// Who got it: what was selected there before.
    pub receiver: Target,
    /// As it went over the wire.
    #[serde(flatten)]
    pub wire: Exchange,
    /// The same out of the secure channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain: Option<Exchange>,
    /// Security level of the secure channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_level: Option<String>,
    /// What is selected now and was not before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<SelectedLine>,
    /// The applets that were called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<AppletCall>,
    /// Events that were too many to keep.
    #[serde(skip_serializing_if = "is_zero")]
    pub dropped: usize,
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<WriteLine>,
    /// Number of the write after which the power failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_failed_after: Option<u64>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants it so
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A command and its answer, in one of their two forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// The command.
    pub command: Message,
    /// The answer.
    pub response: Reply,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Hex; `**` stands for a byte that is hidden.
    pub bytes: String,
    /// Name, with the form of the command; none for an instruction that nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The clause that defines it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// Its fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldLine>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Hex, with the status word.
    pub bytes: String,
    /// The status word, hex.
    pub status: String,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// The fields of the data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldLine>,
}

/// A field of a command or an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldLine {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

/// Whom a command is for, or what is selected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "aid", rename_all = "kebab-case")]
pub enum Target {
    /// A security domain.
    SecurityDomain(String),
    /// An application.
    Application(String),
    /// Nothing is selected.
    Nothing,
    /// The channel is closed.
    Closed,
}

/// What is selected on a channel now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SelectedLine {
    /// Logical channel.
    pub channel: usize,
    /// What.
    #[serde(flatten)]
    pub target: Target,
}

/// A call of an applet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppletCall {
    /// AID of the instance.
    pub applet: String,
    /// `install`, `select`, `process`, `processData`, `deselect` or `uninstall`.
    pub method: &'static str,
    /// The status word that it answered, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Why it did not return: an exception, or why the machine stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Bytecodes that ran, natives by their weight; none for an applet in ROM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytecodes: Option<u64>,
    /// Transactions that it committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed: Option<u64>,
    /// Transactions that were aborted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aborted: Option<u64>,
}

/// Writes to persistent memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WriteLine {
    /// How many.
    pub count: u64,
    /// Number of the first, as `run --tear-after` counts: from the start of the run.
    pub first: u64,
    /// Number of the last.
    pub last: u64,
    /// Who wrote.
    pub by: Vec<WriterLine>,
}

/// Who wrote how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WriterLine {
    /// `system`, `instance …`, `load file …`, `security domain …`, or `commit` for the marks that end commits.
    pub owner: String,
    /// How many writes.
    pub count: u64,
}
