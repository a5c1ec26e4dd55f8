//! The personality as earlier versions wrote it: nothing here changes any more.

use iso7816::Aid;
use serde::{Deserialize, Serialize};

use crate::{
    encoding,
    profile::{Cplc, JavaCardProfile, Personality, Transmission},
};

/// The card production life cycle data.
#[derive(Serialize, Deserialize)]
struct CplcOf1 {
    fabricator: u16,
    ic_type: u16,
    os: u16,
    os_date: u16,
    os_level: u16,
    fabrication_date: u16,
    serial: u32,
    batch: u16,
    packaging: Vec<u8>,
    pre_personalization: Vec<u8>,
    personalization: Vec<u8>,
}

/// The record of version 1.
#[derive(Serialize, Deserialize)]
pub(super) struct PersonalityOf1 {
    atr: Vec<u8>,
    cplc: CplcOf1,
    #[serde(with = "encoding::aid")]
    isd_aid: Aid,
    version: Vec<u8>,
    des_option: u8,
    des_protocol: u8,
    aes_option: u8,
    memory: u32,
    block_size: u8,
    life_cycle: u8,
    iin: Vec<u8>,
    cin: Vec<u8>,
}

/// What was done with load files.
#[derive(Serialize, Deserialize)]
enum LoadPolicyOf2 {
    Load,
    RomStandsIn,
    Refuse,
}

/// How commands came to the card.
#[derive(Serialize, Deserialize)]
enum TransmissionOf2 {
    T0,
    T1,
    ContactlessA,
    ContactlessB,
}

/// What version 2 had more.
#[derive(Serialize, Deserialize)]
struct JavaCardOf2 {
    load: LoadPolicyOf2,
    verify: bool,
    protocol: TransmissionOf2,
    transient_reset: u32,
    transient_deselect: u32,
    commit_buffer: u32,
    instructions: u64,
}

/// The record of version 2.
#[derive(Serialize, Deserialize)]
pub(super) struct PersonalityOf2 {
    before: PersonalityOf1,
    java_card: JavaCardOf2,
}

impl From<CplcOf1> for Cplc {
    fn from(old: CplcOf1) -> Self {
        Self {
            fabricator: old.fabricator,
            ic_type: old.ic_type,
            os: old.os,
            os_date: old.os_date,
            os_level: old.os_level,
            fabrication_date: old.fabrication_date,
            serial: old.serial,
            batch: old.batch,
            packaging: old.packaging,
            pre_personalization: old.pre_personalization,
            personalization: old.personalization,
        }
    }
}

impl From<PersonalityOf1> for Personality {
    fn from(old: PersonalityOf1) -> Self {
        Self {
            atr: old.atr,
            cplc: old.cplc.into(),
            isd_aid: old.isd_aid,
            version: old.version,
            des_option: old.des_option,
            des_protocol: old.des_protocol,
            aes_option: old.aes_option,
            memory: old.memory,
            block_size: old.block_size,
            life_cycle: old.life_cycle,
            iin: old.iin,
            cin: old.cin,
            ..Self::default()
        }
    }
}

impl From<JavaCardOf2> for JavaCardProfile {
    fn from(old: JavaCardOf2) -> Self {
        Self {
            load: match old.load {
                LoadPolicyOf2::Load => crate::LoadPolicy::Load,
                LoadPolicyOf2::RomStandsIn => crate::LoadPolicy::RomStandsIn,
                LoadPolicyOf2::Refuse => crate::LoadPolicy::Refuse,
            },
            verify: old.verify,
            protocol: match old.protocol {
                TransmissionOf2::T0 => Transmission::T0,
                // What T=1 was by default, whatever the ATR.
                TransmissionOf2::T1 => Transmission::Apdu,
                TransmissionOf2::ContactlessA => Transmission::ContactlessA,
                TransmissionOf2::ContactlessB => Transmission::ContactlessB,
            },
            transient_reset: old.transient_reset,
            transient_deselect: old.transient_deselect,
            commit_buffer: old.commit_buffer,
            instructions: old.instructions,
            ..Self::default()
        }
    }
}

impl From<PersonalityOf2> for Personality {
    fn from(old: PersonalityOf2) -> Self {
        Self { java_card: old.java_card.into(), ..old.before.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        image::MemoryImage,
        nvm::{Owner, WriteLog},
        state::{personality, save},
    };

    fn old() -> PersonalityOf1 {
        PersonalityOf1 {
            atr: vec![0x3B, 0x00],
            cplc: CplcOf1 {
                fabricator: 1,
                ic_type: 2,
                os: 3,
                os_date: 4,
                os_level: 5,
                fabrication_date: 6,
                serial: 7,
                batch: 8,
                packaging: vec![9; 8],
                pre_personalization: vec![10; 8],
                personalization: vec![11; 8],
            },
            isd_aid: crate::profile::ISD_AID_GLOBALPLATFORM,
            version: vec![2, 2],
            des_option: 0x55,
            des_protocol: 2,
            aes_option: 0x60,
            memory: 65_536,
            block_size: 0xF0,
            life_cycle: 0x0F,
            iin: vec![1, 2],
            cin: vec![3],
        }
    }

    fn read<T: Serialize>(format: u8, record: &T) -> Personality {
        let mut log = WriteLog::open(Box::new(MemoryImage::default())).unwrap();
        save(&mut log, b"format", &format).unwrap();
        log.put(Owner::System, b"personality", postcard::to_allocvec(record).unwrap()).unwrap();
        personality(&log).unwrap()
    }

    #[test]
    fn images_of_earlier_versions_are_the_same_cards() {
        let first = read(1, &old());
        assert_eq!((first.cplc.serial, first.memory, first.des_option), (7, 65_536, 0x55));
        assert_eq!((first.cin.as_slice(), first.channels), (&[3][..], 4));
        let java_card = JavaCardOf2 {
            load: LoadPolicyOf2::RomStandsIn,
            verify: false,
            protocol: TransmissionOf2::T0,
            transient_reset: 100,
            transient_deselect: 200,
            commit_buffer: 300,
            instructions: 400,
        };
        let second = read(2, &PersonalityOf2 { before: old(), java_card });
        assert_eq!(second.java_card.protocol, Transmission::T0);
        assert_eq!(second.java_card.load, crate::LoadPolicy::RomStandsIn);
        assert_eq!(second.java_card.instructions, 400);
        let java_card = second.java_card.clone();
        assert_eq!(Personality { java_card, ..first }, second);
    }

    #[test]
    fn a_field_that_an_image_does_not_have_is_read_with_its_default() {
        let mut log = WriteLog::open(Box::new(MemoryImage::default())).unwrap();
        save(&mut log, b"format", &3_u8).unwrap();
        let record = b"memory = 32768".to_vec();
        log.put(Owner::System, b"personality", record).unwrap();
        let expected = Personality { memory: 32_768, ..Personality::default() };
        assert_eq!(personality(&log).unwrap(), expected);
    }
}
