//! Private daemons live side by side, are seen only through their own socket, and leave nothing behind.

use std::path::Path;

use end_to_end::{Lifetime, PrivatePcscd, StageError};

fn listed(pcscd: &PrivatePcscd) -> Result<String, StageError> {
    Ok(pcscd.program("opensc-tool").arg("-l").succeed()?.text())
}

#[test]
fn two_daemons_list_their_own_readers_only() {
    let (one_folder, other_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = PrivatePcscd::start(one_folder.path(), 1, Lifetime::OfStage).unwrap();
    let other = PrivatePcscd::start(other_folder.path(), 2, Lifetime::OfStage).unwrap();
    let (by_one, by_other) = (listed(&one).unwrap(), listed(&other).unwrap());
    assert_eq!((one.slots().len(), other.slots().len()), (2, 4));
    for slot in one.slots() {
        assert!(by_one.contains(&slot.reader), "{} in {by_one}", slot.reader);
        assert!(!by_other.contains(&slot.reader));
    }
    for slot in other.slots() {
        assert!(by_other.contains(&slot.reader), "{} in {by_other}", slot.reader);
        assert!(!by_one.contains(&slot.reader));
    }
}

#[test]
fn a_dropped_daemon_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut pcscd = PrivatePcscd::start(folder.path(), 1, Lifetime::OfStage).unwrap();
    let proc_entry = format!("/proc/{}", pcscd.process().pid());
    assert!(Path::new(&proc_entry).exists());
    drop(pcscd);
    assert!(!Path::new(&proc_entry).exists());
}

#[test]
fn a_socket_path_that_is_too_long_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let error = PrivatePcscd::start(&deep, 1, Lifetime::OfStage).unwrap_err();
    assert!(matches!(&error, StageError::Failed(text) if text.contains("TMPDIR")), "{error}");
}
