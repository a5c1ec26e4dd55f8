//! GET STATUS.

use card::{Applet, Card, ExecutableModule, Host};
use globalplatform::scp::host::{Channel, Handshake};
use iso7816::{Aid, Command, Response, StatusWord, tlv};

use crate::support::{Bench, MODULE, TestModule, keys_for, random, scp};

fn get_status(p1: u8, p2: u8, data: &[u8]) -> Command {
    Command::new(0x80, 0xF2, p1, p2).with_data(data).with_expected(256)
}

fn ask(bench: &mut Bench, channel: &mut Channel, p1: u8, p2: u8, data: &[u8]) -> Response {
    bench.secure(channel, &get_status(p1, p2, data))
}

#[test]
fn the_domain_the_applet_and_the_package_are_told() {
    let mut bench = Bench::new();
    bench.card.install(MODULE, MODULE, &[]).unwrap();
    let mut channel = bench.authenticate();
    let hex = |response: Response| hex::encode_upper(response.data);
    let mut told = |p1, p2, data: &[u8]| hex(ask(&mut bench, &mut channel, p1, p2, data));
    assert_eq!(
        told(0x80, 2, &[0x4F, 0]),
        "E31D4F08A0000000030000009F700107C5039EFE80CC08A000000003000000"
    );
    assert_eq!(
        told(0x40, 2, &[0x4F, 0]),
        "E3244F07627601FF0000009F700107C503000000C406627601FF0000CC08A000000003000000"
    );
    assert_eq!(
        told(0x20, 2, &[0x4F, 0]),
        "E31A4F06627601FF00009F700101CE020104CC08A000000003000000\
         E31B4F07A00000015153509F700101CE020100CC08A000000003000000"
    );
    assert_eq!(
        told(0x10, 2, &[0x4F, 0]),
        "E3234F06627601FF00009F700101CE0201048407627601FF000000CC08A000000003000000\
         E3254F07A00000015153509F700101CE0201008408A000000151535041CC08A000000003000000"
    );
    assert_eq!(
        told(0x40, 2, &[0x4F, 0, 0x5C, 3, 0x9F, 0x70, 0x4F]),
        "E30D4F07627601FF0000009F700107"
    );
    assert_eq!(told(0x40, 0, &[0x4F, 0]), "07627601FF0000000700");
    assert_eq!(
        told(0x10, 0, &[0x4F, 0]),
        "06627601FF000001000107627601FF00000007A000000151535001000108A000000151535041"
    );
    assert_eq!(told(0x80, 0, &[0x4F, 0]), "08A000000003000000079E");
}

#[test]
fn searches_that_find_nothing_or_ask_for_nonsense() {
    let mut bench = Bench::new();
    for (p1, p2, data, expected) in [
        (0x40, 2, &[0x4F, 0][..], 0x6A88),
        (0x20, 2, &[0x4F, 2, 0xFF, 0xFF], 0x6A88),
        (0x00, 2, &[0x4F, 0], 0x6A86),
        (0xF0, 2, &[0x4F, 0], 0x6A86),
        (0x40, 0x82, &[0x4F, 0], 0x6A86),
        (0x40, 2, &[0x5C, 1, 0x4F], 0x6A80),
        (0x40, 2, &[0x4F, 9, 1], 0x6A80),
        (0x40, 2, &[], 0x6A80),
        (0x20, 3, &[0x4F, 0], 0x6985),
        (0x80, 3, &[0x4F, 0], 0x6A86),
    ] {
        let mut channel = bench.authenticate();
        let answer = ask(&mut bench, &mut channel, p1, p2, data);
        assert_eq!(answer.status, StatusWord(expected), "{p1:02X} {p2:02X} {data:02X?}");
        assert_eq!(answer.data, []);
    }
    let mut channel = bench.authenticate();
    let found = ask(&mut bench, &mut channel, 0x20, 2, &[0x4F, 5, 0x62, 0x76, 1, 0xFF, 0]);
    assert!(found.status.is_ok());
}

/// Many packages, so that their list takes several answers.
struct Numbered(u8);

impl ExecutableModule for Numbered {
    fn load_file(&self) -> Aid {
        Aid::new(&[0xD2, 0x76, 0, 0, self.0]).unwrap()
    }

    fn module(&self) -> Aid {
        Aid::new(&[0xD2, 0x76, 0, 0, self.0, 1]).unwrap()
    }

    fn version(&self) -> [u8; 2] {
        [1, self.0]
    }

    fn install(
        &self,
        host: &mut Host<'_>,
        parameters: &[u8],
    ) -> Result<Box<dyn Applet>, StatusWord> {
        TestModule.install(host, parameters)
    }

    fn restore(&self, host: &mut Host<'_>) -> Result<Box<dyn Applet>, StatusWord> {
        TestModule.restore(host)
    }
}

#[test]
fn long_lists_come_in_whole_entries_until_the_end() {
    for (level, format) in [(0x03, 2), (0x33, 2), (0x03, 0), (0x33, 0)] {
        let protocol = scp(3, 0x70);
        let mut bench = Bench::speaking(protocol);
        let modules: Vec<Box<dyn ExecutableModule>> =
            (0..40).map(|n| Box::new(Numbered(n)) as Box<dyn ExecutableModule>).collect();
        bench.card = Card::open(Box::new(bench.image.clone()), modules, random(3)).unwrap();
        bench.card.power_on();
        let mut channel = bench.open(Handshake::new(&[1; 8]), &keys_for(protocol), level);
        let mut told = Vec::new();
        let mut answers = 0;
        let mut p2 = format;
        loop {
            let answer = ask(&mut bench, &mut channel, 0x20, p2, &[0x4F, 2, 0xD2, 0x76]);
            answers += 1;
            if format == 2 {
                for entry in tlv::parse(&answer.data).map(Result::unwrap) {
                    told.push(tlv::find(entry.value, 0x4F).unwrap().unwrap().to_vec());
                }
            } else {
                told.extend(answer.data.chunks(8).map(|entry| entry[1..6].to_vec()));
            }
            if answer.status != StatusWord::MORE_DATA {
                assert!(answer.status.is_ok());
                break;
            }
            p2 = format | 1;
        }
        let expected: Vec<Vec<u8>> = (0..40).map(|n| vec![0xD2, 0x76, 0, 0, n]).collect();
        assert_eq!(told, expected);
        assert!(answers > 1);
    }
}
