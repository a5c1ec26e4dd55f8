//! `SensitiveResult` [JCAPI 3.0.5 javacardx.security.SensitiveResult]: what the last sensitive method returned, asked again.

use std::sync::OnceLock;

use jcvm::{Standard, Trap};

use crate::{Call, registry::Natives, tables::KEYS};

pub(crate) const NATIVES: Natives = &[
    ("javacardx/security/SensitiveResult.assertEquals(Ljava/lang/Object;)V", |call| {
        let object = call.arguments.cell(0)?;
        assert(call, |result| result == object)
    }),
    ("javacardx/security/SensitiveResult.assertTrue()V", |call| assert(call, |result| result == 1)),
    ("javacardx/security/SensitiveResult.assertFalse()V", |call| {
        assert(call, |result| result == 0)
    }),
    ("javacardx/security/SensitiveResult.assertNegative()V", |call| {
        assert(call, |result| result < 0)
    }),
    ("javacardx/security/SensitiveResult.assertPositive()V", |call| {
        assert(call, |result| result > 0)
    }),
    ("javacardx/security/SensitiveResult.assertZero()V", |call| assert(call, |result| result == 0)),
    ("javacardx/security/SensitiveResult.assertEquals(S)V", |call| {
        let value = i32::from(call.arguments.short(0)?);
        assert(call, |result| result == value)
    }),
    ("javacardx/security/SensitiveResult.assertGreaterThan(S)V", |call| {
        let value = i32::from(call.arguments.short(0)?);
        assert(call, |result| result > value)
    }),
    ("javacardx/security/SensitiveResult.assertLessThan(S)V", |call| {
        let value = i32::from(call.arguments.short(0)?);
        assert(call, |result| result < value)
    }),
    ("javacardx/security/SensitiveResult.reset()V", |call| {
        call.state.sensitive_result = None;
        Ok(0)
    }),
];

/// The methods whose results are kept, and those that override them.
const SENSITIVE: [&str; 50] = [
    "javacard/framework/SensitiveArrays.isIntegritySensitive(",
    "javacard/framework/SensitiveArrays.isIntegritySensitiveArraysSupported(",
    "javacard/framework/SensitiveArrays.clearArray(",
    "javacard/framework/AID.equals(",
    "javacard/framework/AID.partialEquals(",
    "javacard/framework/AID.RIDEquals(",
    "javacard/framework/JCSystem.getAID(",
    "javacard/framework/JCSystem.lookupAID(",
    "javacard/framework/JCSystem.getPreviousContextAID(",
    "javacard/framework/JCSystem.getAppletShareableInterfaceObject(",
    "javacard/framework/OwnerPINxWithPredecrement.decrementTriesRemaining(",
    "javacard/framework/OwnerPINxWithPredecrement.check(",
    "javacard/framework/OwnerPIN.getTriesRemaining(",
    "javacard/framework/OwnerPIN.check(",
    "javacard/framework/OwnerPIN.isValidated(",
    "javacard/framework/OwnerPIN.getValidatedFlag(",
    "javacard/framework/PIN.getTriesRemaining(",
    "javacard/framework/PIN.check(",
    "javacard/framework/PIN.isValidated(",
    "javacard/framework/Util.arrayCopy(",
    "javacard/framework/Util.arrayCopyNonAtomic(",
    "javacard/framework/Util.arrayFill(",
    "javacard/framework/Util.arrayFillNonAtomic(",
    "javacard/framework/Util.arrayCompare(",
    "javacardx/biometry/BioTemplate.isValidated(",
    "javacardx/biometry/BioTemplate.getTriesRemaining(",
    "javacardx/biometry/BioTemplate.initMatch(",
    "javacardx/biometry/BioTemplate.match(",
    "javacardx/biometry1toN/BioMatcher.isValidated(",
    "javacardx/biometry1toN/BioMatcher.getTriesRemaining(",
    "javacardx/biometry1toN/BioMatcher.initMatch(",
    "javacardx/biometry1toN/BioMatcher.match(",
    "javacardx/framework/math/BigNumber.compareTo(",
    "javacard/security/Checksum.doFinal(",
    "javacard/security/MessageDigest.doFinal(",
    "javacard/security/RandomData.getAlgorithm(",
    "javacard/security/RandomData.nextBytes(",
    "javacard/security/Signature.sign(",
    "javacard/security/Signature.signPreComputedHash(",
    "javacard/security/Signature.verify(",
    "javacard/security/Signature.verifyPreComputedHash(",
    "javacard/security/SignatureMessageRecovery.sign(",
    "javacard/security/SignatureMessageRecovery.verify(",
    "javacard/security/KeyAgreement.generateSecret(",
    "javacardx/crypto/Cipher.doFinal(",
    "javacardx/crypto/Cipher.update(",
    "javacardx/crypto/AEADCipher.doFinal(",
    "javacardx/crypto/AEADCipher.update(",
    "javacardx/crypto/AEADCipher.retrieveTag(",
    "javacardx/crypto/AEADCipher.verifyTag(",
];

/// Whether the result of a method is kept.
pub(crate) fn is_sensitive(method: u16) -> bool {
    static TABLE: OnceLock<Box<[bool]>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let sensitive = |key: &&str| SENSITIVE.iter().any(|known| key.starts_with(known));
        KEYS.iter().map(|keys| keys.iter().any(sensitive)).collect()
    });
    table.get(usize::from(method)) == Some(&true)
}

fn assert(call: &mut Call<'_, '_>, holds: impl FnOnce(i32) -> bool) -> Result<i32, Trap> {
    if call.state.sensitive_result.is_some_and(holds) {
        return Ok(0);
    }
    call.throw(Standard::Security)
}
