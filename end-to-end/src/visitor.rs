//! The check with Dogtag's own tpsclient: format, enrol and reset a PIN at our server, over plain HTTP.

use std::path::Path;

use crate::{
    ServerOptions, Stage, StageError, StageOptions, User,
    error::ensure,
    tpsclient::{SimulatedToken, TpsClient},
};

/// What tpsclient is asked to do on one token after the other, with what our records must say of it afterwards.
const VISITS: [Visit; 2] = [
    Visit {
        cuid: "a00192030405060708c9",
        // It generates the signing key for real; the encryption key comes from our DRM.
        operations: &[
            "ra_format",
            "ra_enroll new_pin=246810 keygen=true",
            "ra_reset_pin new_pin=135791",
        ],
    },
    Visit {
        cuid: "a00192030405060708ca",
        operations: &[
            "ra_enroll new_pin=246810 keygen=true",
            "ra_format",
            "ra_enroll new_pin=1357 keygen=true",
        ],
    },
];

struct Visit {
    cuid: &'static str,
    operations: &'static [&'static str],
}

/// Fetches tpsclient into `packages` (or finds it there) and lets it visit a server of its own stage. Returns what is worth telling.
///
/// # Errors
/// [`StageError::Unavailable`] when tpsclient cannot be had on this machine; others when something is not as it must be.
pub fn check(packages: &Path) -> Result<String, StageError> {
    let client = TpsClient::fetch(packages)?;
    let server = ServerOptions { plain_http: true, ..ServerOptions::default() };
    let mut stage = Stage::start(StageOptions { readers: 0, server, ..StageOptions::default() })?;
    let port = stage.server().http_port().ok_or_else(|| StageError::failed("no plain HTTP"))?;
    for (number, visit) in VISITS.iter().enumerate() {
        // Values on tpsclient's command lines cannot hold blanks.
        let user = User::new(&format!("visitor{number}"), "Pa55word-without-blanks");
        stage.server().add_user(&user)?;
        let token = SimulatedToken {
            port,
            cuid: visit.cuid.to_owned(),
            user: user.name.clone(),
            password: user.password.clone(),
        };
        let folder = stage.folder().join(format!("visit{number}"));
        let report = client.run(&folder, &token, visit.operations)?;
        report
            .expect_successes(visit.operations.len())
            .map_err(|error| with_log(&mut stage, &error))?;
        check_records(&mut stage, visit)?;
    }
    let count: usize = VISITS.iter().map(|visit| visit.operations.len()).sum();
    Ok(format!("{count} operations on {} tokens, and our records agree", VISITS.len()))
}

/// Our own records: as many successful operations, and an active token with two certificates.
fn check_records(stage: &mut Stage, visit: &Visit) -> Result<(), StageError> {
    let outcome = stage.server().command(&["token", "show", visit.cuid])?.succeed()?;
    let text = outcome.text();
    let lines = |wanted: &str| text.lines().filter(|line| line.contains(wanted)).count();
    let expected = visit.operations.len();
    ensure(lines(" success ") >= expected && lines(" failure ") == 0, || {
        format!("our records do not have {expected} successes and no failure:\n{text}")
    })?;
    ensure(text.contains("ACTIVE"), || format!("the token is not active:\n{text}"))?;
    ensure(lines("archived") >= 1, || format!("no key is archived:\n{text}"))
}

fn with_log(stage: &mut Stage, error: &StageError) -> StageError {
    stage.server().process().not_ready(error.to_string())
}
