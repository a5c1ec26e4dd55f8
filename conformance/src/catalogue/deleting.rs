//! CM: deletion of card content [GPCS 2.3.1 §11.2].

use super::{
    content::{APPLICATIONS, CUSTOMARY, LOAD_FILES, cases, delete, look, with_applet},
    refusal, worst,
};
use crate::{
    applets,
    session::Session,
    verdict::{Grade, Ruling, Verdict},
};

cases! {
    "GPCS-9.5.1-delete-001", "CM-25", "Delete an application", "GPCS 2.3.1 §9.5.1", Must, Persist, application;
    "GPCS-9.5.2-delete-001", "CM-26", "Delete a load file that has an instance", "GPCS 2.3.1 §9.5.2", Must, Persist, load_file_in_use;
    "GPCS-9.5.3-delete-001", "CM-27", "Delete a load file with what is related", "GPCS 2.3.1 §9.5.3", Must, Persist, cascade;
    "GPCS-11.2.3.2-delete-001", "CM-28", "Delete what is not there", "GPCS 2.3.1 §11.2.3.2", Must, Session, unknown;
    "GPCS-9.5-issuer-001", "CM-30", "Delete the issuer security domain", "GPCS 2.3.1 §9.5", Must, Irreversible, issuer;
    "GPCS-9.5.2-import-001", "CM-32", "Delete a load file that another imports", "GPCS 2.3.1 §9.5.2", Must, Persist, imported;
}

fn application(session: &mut Session<'_>) -> Ruling {
    let mut secure = with_applet(session)?;
    let answer = session.over(&mut secure, &delete(applets::APPLET, 0x00))?;
    let listed = look(session, APPLICATIONS, applets::APPLET)?.is_some();
    if !answer.status.is_ok() || listed {
        return Ok(
            Grade::Fail.because(format!("DELETE answers {}; listed: {listed}", answer.status))
        );
    }
    // The answer is a byte of confirmation length zero; cards before 2.2 leave it out as a rule.
    Ok(if answer.data == [0x00] {
        Verdict::pass()
    } else {
        Grade::PassWithObservation.because(format!("data {}", hex::encode_upper(&answer.data)))
    })
}

fn load_file_in_use(session: &mut Session<'_>) -> Ruling {
    let mut secure = with_applet(session)?;
    let status = session.over(&mut secure, &delete(applets::PACKAGE, 0x00))?.status;
    let listed = look(session, APPLICATIONS, applets::APPLET)?.is_some();
    Ok(worst([
        refusal(status, &[0x6985], CUSTOMARY),
        Verdict::require(listed, || "the application is gone".to_owned()),
    ]))
}

fn cascade(session: &mut Session<'_>) -> Ruling {
    let mut secure = with_applet(session)?;
    let status = session.over(&mut secure, &delete(applets::PACKAGE, 0x80))?.status;
    let file = look(session, LOAD_FILES, applets::PACKAGE)?;
    let applet = look(session, APPLICATIONS, applets::APPLET)?;
    Ok(Verdict::require(status.is_ok() && file.is_none() && applet.is_none(), || {
        format!("DELETE answers {status}; left are {file:02X?} and {applet:02X?}")
    }))
}

fn unknown(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let status = session.provoke_over(&mut secure, &delete(applets::UNKNOWN, 0x00))?.status;
    Ok(refusal(status, &[0x6A88], &[0x6A82, 0x6A80]))
}

fn issuer(session: &mut Session<'_>) -> Ruling {
    let Some(aid) = session.profile().issuer_security_domain() else {
        return Ok(Grade::Blocked.because("the FCI names no AID"));
    };
    let mut secure = session.open_mac()?;
    let status = session.provoke_over(&mut secure, &delete(&aid, 0x00))?.status;
    session.reset()?;
    session.open_mac()?;
    Ok(refusal(status, &[0x6985, 0x6A80], CUSTOMARY))
}

fn imported(session: &mut Session<'_>) -> Ruling {
    let (library, client) = applets::library_and_client()?;
    let mut secure = session.open_mac()?;
    session.load(&mut secure, &library)?;
    session.load(&mut secure, &client)?;
    let status = session.over(&mut secure, &delete(applets::LIBRARY, 0x00))?.status;
    Ok(refusal(status, &[0x6985], CUSTOMARY))
}
