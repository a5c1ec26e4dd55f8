//! GET DATA [GPCS 2.3.1 §11.3].

use iso7816::Command;

use super::CommandError;

/// GET DATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetData {
    /// Tag in P1 P2, e.g. 0066 or 9F7F.
    pub tag: u16,
    /// Whether the class is GlobalPlatform's, which asks for tag, length and value; with the ISO class the value comes alone.
    pub with_header: bool,
    /// INS CB, which has a tag list in its data field.
    pub data: Vec<u8>,
    /// Le as it came: hosts are answered 6Cxx where it is too small.
    pub expected: Option<u32>,
}

impl GetData {
    /// INS.
    pub const INS: u8 = 0xCA;

    /// GET DATA for a whole data object.
    #[must_use]
    pub const fn object(tag: u16) -> Self {
        Self { tag, with_header: true, data: Vec::new(), expected: Some(256) }
    }

    /// Reads the command.
    ///
    /// # Errors
    /// None so far; the signature is that of all commands.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        Ok(Self {
            tag: command.header.p1p2(),
            with_header: command.header.cla & 0x80 != 0,
            data: command.data.clone(),
            expected: command.expected,
        })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let [p1, p2] = self.tag.to_be_bytes();
        let cla = if self.with_header { 0x80 } else { 0x00 };
        let mut command = Command::new(cla, Self::INS, p1, p2).with_data(self.data.clone());
        command.expected = self.expected;
        command
    }
}
