//! TPS loads a token applet, replaces it by another build, and gets over files that are none.
//!
//! The applet is made here: it has the names of the token applet and what a format needs of it, and its version is none that a card
//! has in its mask.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use std::{fs, path::PathBuf};

use capfile::{
    assemble::{Assembled, FRAMEWORK, GLOBALPLATFORM, Package},
    component::tag,
};
use end_to_end::{CardImage, EmulatorProcess, Stage, StageError, StageOptions, User};

/// AID of the token applet's package.
const PACKAGE: &[u8] = b"\x62\x76\x01\xFF\x00\x00";
/// AID of the token applet.
const APPLET: &[u8] = b"\x62\x76\x01\xFF\x00\x00\x00";
/// What `cardinal-emulator info` says of a package that was loaded, and of an instance of it.
const LOADED: &str = "loaded, in the virtual machine";
const INSTANCE: &str = "from 627601FF0000";
const OLD: &str = "9.1.0a0b0c0d";
const NEW: &str = "9.2.0a0b0c0e";
/// The build in the cards' mask.
const IN_MASK: &str = "1.5.65cbf5a6";

/// What `install` does: it makes an instance, which registers itself.
const INSTALL: &str = "new @Token; invokespecial @Token.<init>()V; return";
/// It does so, and then wants none of it.
const INSTALL_AND_THROW: &str =
    "new @Token; invokespecial @Token.<init>()V; sspush 0x6985; invokestatic @throwIt; return";

/// A token applet that tells `version` and has a URL written on it, and otherwise does nothing.
fn token_applet(version: &str, install: &str) -> Package {
    let mut package = Package::new(PACKAGE);
    package.import("fw", FRAMEWORK, 1, 2).import("gp", GLOBALPLATFORM, 1, 0);
    package.alias("getBuffer", "fw:10.1()[B").alias("receive", "fw:10.6()S");
    package.alias("send", "fw:10.8(SS)V").alias("throwIt", "fw:7.1(S)V");
    package.alias("arrayCopy", "fw:16.1([BS[BSS)S").alias("getSecureChannel", "gp:3.4()Lgp:2;");
    package.applet(APPLET, "Token.install");
    let (status, build) = answers(version);
    let token = package.class("Token");
    token.extends("fw:3").field("url", "[B");
    token.static_array("status", "[B", &status).static_array("build", "[B", &build);
    token.constructor("()V").code(
        "aload_0; invokespecial @fw:3.0()V
         aload_0; sspush 224; newarray byte; putfield_a @Token.url
         aload_0; invokevirtual @fw:3.1()V; return",
    );
    token.static_method("install", "([BSB)V").code(install);
    token.virtual_method("process", "(Lfw:10;)V").token(7).code(
        "        aload_0; invokevirtual @fw:3.3()Z; ifeq Command
                 return
         Command: aload_1; invokevirtual @getBuffer; astore_2
                 aload_2; sconst_1; baload
                 slookupswitch Unknown -126=Channel -12=SetIssuerInfo 60=Status 80=Channel 112=Build
         Unknown: sspush 0x6D00; invokestatic @throwIt; return
         Status: getstatic_a @Token.status; astore_3; goto Tell
         Build:  getstatic_a @Token.build; astore_3
         Tell:   aload_3; sconst_0; aload_2; sconst_0; aload_3; arraylength; invokestatic @arrayCopy; pop
                 aload_1; sconst_0; aload_3; arraylength; invokevirtual @send; return
         Channel: invokestatic @getSecureChannel; aload_1; invokeinterface 2 @gp:2 0; sstore 4
                 aload_1; sconst_5; sload 4; invokevirtual @send; return
         SetIssuerInfo: aload_1; invokevirtual @receive; sstore 4
                 invokestatic @getSecureChannel; aload_2; sconst_0; sload 4; sconst_5; sadd
                 invokeinterface 4 @gp:2 2; sconst_5; ssub; sstore 4
                 sload 4; getfield_a_this @Token.url; arraylength; if_scmpeq Whole
                 sspush 0x6700; invokestatic @throwIt
         Whole:  aload_2; sconst_5; getfield_a_this @Token.url; sconst_0; sload 4
                 invokestatic @arrayCopy; pop; return",
    );
    package
}

/// What the applet answers to GET STATUS and GET BUILDID.
fn answers(version: &str) -> (Vec<u8>, Vec<u8>) {
    let parts: Vec<&str> = version.split('.').collect();
    let mut status = vec![1, 1, parts[0].parse().unwrap(), parts[1].parse().unwrap()];
    // Total and free memory, PINs, keys, identities.
    status.extend([0, 0, 0x13, 0x88, 0, 0, 0x13, 0x86, 0, 0, 0x40, 0]);
    (status, hex::decode(parts[2]).unwrap())
}

fn assembled(version: &str) -> Assembled {
    token_applet(version, INSTALL).build().unwrap()
}

/// A file that lacks its end.
fn cut_off() -> Vec<u8> {
    let mut file = assembled(NEW).ijc();
    file.truncate(file.len() / 2);
    file
}

/// A file whose structure is sound, with a program that takes from an empty stack.
fn unverifiable() -> Vec<u8> {
    let mut applet = assembled(NEW);
    let at = usize::from(applet.label("Token.process", "Command").unwrap());
    let pop = 0x3B;
    applet.patch(tag::METHOD, at, &[pop]);
    applet.cap().unwrap();
    applet.ijc()
}

/// A file that loads, with an applet that does not let itself be installed.
fn unwilling() -> Vec<u8> {
    token_applet(NEW, INSTALL_AND_THROW).build().unwrap().ijc()
}

/// A server with a folder of applets.
struct Scene {
    stage: Stage,
    user: User,
}

impl Scene {
    fn new() -> Result<Self, StageError> {
        let mut stage = Stage::start(StageOptions { readers: 0, ..StageOptions::default() })?;
        let user = User::new("alice", "correct horse");
        stage.server().add_user(&user)?;
        fs::create_dir(stage.folder().join("applets")).unwrap();
        Ok(Self { stage, user })
    }

    fn file(&self, version: &str) -> PathBuf {
        self.stage.folder().join("applets").join(format!("{version}.ijc"))
    }

    /// Lets the server put `bytes` on cards, as the applet of this version.
    fn require(&mut self, version: &str, bytes: &[u8]) -> Result<(), StageError> {
        fs::write(self.file(version), bytes).unwrap();
        let folder = self.stage.folder().join("applets");
        let more = format!(
            "[tps.applet]\ndirectory = \"{}\"\nrequired_version = \"{version}\"\n\
             [tps.enroll.userKey]\nupdate_applet = true\n",
            folder.display()
        );
        self.stage.server().reconfigure(&more)
    }

    fn format(&self, emulator: &EmulatorProcess) -> Result<(), StageError> {
        self.stage.client().format(emulator.place(), &self.user)?.succeed().map(drop)
    }

    /// Formats, which must fail because of the applet; nothing of it is left on the card.
    fn fail_to_format(&self, card: &CardImage, why: &str) -> Result<(), StageError> {
        let emulator = self.stage.listen(card)?;
        let failed = self.stage.client().format(emulator.place(), &self.user)?.fail()?;
        failed.expect_text("UPGRADE_APPLET (19)")?;
        drop(emulator);
        let info = card.info()?;
        assert!(!info.contains(INSTANCE), "{why}: {info}");
        Ok(())
    }

    /// The version in the server's record of the token.
    fn recorded(&mut self, card: &CardImage) -> Result<String, StageError> {
        let shown = self.stage.server().command(&["token", "show", card.cuid(), "--json"])?;
        let shown: serde_json::Value = serde_json::from_slice(&shown.succeed()?.stdout).unwrap();
        Ok(shown["applet"].as_str().unwrap_or_default().to_owned())
    }
}

#[test]
fn an_applet_is_loaded_and_replaced_over_every_protocol() {
    let mut scene = Scene::new().unwrap();
    let cards = ["01", "02", "03"]
        .map(|protocol| scene.stage.card(protocol, &["--scp", protocol]).unwrap());
    // The second time it is the build that is there already; the last time the older one again.
    for version in [OLD, OLD, NEW, OLD] {
        scene.require(version, &assembled(version).ijc()).unwrap();
        for card in &cards {
            let emulator = scene.stage.listen(card).unwrap();
            scene.format(&emulator).unwrap();
            drop(emulator);
            assert_eq!(scene.recorded(card).unwrap(), version);
            let info = card.info().unwrap();
            assert_eq!(info.matches(LOADED).count(), 1, "{info}");
            assert_eq!(info.matches(INSTANCE).count(), 1, "{info}");
        }
    }
}

#[test]
fn an_applet_that_cannot_be_loaded_leaves_a_card_that_another_one_suits() {
    let mut scene = Scene::new().unwrap();
    let card = scene.stage.card("card", &[]).unwrap();
    for (why, file) in
        [("cut off", cut_off()), ("unverifiable", unverifiable()), ("unwilling", unwilling())]
    {
        scene.require(OLD, &assembled(OLD).ijc()).unwrap();
        scene.format(&scene.stage.listen(&card).unwrap()).unwrap();
        assert_eq!(scene.recorded(&card).unwrap(), OLD, "{why}");

        scene.require(NEW, &file).unwrap();
        scene.fail_to_format(&card, why).unwrap();
        scene.fail_to_format(&card, why).unwrap();
        let loaded = card.info().unwrap().contains(LOADED);
        assert_eq!(loaded, why == "unwilling", "{why}: what did not load is not there");
    }
    scene.require(NEW, &assembled(NEW).ijc()).unwrap();
    scene.format(&scene.stage.listen(&card).unwrap()).unwrap();
    assert_eq!(scene.recorded(&card).unwrap(), NEW);
}

#[test]
fn without_a_folder_the_applet_in_the_mask_serves() {
    let mut scene = Scene::new().unwrap();
    let card = scene.stage.card("card", &[]).unwrap();
    let emulator = scene.stage.listen(&card).unwrap();
    scene.format(&emulator).unwrap();
    scene
        .stage
        .client()
        .enroll(emulator.place(), &scene.user, "246810")
        .unwrap()
        .succeed()
        .unwrap();
    assert_eq!(scene.recorded(&card).unwrap(), IN_MASK);

    // An enrolment renews the applet of a token in use, before it asks more of it than this applet can.
    scene.require(NEW, &assembled(NEW).ijc()).unwrap();
    scene.stage.client().enroll(emulator.place(), &scene.user, "246810").unwrap().fail().unwrap();
    drop(emulator);
    assert!(card.info().unwrap().contains(LOADED));
    scene.format(&scene.stage.listen(&card).unwrap()).unwrap();
    assert_eq!(scene.recorded(&card).unwrap(), NEW);
}
