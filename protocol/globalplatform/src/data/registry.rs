//! Entries of the registry, as GET STATUS answers them [GPCS 2.3.1 §11.4.3.1].

use iso7816::{Aid, ParseError, ParseErrorKind, tlv};

use super::Privileges;
use crate::command::{Reader, push_lv};

const TAG_ENTRY: u32 = 0xE3;
const TAG_AID: u32 = 0x4F;
const TAG_LIFE_CYCLE: u32 = 0x9F70;
const TAG_PRIVILEGES: u32 = 0xC5;
const TAG_IMPLICIT_SELECTION: u32 = 0xCF;
const TAG_LOAD_FILE: u32 = 0xC4;
const TAG_VERSION: u32 = 0xCE;
const TAG_MODULE: u32 = 0x84;
const TAG_SECURITY_DOMAIN: u32 = 0xCC;
/// Most entries that are read from one answer.
const ENTRIES_MAX: usize = 1024;

/// One application, security domain or load file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryEntry {
    /// 4F; absent only where a card leaves it empty.
    pub aid: Option<Aid>,
    /// 9F70: life cycle state. Some cards add a second byte, which is dropped.
    pub life_cycle: u8,
    /// C5.
    pub privileges: Option<Privileges>,
    /// CF: implicit selection parameters.
    pub implicit_selection: Vec<u8>,
    /// C4: load file that the application comes from.
    pub load_file: Option<Aid>,
    /// CE: version of the load file.
    pub version: Option<Vec<u8>>,
    /// 84: modules of the load file.
    pub modules: Vec<Aid>,
    /// CC: the security domain that it is associated with.
    pub security_domain: Option<Aid>,
    /// Objects beside them, tag and value.
    pub others: Vec<(u32, Vec<u8>)>,
}

impl RegistryEntry {
    /// Reads an answer made of E3 objects.
    ///
    /// # Errors
    /// `UnexpectedByte` for anything but E3; a malformed object inside.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, ParseError> {
        let mut entries = Vec::new();
        for object in tlv::parse(bytes) {
            let object = object?;
            if object.tag.0 != TAG_ENTRY {
                return Err(ParseErrorKind::UnexpectedByte.at(0));
            }
            if entries.len() == ENTRIES_MAX {
                return Err(ParseErrorKind::OutOfRange.at(0));
            }
            entries.push(Self::parse_value(object.value)?);
        }
        Ok(entries)
    }

    fn parse_value(value: &[u8]) -> Result<Self, ParseError> {
        let mut entry = Self::default();
        for object in tlv::parse(value) {
            let object = object?;
            let value = object.value;
            match object.tag.0 {
                TAG_AID => entry.aid = optional_aid(value)?,
                TAG_LIFE_CYCLE => {
                    entry.life_cycle =
                        *value.first().ok_or(ParseErrorKind::LengthMismatch.at(0))?;
                }
                TAG_PRIVILEGES => entry.privileges = Some(Privileges::parse(value)?),
                TAG_IMPLICIT_SELECTION => entry.implicit_selection.extend_from_slice(value),
                TAG_LOAD_FILE => entry.load_file = optional_aid(value)?,
                TAG_VERSION => entry.version = Some(value.to_vec()),
                TAG_MODULE => entry.modules.extend(optional_aid(value)?),
                TAG_SECURITY_DOMAIN => entry.security_domain = optional_aid(value)?,
                tag => entry.others.push((tag, value.to_vec())),
            }
        }
        Ok(entry)
    }

    /// The entry as object E3. `tags` restricts it to those tags, as criterion 5C does.
    #[must_use]
    pub fn to_bytes(&self, tags: Option<&[u32]>) -> Vec<u8> {
        let wanted = |tag: u32| tags.is_none_or(|tags| tags.contains(&tag));
        let objects = self.objects();
        let shown = objects.iter().filter(|(tag, _)| wanted(*tag));
        tlv::Writer::new()
            .constructed(TAG_ENTRY, |entry| {
                shown.fold(entry, |entry, (tag, value)| entry.object(*tag, value))
            })
            .finish()
    }

    /// All objects of the entry in the order of the specification's table.
    fn objects(&self) -> Vec<(u32, Vec<u8>)> {
        let aid = |aid: &Aid| aid.as_bytes().to_vec();
        let mut objects = vec![
            (TAG_AID, self.aid.as_ref().map(aid).unwrap_or_default()),
            (TAG_LIFE_CYCLE, vec![self.life_cycle]),
        ];
        objects.extend(self.privileges.map(|bits| (TAG_PRIVILEGES, bits.to_bytes().to_vec())));
        objects.extend(
            self.implicit_selection.iter().map(|byte| (TAG_IMPLICIT_SELECTION, vec![*byte])),
        );
        objects.extend(self.load_file.as_ref().map(|file| (TAG_LOAD_FILE, aid(file))));
        objects.extend(self.version.clone().map(|version| (TAG_VERSION, version)));
        objects.extend(self.modules.iter().map(|module| (TAG_MODULE, aid(module))));
        objects.extend(self.security_domain.as_ref().map(|sd| (TAG_SECURITY_DOMAIN, aid(sd))));
        objects.extend(self.others.iter().cloned());
        objects
    }

    /// The entry in the old table form: AID, life cycle state, privileges' first byte, and with `modules` their AIDs
    /// [GPCS 2.1.1 §9.4.3.1].
    #[must_use]
    pub fn to_legacy(&self, modules: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_lv(&mut bytes, self.aid.as_ref().map_or(&[], Aid::as_bytes));
        let [privileges, ..] = self.privileges.unwrap_or(Privileges::empty()).to_bytes();
        bytes.extend_from_slice(&[self.life_cycle, privileges]);
        if modules {
            bytes.extend(u8::try_from(self.modules.len()));
            self.modules.iter().for_each(|module| push_lv(&mut bytes, module.as_bytes()));
        }
        bytes
    }

    /// Reads an answer in the old table form; `modules` as in [`to_legacy`](Self::to_legacy).
    ///
    /// # Errors
    /// `Truncated`, or a field that is no AID.
    pub fn parse_legacy(bytes: &[u8], modules: bool) -> Result<Vec<Self>, ParseError> {
        let mut reader = Reader::new(bytes);
        let mut entries = Vec::new();
        while !reader.is_empty() {
            let aid = reader.aid()?;
            let [life_cycle, privileges] = reader.array()?;
            let mut entry = Self {
                aid,
                life_cycle,
                privileges: Some(Privileges::parse(&[privileges])?),
                ..Self::default()
            };
            if modules {
                for _ in 0..reader.byte()? {
                    entry.modules.extend(reader.aid()?);
                }
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

fn optional_aid(value: &[u8]) -> Result<Option<Aid>, ParseError> {
    if value.is_empty() { Ok(None) } else { Aid::new(value).map(Some) }
}
