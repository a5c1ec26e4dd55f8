//! Arbitrary and mutated bytes: refused or read, but never more than that.

use capfile::{
    CapFile, all_code,
    container::load_file,
    inspect::{NoNames, render},
};
use proptest::prelude::*;

use crate::samples;

/// Everything that can be done with a file.
fn exercise(bytes: &[u8]) {
    let _ = load_file(bytes);
    let Ok(file) = CapFile::parse_unverified(bytes) else { return };
    let verified = file.verify_structure();
    assert_eq!(CapFile::parse(bytes).err(), verified.err());
    let _ = all_code(&file);
    let _ = render(&file, &NoNames);
    assert_eq!(CapFile::parse_unverified(&file.write()).as_ref(), Ok(&file));
}

/// Bytes to put somewhere, to take away, or to add.
#[derive(Clone, Debug)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Insert(prop::sample::Index, u8),
    Truncate(prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let byte = prop_oneof![Just(0), Just(0xFF), Just(0x80), Just(0x7F), any::<u8>()];
    prop_oneof![
        6 => (any::<prop::sample::Index>(), byte).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        1 => any::<prop::sample::Index>().prop_map(Mutation::Remove),
        1 => (any::<prop::sample::Index>(), any::<u8>())
            .prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        1 => any::<prop::sample::Index>().prop_map(Mutation::Truncate),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    match mutation {
        Mutation::Set(at, byte) => *at.get_mut(bytes) = *byte,
        Mutation::Remove(at) => {
            bytes.remove(at.index(bytes.len()));
        }
        Mutation::Insert(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
        Mutation::Truncate(at) => bytes.truncate(at.index(bytes.len())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        exercise(&bytes);
    }

    #[test]
    fn mutated_streams(
        sample in 0..3_usize,
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let mut package = if sample == 0 { samples::extended() } else { samples::rich() };
        if sample == 2 {
            package.without_descriptor();
        }
        let mut bytes = package.build().unwrap().ijc();
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        exercise(&bytes);
    }

    #[test]
    fn mutated_components_behind_a_directory_that_agrees(
        tag in 3..12_u8,
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let mut assembled = samples::rich().build().unwrap();
        let mut info = assembled.component(tag).unwrap_or_default().to_vec();
        for mutation in &mutations {
            mutate(&mut info, mutation);
        }
        exercise(&assembled.replace(tag, &info).fix_directory().ijc());
    }

    #[test]
    fn mutated_archives(mutations in prop::collection::vec(mutation(), 1..4)) {
        let mut bytes = samples::rich().build().unwrap().zip();
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        exercise(&bytes);
    }

    #[test]
    fn arbitrary_code_is_written_back(code in prop::collection::vec(any::<u8>(), 1..200)) {
        let text: Vec<String> = code.iter().map(|byte| format!(".byte {byte}")).collect();
        let assembled = samples::method(&text.join("\n")).build().unwrap();
        let file = assembled.cap().unwrap();
        prop_assert_eq!(file.write(), assembled.ijc());
        exercise(&assembled.ijc());
    }
}
