//! Looking at a card: only commands that change nothing.

use coolkey::{
    APPLET_AID, Command, Nonce, ObjectId, ObjectRecord,
    command::{LifeCycleForm, Sequence},
    pkcs11::{AttributeType, CombinedObject, ObjectClass, ObjectSpec},
    report::{AppletVersion, IssuerInfo, LifeCycle, TokenStatus, life_cycle},
};
use iso7816::{Command as Apdu, Response};
use reader::{CardReader, ReaderError};

use super::{
    AppletReport, CertificateReport, OBJECT_SIZE_MAX, OBJECTS_MAX, ObjectReport, TokenReport,
};

/// Bytes that are read at once.
const READ_CHUNK: u8 = 240;

/// Looks at the card in a reader; what goes wrong is part of the report.
pub fn report(card: &mut dyn CardReader) -> TokenReport {
    let mut report = TokenReport { reader: card.name().to_owned(), ..TokenReport::default() };
    match card.connect() {
        Ok(atr) => {
            report.card = true;
            report.atr = Some(hex::encode_upper(atr.as_bytes()));
        }
        Err(ReaderError::NoCard(_)) => return report,
        Err(error) => {
            report.problem = Some(error.to_string());
            return report;
        }
    }
    if let Err(error) = inspect(card, &mut report) {
        report.problem = Some(error.to_string());
    }
    report
}

/// Looks at a connected card and fills in what it finds.
///
/// # Errors
/// When the reader fails or the card is removed; what was found until then stays in the report.
pub fn inspect(card: &mut dyn CardReader, report: &mut TokenReport) -> Result<(), ReaderError> {
    report.cuid = cuid(card)?.map(hex::encode_upper);
    let select =
        Apdu::new(0x00, 0xA4, 0x04, 0x00).with_data(APPLET_AID.as_bytes()).with_expected(256);
    if card.exchange(&select)?.status.is_ok() {
        let applet = report.applet.insert(AppletReport::default());
        versions(card, applet)?;
        objects(card, applet)?;
    }
    Ok(())
}

/// The CUID out of the card production life cycle data [GPCS 2.3.1 §H.6 tag 9F7F].
fn cuid(card: &mut dyn CardReader) -> Result<Option<[u8; coolkey::CUID_LENGTH]>, ReaderError> {
    card.exchange(&Apdu::new(0x00, 0xA4, 0x04, 0x00).with_expected(256))?;
    let response = card.exchange(&Apdu::new(0x80, 0xCA, 0x9F, 0x7F).with_expected(0x2D))?;
    if !response.status.is_ok() {
        return Ok(None);
    }
    Ok(cuid_of(&response.data))
}

/// `9F7F 2A`, then fabricator (2), IC type (2), 8 bytes, serial number (4), batch (2).
fn cuid_of(data: &[u8]) -> Option<[u8; coolkey::CUID_LENGTH]> {
    let fields = data.strip_prefix(&[0x9F, 0x7F, 0x2A])?;
    [fields.get(..4)?, fields.get(16..18)?, fields.get(12..16)?].concat().try_into().ok()
}

/// Sends a plain command of the applet; `None` when it could not be built or was refused.
fn ask(card: &mut dyn CardReader, command: Command) -> Result<Option<Vec<u8>>, ReaderError> {
    let Ok(apdu) = command.plain() else { return Ok(None) };
    let Response { data, status } = card.exchange(&apdu)?;
    Ok(status.is_ok().then_some(data))
}

fn versions(card: &mut dyn CardReader, applet: &mut AppletReport) -> Result<(), ReaderError> {
    let status = ask(card, Command::GetStatus)?.and_then(|data| TokenStatus::parse(&data).ok());
    let build = ask(card, Command::GetBuildId)?.and_then(|data| data.try_into().ok());
    if let (Some(status), Some(build)) = (status, build) {
        let version = AppletVersion { version: status.applet, build: u32::from_be_bytes(build) };
        applet.version = Some(version.to_string());
    }
    applet.free_memory = status.map(|status| status.free_memory);
    let life_cycle = ask(card, Command::GetLifeCycle(LifeCycleForm::Full))?;
    if let Some(life_cycle) = life_cycle.and_then(|data| LifeCycle::parse(&data).ok()) {
        applet.life_cycle = Some(format!("{:02X}", life_cycle.state));
        applet.personalized = life_cycle.state == life_cycle::PERSONALIZED;
        applet.pin = life_cycle.pin_enabled;
    }
    applet.issuer = ask(card, Command::GetIssuerInfo)?
        .and_then(|data| IssuerInfo::parse(&data).ok())
        .and_then(|info| info.url().map(str::to_owned))
        .filter(|url| !url.is_empty());
    Ok(())
}

fn objects(card: &mut dyn CardReader, applet: &mut AppletReport) -> Result<(), ReaderError> {
    for record in list(card)? {
        let id = record.id.to_string();
        let kind = kind_of(record.id);
        applet.objects.push(ObjectReport { id, size: Some(record.size), kind, inside: None });
        if record.id == ObjectId::COMBINED {
            let combined = read(card, &record)?.and_then(|data| CombinedObject::parse(&data).ok());
            if let Some(combined) = combined {
                take_apart(&combined, applet);
            }
        } else if record.id.letter() == b'C'
            && let Some(der) = read(card, &record)?
        {
            let id = record.id.to_string();
            applet.certificates.push(CertificateReport::new(id, None, &der));
        }
    }
    Ok(())
}

fn list(card: &mut dyn CardReader) -> Result<Vec<ObjectRecord>, ReaderError> {
    let mut records = Vec::new();
    let mut sequence = Sequence::First;
    while records.len() < OBJECTS_MAX {
        let Some(data) = ask(card, Command::ListObjects(sequence))? else { break };
        let Ok(record) = ObjectRecord::parse(&data) else { break };
        records.push(record);
        sequence = Sequence::Next;
    }
    Ok(records)
}

/// The bytes of an object that everybody may read; `None` when it cannot be read.
fn read(card: &mut dyn CardReader, record: &ObjectRecord) -> Result<Option<Vec<u8>>, ReaderError> {
    let size = record.size.min(OBJECT_SIZE_MAX);
    let mut bytes = Vec::new();
    let mut offset = 0;
    while offset < size {
        let length = u8::try_from(size - offset).unwrap_or(READ_CHUNK).min(READ_CHUNK);
        let command = Command::ReadObject { id: record.id, offset, length };
        let Ok(apdu) = command.with_nonce(Nonce::ZERO) else { return Ok(None) };
        let mut response = card.exchange(&apdu)?;
        if !response.status.is_ok() || response.data.len() != usize::from(length) {
            return Ok(None);
        }
        bytes.append(&mut response.data);
        offset += u32::from(length);
    }
    Ok(Some(bytes))
}

fn take_apart(combined: &CombinedObject, applet: &mut AppletReport) {
    applet.token_name = Some(String::from_utf8_lossy(&combined.token_name).into_owned());
    for object in &combined.objects {
        applet.objects.push(ObjectReport {
            id: object.id.to_string(),
            size: None,
            kind: class_name(object),
            inside: Some(ObjectId::COMBINED.to_string()),
        });
        if object.fixed.class() == Some(ObjectClass::Certificate) {
            let label = object.label().map(str::to_owned);
            let der = object.bytes(AttributeType::VALUE).unwrap_or_default();
            applet.certificates.push(CertificateReport::new(object.id.to_string(), label, der));
        }
    }
}

fn class_name(object: &ObjectSpec) -> Option<&'static str> {
    object.fixed.class().map(|class| match class {
        ObjectClass::Data => "data",
        ObjectClass::Certificate => "certificate",
        ObjectClass::PublicKey => "public key",
        ObjectClass::PrivateKey => "private key",
        ObjectClass::SecretKey => "secret key",
    })
}

const fn kind_of(id: ObjectId) -> Option<&'static str> {
    match id {
        ObjectId::COMBINED => Some("combined object"),
        ObjectId::WRAPPED_KEY => Some("wrapped key"),
        _ => match id.letter() {
            b'C' => Some("certificate"),
            b'c' => Some("certificate attributes"),
            b'k' => Some("key attributes"),
            _ => None,
        },
    }
}
