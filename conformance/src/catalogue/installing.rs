//! CM: installing of applications [GPCS 2.3.1 §11.5].

use iso7816::Command;

use super::{
    content::{
        APPLICATIONS, CUSTOMARY, cases, entry, instance, look, lv, try_install, with_applet,
        with_package,
    },
    refusal, worst,
};
use crate::{
    applets,
    session::{Installation, Session},
    verdict::{Grade, Ruling, Stop, Verdict},
};

cases! {
    "GPCS-11.5-module-001", "CM-18", "Install from an unknown module", "GPCS 2.3.1 §11.5.3.2", Must, Persist, unknown_module;
    "GPCS-9.3.6-duplicate-001", "CM-19", "Instance AID that is there already", "GPCS 2.3.1 §9.3.6", Must, Persist, duplicate_instance;
    "GPCS-11.5.2.3.7-c9-001", "CM-20", "Install parameters without C9", "GPCS 2.3.1 §11.5.2.3.7", May, Persist, without_c9;
    "GPCS-11.5.2.3.7-c9-002", "CM-21", "C9 reaches the applet", "GPCS 2.3.1 §11.5.2.3.7", Must, Persist, c9_reaches_the_applet;
    "GPCS-11.5.2.3.2-privileges-001", "CM-22", "Privileges in one and three bytes", "GPCS 2.3.1 §11.5.2.3.2", Must, Persist, privilege_lengths;
    "GPCS-9.3.7-selectable-001", "CM-23", "Install and make selectable apart", "GPCS 2.3.1 §9.3.7", Must, Persist, selectable_apart;
}

fn unknown_module(session: &mut Session<'_>) -> Ruling {
    let (mut secure, _) = with_package(session)?;
    let wrong = Installation { module: applets::UNKNOWN, ..instance(applets::APPLET) };
    let status = try_install(session, &mut secure, &wrong, 0x0C)?;
    Ok(refusal(status, &[0x6A88], CUSTOMARY))
}

fn duplicate_instance(session: &mut Session<'_>) -> Ruling {
    let mut secure = with_applet(session)?;
    let status = try_install(session, &mut secure, &instance(applets::APPLET), 0x0C)?;
    Ok(refusal(status, &[0x6A80, 0x6985], CUSTOMARY))
}

fn without_c9(session: &mut Session<'_>) -> Ruling {
    let (mut secure, _) = with_package(session)?;
    let bare = Installation { parameters: &[], ..instance(applets::APPLET) };
    let status = try_install(session, &mut secure, &bare, 0x0C)?;
    Ok(if status.is_ok() {
        Grade::PassWithObservation.because("accepted without C9")
    } else {
        refusal(status, &[0x6A80], CUSTOMARY)
    })
}

fn c9_reaches_the_applet(session: &mut Session<'_>) -> Ruling {
    let (mut secure, _) = with_package(session)?;
    let given = [0xC9, 0x03, 0x11, 0x22, 0x33];
    let installation = Installation { parameters: &given, ..instance(applets::SECOND) };
    session.install(&mut secure, &installation)?;
    session.reset()?;
    let select = session.select(applets::SECOND)?;
    if !select.status.is_ok() {
        return Ok(Grade::Fail.because(format!("SELECT of the applet answers {}", select.status)));
    }
    let told = session.exchange(&Command::new(0x00, 0x10, 0x00, 0x00).with_expected(256))?.data;
    // The privileges come in one byte or three; the data follow as they are.
    let [one, three] = [&[0x00][..], &[0x00, 0x00, 0x00]]
        .map(|privileges| [lv(applets::SECOND), lv(privileges), lv(&[0x11, 0x22, 0x33])].concat());
    Ok(Verdict::require(told == one || told == three, || {
        format!("the applet was given {}", hex::encode_upper(&told))
    }))
}

fn privilege_lengths(session: &mut Session<'_>) -> Ruling {
    let (mut secure, _) = with_package(session)?;
    let mut verdicts = Vec::new();
    for (aid, privileges) in
        [(applets::APPLET, &[0x00][..]), (applets::SECOND, &[0x00, 0x00, 0x00])]
    {
        let installation = Installation { privileges, ..instance(aid) };
        let status = try_install(session, &mut secure, &installation, 0x0C)?;
        if !status.is_ok() {
            let finding =
                format!("{} bytes of privileges are refused with {status}", privileges.len());
            // Before GlobalPlatform 2.2 there was one byte only [GPCS 2.1.1 §9.5.2.3].
            let grade =
                if privileges.len() == 1 { Grade::Fail } else { Grade::PassWithObservation };
            verdicts.push(grade.because(finding));
            continue;
        }
        let told =
            entry(session, &mut secure, APPLICATIONS, aid)?.map(|entry| entry.privileges.len());
        verdicts.push(match told {
            Some(3) => Verdict::pass(),
            Some(1) => Grade::PassWithObservation.because("GET STATUS tells one byte"),
            other => Grade::Fail.because(format!("GET STATUS tells {other:?} bytes of privileges")),
        });
    }
    Ok(worst(verdicts))
}

fn selectable_apart(session: &mut Session<'_>) -> Ruling {
    let (mut secure, _) = with_package(session)?;
    let installation = instance(applets::APPLET);
    let status = try_install(session, &mut secure, &installation, 0x04)?;
    if !status.is_ok() {
        return Err(Stop::fail(format!("INSTALL [for install] answers {status}")));
    }
    let installed =
        entry(session, &mut secure, APPLICATIONS, applets::APPLET)?.map(|entry| entry.state);
    let data = [&[], &[], applets::APPLET, &[0x00], &[], &[]].map(lv).concat();
    let selectable = Command::new(0x80, 0xE6, 0x08, 0x00).with_data(data).with_expected(256);
    let status = session.over(&mut secure, &selectable)?.status;
    let state = look(session, APPLICATIONS, applets::APPLET)?.map(|entry| entry.state);
    Ok(Verdict::require(status.is_ok() && installed == Some(0x03) && state == Some(0x07), || {
        format!("state {installed:02X?}, then {status} and {state:02X?}")
    }))
}
