//! Sessions of the hosts that the field uses, replayed from `tests/scripts` without them.

use std::{fs, path::PathBuf};

use apdu_script::{CardSpec, Library, Played, Script, Subject, play};
use card::{Card, CardProfile, InitialKeySet, MemoryImage};

use crate::{memo, support::random};

/// Load files and AIDs that the scripts share.
const LIBRARY: &str = "library.let";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

fn library() -> Library {
    Library::parse(&fs::read_to_string(folder().join(LIBRARY)).unwrap()).unwrap()
}

/// The card under test as a script sees it.
struct Plugged(Card);

impl Subject for Plugged {
    fn reset(&mut self) -> Result<(), String> {
        self.0.power_off();
        self.0.power_on();
        Ok(())
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, String> {
        Ok(self.0.transmit(command))
    }
}

fn card(spec: &CardSpec) -> Plugged {
    let mut profile = CardProfile::speaking(spec.protocol);
    profile.key_sets = vec![InitialKeySet::new(spec.key_version, spec.protocol, &spec.keys)];
    profile.personality.isd_aid = spec.isd;
    profile.personality.life_cycle = spec.life_cycle;
    profile.personality.memory = spec.memory.unwrap_or(profile.personality.memory);
    let mut card =
        Card::create(&profile, Box::new(MemoryImage::default()), Vec::new(), random(5)).unwrap();
    card.power_on();
    Plugged(card)
}

#[test]
fn every_session_is_answered_as_the_scripts_say() {
    let library = library();
    let mut paths: Vec<_> = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "apdu"));
    paths.sort();
    let (mut sessions, mut all, mut failures) = (0, Played::default(), Vec::new());
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let scripts = Script::parse_with(&fs::read_to_string(&path).unwrap(), &library);
        for script in scripts.unwrap_or_else(|error| panic!("{name}, {error}")) {
            sessions += 1;
            match play(&script, &mut card(&script.card)) {
                Ok(played) => {
                    all.commands += played.commands;
                    all.compared += played.compared;
                }
                Err(failure) => {
                    failures.push(format!("{name} on {:?}, {failure}", script.card.protocol));
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {sessions} sessions differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
    println!("{sessions} sessions, {} commands, {} answers compared", all.commands, all.compared);
    assert!(sessions > 0);
}

#[test]
fn the_load_file_of_the_scripts_is_the_memo_of_the_tests() {
    let library = library();
    let expected = hex::encode_upper(memo::ijc());
    let committed = library.get("memo").map(hex::encode_upper).unwrap_or_default();
    assert!(committed == expected, "library.let should have: let memo {expected}");
}
