//! The token's objects: the combined object as it is, and as it shall be.

use coolkey::{
    Command as TokenCommand, ObjectAcl, ObjectId, ObjectRecord,
    command::Sequence,
    pkcs11::{
        Capabilities, CertificateObjects, CombinedObject, Compression, ObjectSpec,
        spec::AttributeType,
    },
    report::life_cycle,
};
use token_management::message::Status;

use super::{Run, plan::KeyWork};
use crate::{
    config::profile::{EnrollProfile, KeyUsage},
    outcome::Fault,
};

/// Most objects that are listed.
const OBJECTS_MAX: usize = 64;
/// Largest combined object that is read, in bytes.
const COMBINED_LENGTH_MAX: u32 = 32 * 1024;
/// The version of a first combined object is below this.
const FIRST_VERSION_MAX: u16 = 1000;
/// First build of the applet that knows CLEAR KEY SLOTS.
const CLEAR_KEY_SLOTS_BUILD: u32 = 0x5876_8072;

impl Run {
    /// The combined object on the card; `None`: there is none, or it cannot be read and will be replaced.
    pub(super) async fn read_combined(&mut self) -> Result<Option<CombinedObject>, Fault> {
        let mut sequence = Sequence::First;
        for _ in 0..OBJECTS_MAX {
            let answer = self.plain(TokenCommand::ListObjects(sequence)).await?;
            if !answer.status.is_ok() {
                return Ok(None);
            }
            sequence = Sequence::Next;
            let Ok(record) = ObjectRecord::parse(&answer.data) else { return Ok(None) };
            if record.id == ObjectId::COMBINED && record.size <= COMBINED_LENGTH_MAX {
                let size = usize::try_from(record.size).unwrap_or(0);
                let bytes = self.read_object(ObjectId::COMBINED, size).await?;
                return Ok(CombinedObject::parse(&bytes).ok());
            }
        }
        Ok(None)
    }

    /// Writes the combined object: what was there and stays, then the new certificates with their keys.
    pub(super) async fn write_combined(
        &mut self,
        profile: &EnrollProfile,
        before: Option<&CombinedObject>,
        kept: Vec<ObjectSpec>,
        certificates: &[(KeyWork, Vec<u8>)],
    ) -> Result<(), Fault> {
        let fault = |cause: &str| Fault::new(Status::MacCertPdu, cause);
        let version = match before {
            Some(before) => before.next_version(),
            None => u16::from_be_bytes(self.cx.random::<2>().await?) % FIRST_VERSION_MAX,
        };
        let mut objects = kept;
        for (work, certificate) in certificates {
            let specs = CertificateObjects {
                index: work.slot,
                label: self.substitute(&work.key.label)?,
                certificate: certificate.clone(),
                capabilities: match work.key.usage {
                    KeyUsage::Signing => Capabilities::SIGNING,
                    KeyUsage::Encryption => Capabilities::ENCRYPTION,
                },
            }
            .specs()
            .ok_or_else(|| fault("no such certificate index"))?;
            objects.extend(specs);
        }
        let combined = CombinedObject {
            version,
            cuid: self.cuid()?,
            token_name: self.substitute(&profile.token_name)?.into_bytes(),
            objects,
        };
        let compression =
            if profile.compress_objects { Compression::Zlib } else { Compression::None };
        let bytes = combined.to_bytes(compression).map_err(|e| fault(&e.to_string()))?;
        self.write_object(ObjectId::COMBINED, ObjectAcl::PUBLIC, &bytes, Status::MacCertPdu).await
    }

    /// Makes the applet "personalised", where it is not.
    pub(super) async fn personalize(&mut self, fresh: bool) -> Result<(), Fault> {
        if self.facts()?.life_cycle == life_cycle::PERSONALIZED && !fresh {
            return Ok(());
        }
        let command = TokenCommand::SetLifeCycle { state: life_cycle::PERSONALIZED };
        self.secured_token(command, Status::MacLifeCyclePdu).await.map(drop)
    }

    /// Clears the key slots that no certificate refers to. Everything is done by now: the answer does not count, nor does a client
    /// that hangs up at a command that it does not know.
    pub(super) async fn clear_key_slots(&mut self, slots: &[u8]) {
        let knows = self
            .facts
            .as_ref()
            .and_then(|facts| facts.applet)
            .is_some_and(|version| version.build >= CLEAR_KEY_SLOTS_BUILD);
        if !knows || slots.is_empty() {
            return;
        }
        let keep = slots.iter().flat_map(|slot| [slot * 2, slot * 2 + 1]).collect();
        if let Ok(command) = (TokenCommand::ClearKeySlots { keep }).secured() {
            let _ = self.secured_any(&command).await;
        }
    }
}

/// The objects of certificates that this enrolment does not replace, and their indexes.
pub(super) fn kept_objects(
    combined: Option<&CombinedObject>,
    profile: &EnrollProfile,
) -> (Vec<ObjectSpec>, Vec<u8>) {
    let stays = |spec: &&ObjectSpec| !profile.keys.iter().any(|key| key.slot == spec.fixed.id());
    let objects: Vec<ObjectSpec> = combined
        .map(|combined| combined.objects.iter().filter(stays).cloned().collect())
        .unwrap_or_default();
    let mut slots: Vec<u8> = objects.iter().map(|spec| spec.fixed.id()).collect();
    slots.dedup();
    (objects, slots)
}

/// Whether one of the objects is this certificate.
pub(super) fn hold_certificate(objects: &[ObjectSpec], der: &[u8]) -> bool {
    !der.is_empty() && objects.iter().any(|spec| spec.bytes(AttributeType::VALUE) == Some(der))
}
