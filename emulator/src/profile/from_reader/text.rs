//! What was read, as the text of a profile.

use std::fmt::Write as _;

use super::Reading;

/// What every profile of this origin begins with.
const HEAD: &str = "\
# From the public data of a card: what it answers to anybody. What no card tells is as in the default profile: memory, the longest
# command, logical channels, what its chip computes, its exact Java Card version, its life cycle state, its content.
";
/// What stands before each key set.
const KEYS: &str =
    "# Test keys of the right type and length (40 41 42 and so on), for no card tells its own.\n";

impl Reading {
    /// The profile as TOML, with what was not read as comments.
    ///
    /// # Errors
    /// None that is known: every profile can be written.
    pub fn to_text(&self) -> anyhow::Result<String> {
        let mut text = HEAD.to_owned();
        for note in &self.notes {
            writeln!(text, "# Note: {note}.")?;
        }
        text.push('\n');
        for line in toml::to_string(&self.profile)?.lines() {
            if line == "[[key_sets]]" {
                text.push_str(KEYS);
            }
            writeln!(text, "{line}")?;
        }
        Ok(text)
    }
}
