//! `javacardx.framework.util.intx`: ints and arrays of them [JCAPI 3.0.5 javacardx.framework.util.intx.JCint].

use jcvm::{ClassId, Reference, Trap, Write};

use crate::{
    Call,
    javacard::framework::{array_view::make_array_view, memory::make_transient},
    registry::Natives,
};

pub(in super::super) const NATIVES: Natives = &[
    ("javacardx/framework/util/intx/JCint.getInt([BS)I", get_int),
    ("javacardx/framework/util/intx/JCint.makeInt(BBBB)I", make_int_of_bytes),
    ("javacardx/framework/util/intx/JCint.makeInt(SS)I", make_int_of_shorts),
    (
        "javacardx/framework/util/intx/JCint.makeIntArrayView([ISSSLjavacard/framework/Shareable;)[I",
        make_array_view,
    ),
    ("javacardx/framework/util/intx/JCint.makeTransientIntArray(SB)[I", make_transient_ints),
    ("javacardx/framework/util/intx/JCint.setInt([BSI)S", set_int),
];

fn make_int_of_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let mut int = 0;
    for index in 0..4 {
        int = int << 8 | i32::from(call.arguments.byte(index)?.cast_unsigned());
    }
    Ok(int)
}

fn make_int_of_shorts(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (high, low) = (call.arguments.short(0)?, call.arguments.short(1)?);
    Ok(i32::from(high) << 16 | i32::from(low.cast_unsigned()))
}

fn get_int(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, offset) = (call.arguments.reference(0)?, call.arguments.short(1)?);
    let bytes = call.vm.bytes(array, offset, 4)?;
    Ok(bytes.first_chunk().map_or(0, |four| i32::from_be_bytes(*four)))
}

fn set_int(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (array, offset) = (call.arguments.reference(0)?, call.arguments.short(1)?);
    let bytes = call.arguments.int(2)?.to_be_bytes();
    call.vm.write_bytes(array, offset, &bytes, Write::Transactional)?;
    Ok(i32::from(offset.wrapping_add(4)))
}

fn make_transient_ints(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (length, event) = (call.arguments.short(0)?, call.arguments.byte(1)?);
    make_transient(call, ClassId::INT_ARRAY, length, event).map(Reference::to_cell)
}
