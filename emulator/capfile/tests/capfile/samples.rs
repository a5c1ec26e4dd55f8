//! Packages that other tests use.

use capfile::assemble::{FRAMEWORK, Package};

/// AID of the sample packages.
pub(crate) const AID: &[u8] = b"\xD2\x76\x00\x00\x85\x01\x01";

/// A package with something of everything that the compact format has.
pub(crate) fn rich() -> Package {
    let mut package = Package::new(AID);
    package.version(1, 2).import("framework", FRAMEWORK, 1, 0);
    package.alias("ISOException", "framework:7").alias("throwIt", "framework:7.1(S)V");
    package.applet(b"\xD2\x76\x00\x00\x85\x01\x01\x01", "Wallet.install");
    declare_interfaces(&mut package);
    declare_base(&mut package);
    declare_wallet(&mut package);
    package.export("Balance");
    package
}

fn declare_interfaces(package: &mut Package) {
    package.interface("Balance").extends("framework:2").interface_method("get", "()S");
    package.interface("Credit").extends("Balance").interface_method("add", "(S)V");
}

fn declare_base(package: &mut Package) {
    let base = package.class("Base");
    base.extends("framework:3").field("count", "I").field("next", "LBase;").field("flag", "Z");
    base.constructor("()V").code("aload_0; invokespecial @framework:3.0()V; return");
    base.virtual_method("get", "()S").code("sconst_1; sreturn");
    base.package_method("reset", "()V").code("aload_0; iconst_0; putfield_i @Base.count; return");
    base.virtual_method("limit", "()S").is_abstract();
}

fn declare_wallet(package: &mut Package) {
    let wallet = package.class("Wallet");
    wallet.extends("Base").implements("Credit").field("owner", "[B");
    wallet
        .static_field("instance", "LWallet;")
        .static_array("table", "[S", &[0, 1, 0, 2])
        .static_value("step", "S", 3)
        .static_field("open", "Z");
    wallet.constructor("()V").code("aload_0; invokespecial @Base.<init>()V; return");
    wallet.static_method("install", "([BSB)V").code(
        "new @Wallet; dup; invokespecial @Wallet.<init>
         dup; putstatic_a @Wallet.instance
         invokevirtual @framework:3.1()V; return",
    );
    wallet.virtual_method("limit", "()S").code("sspush 1000; sreturn");
    wallet
        .virtual_method("get", "()S")
        .code("aload_0; invokespecial super @Wallet.get; getstatic_s @Wallet.step; sadd; sreturn");
    wallet.virtual_method("add", "(S)V").code(
        "Try:    aload_0; getfield_i @Wallet.count; sload_1; s2i; iadd; aload_0; swap_x 2 1
                 putfield_i @Wallet.count
         End:    return
         Catch:  pop; sspush 0x6985; invokestatic @throwIt; return
         .catch Try End Catch @ISOException
         .catch Try End Catch any",
    );
    wallet.virtual_method("process", "(Lframework:10;)V").token(7).code(
        "        aload_1; invokevirtual @framework:10.1()[B; astore_2; aload_2; sconst_0; baload
                 slookupswitch Other 0=Zero 5=Five
         Zero:   getstatic_a @Wallet.instance; checkcast @Wallet; sconst_5
                 invokeinterface @Credit.add
         Five:   jsr Sub; goto Other
         Sub:    astore_3; aload_0; invokevirtual @Base.reset; ret 3
         Other:  return",
    );
}

/// A package of one static method `Main.run(SS)S` with this code.
pub(crate) fn method(code: &str) -> Package {
    let mut package = Package::new(AID);
    package.class("Main").static_method("run", "(SS)S").code(code);
    package
}

/// A package of the extended format with two blocks.
pub(crate) fn extended() -> Package {
    let mut package = Package::new(AID);
    package.extended().import("framework", FRAMEWORK, 1, 8).name("com/example/wallet");
    package.applet(b"\xD2\x76\x00\x00\x85\x01\x01\x01", "Main.install");
    let main = package.class("Main");
    main.extends("framework:3").field("owner", "[B");
    main.default_constructor().block(1);
    main.static_method("install", "([BSB)V").block(1).code(
        "new @Main; dup; invokespecial @Main.<init>; invokevirtual @framework:3.1()V; return",
    );
    main.virtual_method("process", "(Lframework:10;)V").token(7).code(
        "Try: aload_0; getfield_a @Main.owner; pop; End: return; Catch: pop; return
         .catch Try End Catch @framework:7",
    );
    package.export("Main").resource(0x0102, b"resource");
    package
}
