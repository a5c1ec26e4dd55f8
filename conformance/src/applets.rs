//! The suite's own applets: assembled when they are needed, under AIDs of their own.

use anyhow::Context as _;
use capfile::assemble::{Assembled, FRAMEWORK, Package};

use crate::{session::TestPackage, verdict::Stop};

/// AID of the load file with the echo applet.
pub const PACKAGE: &[u8] = b"\xF0CARD\x01";
/// AID of its module, and of the first instance.
pub const APPLET: &[u8] = b"\xF0CARD\x01\x01";
/// AID of a second instance.
pub const SECOND: &[u8] = b"\xF0CARD\x01\x02";
/// AID of a library package.
pub const LIBRARY: &[u8] = b"\xF0CARD\x02";
/// AID of a package that imports the library.
pub const CLIENT: &[u8] = b"\xF0CARD\x03";
/// AID that nothing on a card has.
pub const UNKNOWN: &[u8] = b"\xF0CARD\x7E\x7E";
/// AID of a security domain that a case creates.
pub const DOMAIN: &[u8] = b"\xF0CARD\x10";

/// An applet that tells the bytes with which it was installed; any instruction asks for them.
fn echo_package() -> Package {
    let mut package = Package::new(PACKAGE);
    package.version(1, 0).import("fw", FRAMEWORK, 1, 0);
    package.alias("arrayCopy", "fw:16.1([BS[BSS)S").alias("send", "fw:10.8(SS)V");
    package.alias("getBuffer", "fw:10.1()[B");
    package.applet(APPLET, "Echo.install");
    let class = package.class("Echo");
    class.extends("fw:3").field("given", "[B");
    class.constructor("([BSB)V").code(
        "aload_0; invokespecial @fw:3.0()V
         aload_0; sload_3; newarray byte; putfield_a @Echo.given
         aload_1; sload_2; getfield_a_this @Echo.given; sconst_0; sload_3
         invokestatic @arrayCopy; pop
         aload_0; invokevirtual @fw:3.1()V; return",
    );
    class
        .static_method("install", "([BSB)V")
        .code("new @Echo; aload_0; sload_1; sload_2; invokespecial @Echo.<init>([BSB)V; return");
    class.virtual_method("process", "(Lfw:10;)V").token(7).code(
        "        aload_0; invokevirtual @fw:3.3()Z; ifne End
                 getfield_a_this @Echo.given; sconst_0; aload_1; invokevirtual @getBuffer; sconst_0
                 getfield_a_this @Echo.given; arraylength; invokestatic @arrayCopy; pop
                 aload_1; sconst_0; getfield_a_this @Echo.given; arraylength; invokevirtual @send
         End:    return",
    );
    package
}

fn build(package: &Package) -> Result<Assembled, Stop> {
    Ok(package.build().map_err(anyhow::Error::from).context("an applet of the suite")?)
}

/// The echo applet.
///
/// # Errors
/// `Harness`, when it does not assemble.
pub fn echo() -> Result<Assembled, Stop> {
    build(&echo_package())
}

/// The echo applet without Descriptor component, as some hosts load packages.
///
/// # Errors
/// As [`echo`].
pub fn echo_without_descriptor() -> Result<Assembled, Stop> {
    let mut package = echo_package();
    package.without_descriptor();
    build(&package)
}

/// A library, and a client that extends its class.
///
/// # Errors
/// As [`echo`].
pub fn library_and_client() -> Result<(TestPackage, TestPackage), Stop> {
    let mut library = Package::new(LIBRARY);
    library.version(1, 0).export("Base");
    let base = library.class("Base");
    base.constructor("()V").code("aload_0; invokespecial @lang:0.0()V; return");
    let mut client = Package::new(CLIENT);
    client.version(1, 0).import("fw", FRAMEWORK, 1, 0).import("library", LIBRARY, 1, 0);
    client.class("Derived").extends("library:0").inherited_tokens(1);
    Ok((of(LIBRARY, &build(&library)?), of(CLIENT, &build(&client)?)))
}

/// A load file of this AID with these components.
#[must_use]
pub fn of(aid: &[u8], assembled: &Assembled) -> TestPackage {
    TestPackage { aid: aid.to_vec(), data_block: assembled.ijc() }
}

/// The load file of the echo applet.
///
/// # Errors
/// As [`echo`].
pub fn echo_file() -> Result<TestPackage, Stop> {
    Ok(of(PACKAGE, &echo()?))
}
