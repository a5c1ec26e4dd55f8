//! `Dispatcher` and `BasicService`.

use crate::bed::{Bed, installed_by};

/// An applet with a dispatcher and a service: INS 1 succeeds with two bytes, 2 fails, 3 throws, others are not processed.
fn serving() -> (Bed, jcvm::AppletId) {
    let install = "new @A; dup; invokespecial @A.<init>()V; invokevirtual @Applet.register/1
         new @Dispatcher; dup; sconst_2; invokespecial @Dispatcher.<init>; putstatic_a @A.dispatcher
         getstatic_a @A.dispatcher; checkcast @Dispatcher
         new @S; dup; invokespecial @S.<init>()V; sconst_2; invokevirtual @Dispatcher.addService
         return";
    let mut package = installed_by(
        1,
        install,
        "getstatic_a @A.dispatcher; checkcast @Dispatcher; aload_1; invokevirtual @Dispatcher.process
         return",
    );
    let service = package.class("S");
    service.extends("BasicService").inherited_tokens(19);
    service.constructor("()V").code("aload_0; invokespecial @BasicService.<init>; return");
    service.virtual_method("processCommand", "(LAPDU;)Z").token(2).code(
        "aload_0; aload_1; invokevirtual @BasicService.getINS
         slookupswitch None 1=One 2=Two 3=Three
         One: aload_0; aload_1; invokevirtual @BasicService.receiveInData; pop
         aload_0; aload_1; invokevirtual @BasicService.succeed; pop
         aload_0; aload_1; sconst_2; invokevirtual @BasicService.setOutputLength
         sconst_1; sreturn
         Two: aload_0; aload_1; sspush 0x6982; invokevirtual @BasicService.fail; sreturn
         Three: aconst_null; athrow
         None: sconst_0; sreturn",
    );
    let class = package.class("A");
    class.static_field("dispatcher", "Llang:0;");
    let mut bed = Bed::new();
    let applet = bed.start(1, &mut package);
    (bed, applet)
}

#[test]
fn services_answer_through_the_buffer() {
    let (mut bed, applet) = serving();
    assert_eq!(bed.send(applet, &[0, 1, 0, 0, 3, 7, 8, 9]), (vec![7, 8], 0x9000));
    assert_eq!(bed.send(applet, &[0, 2, 0, 0]), (vec![], 0x6982));
    assert_eq!(bed.send(applet, &[0, 3, 0, 0]).1, 0x6F00);
    assert_eq!(bed.send(applet, &[0, 4, 0, 0]).1, 0x6D00);
}
