//! GET DATA, in both of its instructions [GPCS 2.3.1 §11.3, ISO 7816-4 §7.4.2].

use iso7816::{Command, ParseError, ParseErrorKind, tlv};

use super::CommandError;

/// Tag of a list of tags.
const TAG_LIST: u32 = 0x5C;
/// Most tags in a list.
const TAGS_MAX: usize = 64;

/// GET DATA with instruction CA: the tag is in P1 P2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetData {
    /// Tag in P1 P2, e.g. 0066 or 9F7F.
    pub tag: u16,
    /// Whether the class is GlobalPlatform's, which asks for tag, length and value; with the ISO class the value comes alone.
    pub with_header: bool,
    /// What narrows the answer: a tag list 5C, or search criteria; mostly empty.
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
        self.command(Self::INS)
    }

    /// The tags that the data field asks for; `None` where it has no list, an empty list for "all".
    ///
    /// # Errors
    /// A malformed data field or list.
    pub fn tag_list(&self) -> Result<Option<Vec<u32>>, ParseError> {
        tlv::find(&self.data, TAG_LIST)?.map(parse_tag_list).transpose()
    }

    fn command(&self, ins: u8) -> Command {
        let [p1, p2] = self.tag.to_be_bytes();
        let cla = if self.with_header { 0x80 } else { 0x00 };
        let mut command = Command::new(cla, ins, p1, p2).with_data(self.data.clone());
        command.expected = self.expected;
        command
    }
}

/// GET DATA with instruction CB: P1 P2 name a file, as 2F00 for the list of applications, and the data field says which of its objects;
/// `5C 00` asks for all [GPCS 2.3.1 §11.3.2.1].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetDataOfFile(pub GetData);

impl GetDataOfFile {
    /// INS.
    pub const INS: u8 = 0xCB;

    /// GET DATA for all objects of a file.
    #[must_use]
    pub fn all(file: u16) -> Self {
        let data = tlv::Writer::new().object(TAG_LIST, &[]).finish();
        Self(GetData { tag: file, with_header: false, data, expected: Some(256) })
    }

    /// Reads the command.
    ///
    /// # Errors
    /// `Parse` for a data field that is not made of data objects.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let parsed = GetData::parse(command)?;
        parsed.tag_list()?;
        Ok(Self(parsed))
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        self.0.command(Self::INS)
    }
}

/// The tags in the value of object 5C, one after the other.
///
/// # Errors
/// `Truncated` within a tag; `OutOfRange` for a tag of more than three bytes, or more than 64 tags.
pub fn parse_tag_list(value: &[u8]) -> Result<Vec<u32>, ParseError> {
    let mut tags = Vec::new();
    let mut open: Option<u32> = None;
    for (at, byte) in value.iter().enumerate() {
        let tag = open.map_or(0, |begun| begun << 8) | u32::from(*byte);
        let goes_on = if open.is_none() { byte & 0x1F == 0x1F } else { byte & 0x80 != 0 };
        if tags.len() == TAGS_MAX || goes_on && tag > 0xFFFF {
            return Err(ParseErrorKind::OutOfRange.at(at));
        }
        open = goes_on.then_some(tag);
        if !goes_on {
            tags.push(tag);
        }
    }
    if open.is_some() { Err(ParseErrorKind::Truncated.at(value.len())) } else { Ok(tags) }
}
