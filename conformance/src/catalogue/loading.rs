//! CM: loading of load files [GPCS 2.3.1 §11.6].

use globalplatform::command::{Load, LoadFile};
use iso7816::Command;

use super::{
    content::{
        APPLICATIONS, BLOCK, CUSTOMARY, LOAD_FILES, blocks, cases, load_blocks, look, lv,
        nothing_registered, with_applet, with_package,
    },
    refusal, worst,
};
use crate::{
    applets,
    session::Session,
    undo::Undo,
    verdict::{Grade, Ruling, Stop, Verdict},
};

cases! {
    "GPCS-9.3.5-load-001", "CM-01", "Load and install a minimal package", "GPCS 2.3.1 §9.3.5", Must, Persist, load_and_install;
    "HOST-load-descriptor-001", "CM-02", "Load with Descriptor component", "HOST §load-with-descriptor", Should, Persist, with_descriptor;
    "HOST-load-descriptor-002", "CM-03", "Load without Descriptor component", "HOST §load-without-descriptor", Should, Persist, without_descriptor;
    "GPCS-11.6-block-001", "CM-04", "Blocks of several sizes", "GPCS 2.3.1 §11.6.2.3", Must, Persist, block_sizes;
    "GPCS-11.6-block-002", "CM-05", "Wrong first block number", "GPCS 2.3.1 §11.6.2.2", Must, Persist, wrong_first_block;
    "GPCS-11.6-block-003", "CM-06", "Skipped block", "GPCS 2.3.1 §11.6.2.2", Must, Persist, skipped_block;
    "GPCS-11.6-load-001", "CM-07", "LOAD without INSTALL [for load]", "GPCS 2.3.1 §11.6", Must, Session, load_without_install;
    "GPCS-9.3.5-abort-001", "CM-09", "Load ended by a reset", "GPCS 2.3.1 §9.3.5", Must, Persist, reset_while_loading;
    "GPCS-11.6-length-001", "CM-10", "Wrong length of the load file data block", "GPCS 2.3.1 §11.6.2.3", Must, Persist, wrong_length;
    "JCVM-6.4-magic-001", "CM-11", "Wrong magic in the Header component", "JCVM 3.0.5 §6.4", Must, Persist, wrong_magic;
    "JCVM-6.7-import-001", "CM-12", "Import of an unknown package", "JCVM 3.0.5 §6.7", Must, Persist, missing_import;
    "GPCS-9.3.5-duplicate-001", "CM-13", "Load file AID that is there already", "GPCS 2.3.1 §9.3.5", Must, Persist, duplicate_load_file;
    "GPCS-11.5.2.3.1-aid-001", "CM-15", "Package AID that differs from INSTALL [for load]", "GPCS 2.3.1 §11.5.2.3.1", Should, Persist, other_aid;
    "GPCS-9.3.5-hash-001", "CM-16", "Wrong load file data block hash", "GPCS 2.3.1 §9.3.5", Should, Persist, wrong_hash;
    "GPCS-9.7-memory-001", "CM-17", "More memory announced than there is", "GPCS 2.3.1 §9.7", Should, Persist, too_much_memory;
}

fn load_and_install(session: &mut Session<'_>) -> Ruling {
    with_applet(session)?;
    let file = look(session, LOAD_FILES, applets::PACKAGE)?;
    let applet = look(session, APPLICATIONS, applets::APPLET)?;
    Ok(Verdict::require(
        file.is_some() && applet.as_ref().is_some_and(|entry| entry.state == 0x07),
        || format!("GET STATUS tells {file:02X?} of the load file and {applet:02X?} of the applet"),
    ))
}

/// Loads this data block, which must be taken.
fn taken(session: &mut Session<'_>, data_block: Vec<u8>, length: usize) -> Ruling {
    let mut secure = session.open_mac()?;
    let file = LoadFile::plain(data_block).to_bytes();
    let length = length.min(secure.channel.max_data_length());
    let status = load_blocks(
        session,
        &mut secure,
        &applets::echo_file()?.install_for_load(),
        &blocks(&file, length)?,
    )?;
    if !status.is_ok() {
        return Ok(
            Grade::Fail.because(format!("loading in blocks of {length} bytes answers {status}"))
        );
    }
    let entry = look(session, LOAD_FILES, applets::PACKAGE)?;
    Ok(Verdict::require(entry.is_some(), || "the load file is not listed".to_owned()))
}

fn with_descriptor(session: &mut Session<'_>) -> Ruling {
    taken(session, applets::echo()?.ijc(), BLOCK)
}

fn without_descriptor(session: &mut Session<'_>) -> Ruling {
    taken(session, applets::echo_without_descriptor()?.ijc(), BLOCK)
}

fn block_sizes(session: &mut Session<'_>) -> Ruling {
    let mut verdicts = Vec::new();
    // One byte a block would exceed 256 blocks with any package; the first size is the smallest that does not.
    let file = applets::echo()?.ijc();
    for length in [file.len().div_ceil(250).max(1), 100, 247] {
        session.reset()?;
        verdicts.push(taken(session, file.clone(), length)?);
        session.reset()?;
        Undo::delete_load_file(applets::PACKAGE).execute(session)?;
    }
    Ok(worst(verdicts))
}

/// Begins a load with these blocks, one of which must be refused.
fn refused_blocks(
    session: &mut Session<'_>,
    data_block: Vec<u8>,
    choose: impl Fn(Vec<Load>) -> Vec<Load>,
) -> Ruling {
    let mut secure = session.open_mac()?;
    let file = LoadFile::plain(data_block).to_bytes();
    let chosen = choose(blocks(&file, file.len().div_ceil(4))?);
    let status =
        load_blocks(session, &mut secure, &applets::echo_file()?.install_for_load(), &chosen)?;
    nothing_registered(session, refusal(status, &[0x6985, 0x6A86, 0x6A80], CUSTOMARY))
}

fn wrong_first_block(session: &mut Session<'_>) -> Ruling {
    refused_blocks(session, applets::echo()?.ijc(), |all| all.into_iter().skip(1).take(1).collect())
}

fn skipped_block(session: &mut Session<'_>) -> Ruling {
    refused_blocks(session, applets::echo()?.ijc(), |mut all| {
        if all.len() > 2 {
            all.remove(1);
        }
        all
    })
}

fn load_without_install(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let command =
        Command::new(0x80, 0xE8, 0x80, 0x00).with_data([0xC4, 0x01, 0x00]).with_expected(256);
    let status = session.provoke_over(&mut secure, &command)?.status;
    Ok(refusal(status, &[0x6985], CUSTOMARY))
}

fn reset_while_loading(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let file = applets::echo_file()?;
    let bytes = LoadFile::plain(file.data_block.clone()).to_bytes();
    let first: Vec<_> = blocks(&bytes, bytes.len().div_ceil(4))?.into_iter().take(2).collect();
    let status = load_blocks(session, &mut secure, &file.install_for_load(), &first)?;
    if !status.is_ok() {
        return Err(Stop::blocked(format!("the first blocks answer {status}")));
    }
    nothing_registered(session, Verdict::pass())
}

/// A load file whose bytes are wrong must be refused whole.
fn refused_file(session: &mut Session<'_>, file: &[u8]) -> Ruling {
    let mut secure = session.open_mac()?;
    let install = applets::echo_file()?.install_for_load();
    let status = load_blocks(session, &mut secure, &install, &blocks(file, BLOCK)?)?;
    nothing_registered(session, refusal(status, &[0x6A80, 0x6985], CUSTOMARY))
}

fn wrong_length(session: &mut Session<'_>) -> Ruling {
    let components = applets::echo()?.ijc();
    let mut verdicts = Vec::new();
    for wrong in [components.len() + 5, components.len().saturating_sub(5)] {
        let [high, low] = u16::try_from(wrong).map_err(anyhow::Error::from)?.to_be_bytes();
        session.reset()?;
        verdicts.push(refused_file(
            session,
            &[&[0xC4, 0x82, high, low], components.as_slice()].concat(),
        )?);
    }
    Ok(worst(verdicts))
}

fn wrong_magic(session: &mut Session<'_>) -> Ruling {
    let mut applet = applets::echo()?;
    applet.patch(capfile::component::tag::HEADER, 0, &[0xDE, 0xCA, 0xFF, 0xEE]);
    refused_file(session, &LoadFile::plain(applet.ijc()).to_bytes())
}

fn missing_import(session: &mut Session<'_>) -> Ruling {
    let (_, client) = applets::library_and_client()?;
    let mut secure = session.open_mac()?;
    session.undo(Undo::delete_load_file(applets::CLIENT))?;
    let file = LoadFile::plain(client.data_block.clone()).to_bytes();
    let status =
        load_blocks(session, &mut secure, &client.install_for_load(), &blocks(&file, BLOCK)?)?;
    let listed = look(session, LOAD_FILES, applets::CLIENT)?;
    Ok(worst([
        refusal(status, &[0x6A80, 0x6985, 0x6438], CUSTOMARY),
        Verdict::require(listed.is_none(), || "the load file is registered".to_owned()),
    ]))
}

fn duplicate_load_file(session: &mut Session<'_>) -> Ruling {
    let (mut secure, file) = with_package(session)?;
    let bytes = LoadFile::plain(file.data_block.clone()).to_bytes();
    let status =
        load_blocks(session, &mut secure, &file.install_for_load(), &blocks(&bytes, BLOCK)?)?;
    Ok(refusal(status, &[0x6A80, 0x6985], CUSTOMARY))
}

fn other_aid(session: &mut Session<'_>) -> Ruling {
    let mut file = applets::echo_file()?;
    file.aid = applets::UNKNOWN.to_vec();
    let mut secure = session.open_mac()?;
    session.undo(Undo::delete_load_file(applets::UNKNOWN))?;
    let bytes = LoadFile::plain(file.data_block.clone()).to_bytes();
    let status =
        load_blocks(session, &mut secure, &file.install_for_load(), &blocks(&bytes, BLOCK)?)?;
    nothing_registered(session, refusal(status, &[0x6A80], CUSTOMARY))
}

/// INSTALL [for load] of the echo applet's package with hash and parameters.
fn install_for_load(hash: &[u8], parameters: &[u8]) -> Command {
    let data = [applets::PACKAGE, &[], hash, parameters, &[]].map(lv).concat();
    Command::new(0x80, 0xE6, 0x02, 0x00).with_data(data).with_expected(256)
}

fn wrong_hash(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let file = LoadFile::plain(applets::echo()?.ijc()).to_bytes();
    let install = install_for_load(&[0x5A; 20], &[]);
    let status = load_blocks(session, &mut secure, &install, &blocks(&file, BLOCK)?)?;
    if status.is_ok() {
        return Ok(
            Grade::PassWithObservation.because("the hash is not checked without token or DAP")
        );
    }
    nothing_registered(session, refusal(status, &[0x6A80, 0x6985, 0x6982], CUSTOMARY))
}

fn too_much_memory(session: &mut Session<'_>) -> Ruling {
    let mut secure = session.open_mac()?;
    let most = [0xEF, 0x0C, 0xC6, 0x04, 0x7F, 0xFF, 0xFF, 0xFF, 0xC8, 0x04, 0x7F, 0xFF, 0xFF, 0xFF];
    let status = load_blocks(session, &mut secure, &install_for_load(&[], &most), &[])?;
    if status.is_ok() {
        return Ok(
            Grade::PassWithObservation.because("the announcement is taken; memory is not reserved")
        );
    }
    nothing_registered(session, refusal(status, &[0x6A84], CUSTOMARY))
}
