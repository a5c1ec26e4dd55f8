//! The package can be fetched and the program starts, or the reason is known.

use end_to_end::{
    StageError,
    tpsclient::{SimulatedToken, TpsClient},
};

#[test]
fn tpsclient_is_fetched_and_simulates_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let client = match TpsClient::fetch(folder.path()) {
        Ok(client) => client,
        Err(StageError::Unavailable(reason)) => {
            println!("skipped: {reason}");
            return;
        }
        Err(other) => panic!("{other}"),
    };
    let token = SimulatedToken {
        port: 9,
        cuid: "a00192030405060708c9".to_owned(),
        user: "alice".to_owned(),
        password: "none".to_owned(),
    };
    let report = client.run(&folder.path().join("run"), &token, &[]).unwrap();
    // It prints only the last byte of a number of bytes.
    assert!(report.outcome.text().contains("cuid : 'c9' (10 bytes)"), "{}", report.outcome.text());
    assert!(report.results.is_empty());
}
