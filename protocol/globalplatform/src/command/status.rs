//! GET STATUS and SET STATUS [GPCS 2.3.1 §11.4, §11.10].

use faults::Fault;
use iso7816::{Aid, Command, ParseErrorKind, aid::AID_LENGTH_MAX, tlv};

use super::CommandError;

/// Which registry entries a command is about: P1 of GET STATUS and SET STATUS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusScope {
    /// 80: the issuer security domain, whose state is the card's.
    IssuerSecurityDomain,
    /// 40: applications and supplementary security domains.
    Applications,
    /// 20: executable load files.
    LoadFiles,
    /// 10: executable load files with their modules.
    LoadFilesAndModules,
    /// 60, SET STATUS only: a security domain and the applications associated with it.
    SecurityDomainAndApplications,
}

/// The scopes and their P1, for both commands.
const SCOPES: [(u8, StatusScope); 5] = [
    (0x80, StatusScope::IssuerSecurityDomain),
    (0x40, StatusScope::Applications),
    (0x20, StatusScope::LoadFiles),
    (0x10, StatusScope::LoadFilesAndModules),
    (0x60, StatusScope::SecurityDomainAndApplications),
];

impl StatusScope {
    /// P1.
    #[must_use]
    pub fn p1(self) -> u8 {
        SCOPES.iter().find(|(_, scope)| *scope == self).map_or(0, |(p1, _)| *p1)
    }

    fn from_p1(p1: u8) -> Option<Self> {
        SCOPES.iter().find(|(known, _)| *known == p1).map(|(_, scope)| *scope)
    }
}

/// GET STATUS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetStatus {
    /// Which entries.
    pub scope: StatusScope,
    /// Whether entries come as data objects (P2 b2), not in the old table form.
    pub tlv: bool,
    /// Whether the next part of an answer is wanted.
    pub next: bool,
    /// AID, or its beginning, that entries must have; empty for all.
    pub name: Vec<u8>,
    /// The tags that entries shall have, as they came; `None` leaves it to the card. See [`super::parse_tag_list`].
    pub tags: Option<Vec<u8>>,
}

/// Tag of the AID search criterion, and of the list of wanted tags.
const TAG_AID: u32 = 0x4F;
const TAG_LIST: u32 = 0x5C;

impl GetStatus {
    /// INS.
    pub const INS: u8 = 0xF2;

    /// GET STATUS for all entries of a scope, as data objects.
    #[must_use]
    pub const fn all(scope: StatusScope) -> Self {
        Self { scope, tlv: true, next: false, name: Vec::new(), tags: None }
    }

    /// Reads the command; other search criteria are ignored.
    ///
    /// # Errors
    /// `UnknownParameters`; `Parse` for malformed criteria, or none 4F.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let header = command.header;
        let unknown = CommandError::UnknownParameters(header.p1p2());
        let scope = StatusScope::from_p1(header.p1)
            .filter(|scope| *scope != StatusScope::SecurityDomainAndApplications)
            .ok_or(unknown)?;
        if header.p2 & !0x03 != 0 {
            return Err(unknown);
        }
        let (mut name, mut tags) = (None, None);
        for object in tlv::parse(&command.data) {
            let object = object?;
            match object.tag.0 {
                TAG_AID if name.is_none() => name = Some(object.value.to_vec()),
                TAG_LIST => tags = Some(object.value.to_vec()),
                _ => {}
            }
        }
        let name = name
            .or_else(|| faults::active(Fault::GetStatusWithoutCriterion).then(Vec::new))
            .ok_or(ParseErrorKind::Truncated.at(command.data.len()))?;
        if name.len() > AID_LENGTH_MAX {
            return Err(ParseErrorKind::OutOfRange.at(0).into());
        }
        let (tlv, next) = (header.p2 & 0x02 != 0, header.p2 & 0x01 != 0);
        Ok(Self { scope, tlv, next, name, tags })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let p2 = u8::from(self.tlv) << 1 | u8::from(self.next);
        let mut data = tlv::Writer::new().object(TAG_AID, &self.name);
        if let Some(tags) = &self.tags {
            data = data.object(TAG_LIST, tags);
        }
        Command::new(0x80, Self::INS, self.scope.p1(), p2)
            .with_data(data.finish())
            .with_expected(256)
    }
}

/// SET STATUS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetStatus {
    /// What shall change.
    pub scope: StatusScope,
    /// The life cycle state byte.
    pub state: u8,
    /// The application; none for the card.
    pub aid: Option<Aid>,
}

impl SetStatus {
    /// INS.
    pub const INS: u8 = 0xF0;

    /// Reads the command; the data field is ignored where the card's own state is set.
    ///
    /// # Errors
    /// `UnknownParameters`; `Parse` for a data field that is no AID.
    pub fn parse(command: &Command) -> Result<Self, CommandError> {
        let header = command.header;
        let scope = StatusScope::from_p1(header.p1)
            .filter(|scope| {
                !matches!(scope, StatusScope::LoadFiles | StatusScope::LoadFilesAndModules)
            })
            .ok_or(CommandError::UnknownParameters(header.p1p2()))?;
        let aid = match scope {
            StatusScope::IssuerSecurityDomain => None,
            _ => Some(Aid::new(&command.data)?),
        };
        Ok(Self { scope, state: header.p2, aid })
    }

    /// The command.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let data = self.aid.map(|aid| aid.as_bytes().to_vec()).unwrap_or_default();
        Command::new(0x80, Self::INS, self.scope.p1(), self.state).with_data(data)
    }
}
