//! `ByteBuffer` and `ByteOrder`.

use hex_literal::hex;
use jcvm::Reference;

use super::{INDEX, NULL};
use crate::{
    bed::{Bed, answering, applet},
    security::caller::{Caller, Thrown, fresh},
};

const BUFFER: &str = "javacardx/framework/nio/ByteBuffer";
const OVERFLOW: Thrown = ("BufferOverflowException", 0);
const UNDERFLOW: Thrown = ("BufferUnderflowException", 0);
const READ_ONLY: Thrown = ("ReadOnlyBufferException", 0);

fn wrap(caller: &mut Caller<'_, '_, '_>, bytes: &[u8]) -> (Reference, Reference) {
    let array = caller.array(bytes);
    let buffer = caller.make(&format!("{BUFFER}.wrap([B)L{BUFFER};"), &[array.to_cell()]);
    (array, buffer.unwrap())
}

/// A method that returns a buffer.
fn chained(signature: &str) -> String {
    format!("{signature}L{BUFFER};")
}

fn base(signature: &str) -> String {
    format!("{signature}Ljavacardx/framework/nio/Buffer;")
}

/// Position, limit, capacity.
fn state(caller: &mut Caller<'_, '_, '_>, buffer: Reference) -> [i32; 3] {
    ["position()I", "limit()I", "capacity()I"].map(|name| caller.on(buffer, name, &[]).unwrap())
}

#[test]
fn position_and_limit_stay_in_order() {
    fresh(|caller| {
        let (_, buffer) = wrap(caller, &[0; 8]);
        assert_eq!(state(caller, buffer), [0, 8, 8]);
        assert_eq!(caller.on(buffer, &base("position(I)"), &[6, 0]), Ok(buffer.to_cell()));
        caller.on(buffer, &base("limit(I)"), &[4, 0]).unwrap();
        assert_eq!(state(caller, buffer), [4, 4, 8]);
        assert_eq!(caller.on(buffer, &base("position(I)"), &[5, 0]), Err(INDEX));
        assert_eq!(caller.on(buffer, &base("limit(I)"), &[9, 0]), Err(INDEX));
        assert_eq!(caller.on(buffer, &base("limit(I)"), &[-1, 0]), Err(INDEX));
        caller.on(buffer, &base("clear()"), &[]).unwrap();
        caller.on(buffer, &base("position(I)"), &[3, 0]).unwrap();
        assert_eq!(caller.on(buffer, "remaining()I", &[]), Ok(5));
        caller.on(buffer, &base("flip()"), &[]).unwrap();
        assert_eq!(state(caller, buffer), [0, 3, 8]);
        caller.on(buffer, &base("position(I)"), &[3, 0]).unwrap();
        assert_eq!(caller.on(buffer, "hasRemaining()Z", &[]), Ok(0));
        caller.on(buffer, &base("rewind()"), &[]).unwrap();
        assert_eq!(state(caller, buffer), [0, 3, 8]);
    });
}

#[test]
fn values_have_the_order_of_the_buffer() {
    fresh(|caller| {
        let (array, buffer) = wrap(caller, &[0; 9]);
        caller.on(buffer, &chained("putShort(S)"), &[0x1234]).unwrap();
        caller.on(buffer, &chained("putInt(I)"), &[-2, 0]).unwrap();
        caller.on(buffer, &chained("put(B)"), &[7]).unwrap();
        assert_eq!(caller.on(buffer, &chained("putInt(I)"), &[1, 0]), Err(OVERFLOW));
        assert_eq!(caller.bytes(array), hex!("1234 FFFFFFFE 07 0000"));
        assert_eq!(caller.on(buffer, "getInt(I)I", &[2, 0]), Ok(-2));
        assert_eq!(caller.on(buffer, "getShort(I)S", &[5, 0]), Ok(-0x1F9));
        assert_eq!(caller.on(buffer, "get(I)B", &[2, 0]), Ok(-1));
        assert_eq!(caller.on(buffer, "get(I)B", &[9, 0]), Err(INDEX));
        assert_eq!(caller.on(buffer, "getInt(I)I", &[6, 0]), Err(INDEX));
        assert_eq!(caller.on(buffer, "getInt(I)I", &[i32::MAX, 0]), Err(INDEX));
        caller.on(buffer, &base("flip()"), &[]).unwrap();
        assert_eq!(caller.on(buffer, "getShort()S", &[]), Ok(0x1234));
        assert_eq!(caller.on(buffer, "getInt()I", &[]), Ok(-2));
        assert_eq!(caller.on(buffer, "get()B", &[]), Ok(7));
        assert_eq!(caller.on(buffer, "get()B", &[]), Err(UNDERFLOW));
        caller.on(buffer, &chained("putShort(IS)"), &[0, 0, 0x7FFF]).unwrap();
        caller.on(buffer, &chained("put(IB)"), &[6, 0, -1]).unwrap();
        assert_eq!(caller.bytes(array)[..2], hex!("7FFF"));
        assert_eq!(caller.bytes(array)[6], 0xFF);
    });
}

#[test]
fn many_bytes_go_at_once() {
    fresh(|caller| {
        let (array, buffer) = wrap(caller, b"abcdefgh");
        let to = caller.array(&[0; 4]);
        let cell = to.to_cell();
        caller.on(buffer, &chained("get([BII)"), &[cell, 1, 0, 3, 0]).unwrap();
        assert_eq!(caller.bytes(to), b"\0abc");
        assert_eq!(caller.on(buffer, &chained("get([BII)"), &[cell, 2, 0, 3, 0]), Err(INDEX));
        caller.on(buffer, &chained("get([B)"), &[cell]).unwrap();
        assert_eq!(caller.bytes(to), b"defg");
        assert_eq!(caller.on(buffer, &chained("get([B)"), &[cell]), Err(UNDERFLOW));
        assert_eq!(caller.on(buffer, &chained("put([B)"), &[cell]), Err(OVERFLOW));
        assert_eq!(caller.on(buffer, &chained("put([B)"), &[0]), Err(NULL));
        caller.on(buffer, &chained("compact()"), &[]).unwrap();
        assert_eq!(caller.bytes(array), b"hbcdefgh");
        assert_eq!(state(caller, buffer), [1, 8, 8]);
        caller.on(buffer, &chained("put([BII)"), &[cell, 0, 0, 2, 0]).unwrap();
        assert_eq!(caller.bytes(array), b"hdedefgh");
        let (_, other) = wrap(caller, b"12345");
        let put = chained(&format!("put(L{BUFFER};)"));
        caller.on(buffer, &put, &[other.to_cell()]).unwrap();
        assert_eq!(caller.bytes(array), b"hde12345");
        assert_eq!(state(caller, other), [5, 5, 5]);
        assert_eq!(caller.on(buffer, &put, &[buffer.to_cell()]), Err(("SystemException", 1)));
        assert_eq!(caller.on(buffer, &put, &[0]), Err(NULL));
    });
}

#[test]
fn slices_and_read_only_buffers_share_the_bytes() {
    fresh(|caller| {
        let (array, buffer) = wrap(caller, b"abcdef");
        caller.on(buffer, &base("position(I)"), &[2, 0]).unwrap();
        let slice = caller.on(buffer, &chained("slice()"), &[]).map(Reference::from_cell).unwrap();
        assert_eq!(state(caller, slice), [0, 4, 4]);
        assert_eq!(caller.on(slice, "arrayOffset()I", &[]), Ok(2));
        caller.on(slice, &chained("put(B)"), &[b'X'.into()]).unwrap();
        assert_eq!(caller.bytes(array), b"abXdef");
        let shared = caller.on(slice, &chained("asReadOnlyBuffer()"), &[]);
        let shared = shared.map(Reference::from_cell).unwrap();
        assert_eq!(state(caller, shared), [1, 4, 4]);
        assert_eq!(caller.on(shared, "get()B", &[]), Ok(b'd'.into()));
        for (method, cells) in [("put(B)", &[1][..]), ("put(IB)", &[0, 0, 1]), ("compact()", &[])] {
            assert_eq!(caller.on(shared, &chained(method), cells), Err(READ_ONLY), "{method}");
        }
        assert_eq!(caller.on(shared, "array()[B", &[]), Err(READ_ONLY));
        assert_eq!(caller.on(shared, "hasArray()Z", &[]), Ok(0));
        assert_eq!(caller.on(shared, "isReadOnly()Z", &[]), Ok(1));
        assert_eq!(caller.on(buffer, "array()[B", &[]), Ok(array.to_cell()));
        assert_eq!(caller.on(buffer, "array()Ljava/lang/Object;", &[]), Ok(array.to_cell()));
    });
}

#[test]
fn buffers_compare_by_what_remains() {
    fresh(|caller| {
        let [(_, left), (_, right)] = [b"\x7Fab", b"\x80ab"].map(|bytes| wrap(caller, bytes));
        let compare = format!("compareTo(L{BUFFER};)I");
        assert_eq!(caller.on(left, &compare, &[right.to_cell()]), Ok(1), "bytes have a sign");
        for buffer in [left, right] {
            caller.on(buffer, "get()B", &[]).unwrap();
        }
        assert_eq!(caller.on(left, &compare, &[right.to_cell()]), Ok(0));
        assert_eq!(caller.on(left, "equals(Ljava/lang/Object;)Z", &[right.to_cell()]), Ok(1));
        assert_eq!(caller.on(left, "equals(Ljava/lang/Object;)Z", &[0]), Ok(0));
        assert_eq!(caller.on(left, &compare, &[0]), Err(NULL));
    });
}

#[test]
fn buffers_are_made_of_memory_and_of_parts_of_arrays() {
    fresh(|caller| {
        let allocate = format!("{BUFFER}.allocateDirect(I)L{BUFFER};");
        let made = caller.make(&allocate, &[10, 0]).unwrap();
        assert_eq!(state(caller, made), [0, 10, 10]);
        assert_eq!(caller.on(made, "isDirect()Z", &[]), Ok(1));
        assert_eq!(caller.make(&allocate, &[-1, 0]), Err(("NegativeArraySizeException", 0)));
        assert_eq!(caller.make(&allocate, &[0x8000, 0]), Err(("SystemException", 5)));
        let array = caller.array(&[0; 10]).to_cell();
        let wrap = format!("{BUFFER}.wrap([BII)L{BUFFER};");
        let made = caller.make(&wrap, &[array, 2, 0, 3, 0]).unwrap();
        assert_eq!(state(caller, made), [2, 5, 10]);
        assert_eq!(caller.make(&wrap, &[array, 8, 0, 3, 0]), Err(INDEX));
        assert_eq!(caller.make(&wrap, &[array, -1, 0, 3, 0]), Err(INDEX));
        assert_eq!(caller.make(&wrap, &[array, i32::MAX, 0, i32::MAX, 0]), Err(INDEX));
        assert_eq!(caller.make(&wrap, &[0, 0, 0, 0, 0]), Err(NULL));
    });
}

/// Runs a program with the package `nio` imported.
fn run(code: &str) -> Result<i16, u16> {
    let mut package = applet(1, &answering(code));
    package.import("nio", b"\xA0\x00\x00\x00\x62\x02\x08\x06", 1, 0);
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    bed.ask(applet, 0)
}

#[test]
fn a_program_chooses_the_byte_order() {
    let code = "sconst_4; newarray byte; astore_3
                aload_3; invokestatic @nio:3.2([B)Lnio:3;; astore 4
                aload 4; getstatic_a @nio:4.1; invokevirtual @nio:3.18(Lnio:4;)Lnio:3;; pop
                aload 4; sspush 0x1234; invokevirtual @nio:3.31(S)Lnio:3;; pop
                aload 4; invokevirtual @nio:3.17()Lnio:4;; getstatic_a @nio:4.1
                if_acmpeq Same; sconst_m1; goto Done
                Same: aload_3; sconst_0; invokestatic @Util.getShort
                Done: nop";
    assert_eq!(run(code), Ok(0x3412));
}

#[test]
fn the_apdu_buffer_cannot_be_kept_in_a_buffer() {
    let code =
        "Start: aload_1; invokevirtual @APDU.getBuffer; invokestatic @nio:3.2([B)Lnio:3;; pop
                sconst_0; goto Done
                End: nop
                Handler: pop; sconst_1
                Done: nop
                .catch Start End Handler @SecurityException";
    assert_eq!(run(code), Ok(1));
}
