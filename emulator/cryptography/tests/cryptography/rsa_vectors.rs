//! The vectors that accompany PKCS#1 v2.1: RSAES-OAEP examples 1.1 and 1.2, RSASSA-PSS example 1.1.

use hex_literal::hex;

pub(crate) const EXPONENT: [u8; 3] = hex!("010001");

pub(crate) const OAEP_MODULUS: [u8; 128] = hex!(
    "a8b3b284af8eb50b387034a860f146c4919f318763cd6c5598c8ae4811a1e0abc4c7e0b082d693a5"
    "e7fced675cf4668512772c0cbc64a742c6c630f533c8cc72f62ae833c40bf25842e984bb78bdbf97"
    "c0107d55bdb662f5c4e0fab9845cb5148ef7392dd3aaff93ae1e6b667bb3d4247616d4f5ba10d4cf"
    "d226de88d39f16fb"
);
pub(crate) const OAEP_PRIVATE: [u8; 128] = hex!(
    "53339cfdb79fc8466a655c7316aca85c55fd8f6dd898fdaf119517ef4f52e8fd8e258df93fee180f"
    "a0e4ab29693cd83b152a553d4ac4d1812b8b9fa5af0e7f55fe7304df41570926f3311f15c4d65a73"
    "2c483116ee3d3d2d0af3549ad9bf7cbfb78ad884f84d5beb04724dc7369b31def37d0cf539e9cfcd"
    "d3de653729ead5d1"
);
pub(crate) const OAEP_P: [u8; 64] = hex!(
    "d32737e7267ffe1341b2d5c0d150a81b586fb3132bed2f8d5262864a9cb9f30af38be448598d413a"
    "172efb802c21acf1c11c520c2f26a471dcad212eac7ca39d"
);
pub(crate) const OAEP_Q: [u8; 64] = hex!(
    "cc8853d1d54da630fac004f471f281c7b8982d8224a490edbeb33d3e3d5cc93c4765703d1dd79164"
    "2f1f116a0dd852be2419b2af72bfe9a030e860b0288b5d77"
);
pub(crate) const OAEP_DP: [u8; 64] = hex!(
    "0e12bf1718e9cef5599ba1c3882fe8046a90874eefce8f2ccc20e4f2741fb0a33a3848aec9c9305f"
    "becbd2d76819967d4671acc6431e4037968db37878e695c1"
);
pub(crate) const OAEP_DQ: [u8; 64] = hex!(
    "95297b0f95a2fa67d00707d609dfd4fc05c89dafc2ef6d6ea55bec771ea333734d9251e79082ecda"
    "866efef13c459e1a631386b7e354c899f5f112ca85d71583"
);
pub(crate) const OAEP_INVERSE: [u8; 64] = hex!(
    "4f456c502493bdc0ed2ab756a3a6ed4d67352a697d4216e93212b127a63d5411ce6fa98d5dbefd73"
    "263e3728142743818166ed7dd63687dd2a8ca1d2f4fbd8e1"
);
pub(crate) const OAEP_MESSAGE_1: [u8; 28] =
    hex!("6628194e12073db03ba94cda9ef9532397d50dba79b987004afefe34");
pub(crate) const OAEP_SEED_1: [u8; 20] = hex!("18b776ea21069d69776a33e96bad48e1dda0a5ef");
pub(crate) const OAEP_ENCRYPTED_1: [u8; 128] = hex!(
    "354fe67b4a126d5d35fe36c777791a3f7ba13def484e2d3908aff722fad468fb21696de95d0be911"
    "c2d3174f8afcc201035f7b6d8e69402de5451618c21a535fa9d7bfc5b8dd9fc243f8cf927db31322"
    "d6e881eaa91a996170e657a05a266426d98c88003f8477c1227094a0d9fa1e8c4024309ce1ecccb5"
    "210035d47ac72e8a"
);
pub(crate) const OAEP_MESSAGE_2: [u8; 28] =
    hex!("750c4047f547e8e41411856523298ac9bae245efaf1397fbe56f9dd5");
pub(crate) const OAEP_SEED_2: [u8; 20] = hex!("0cc742ce4a9b7f32f951bcb251efd925fe4fe35f");
pub(crate) const OAEP_ENCRYPTED_2: [u8; 128] = hex!(
    "640db1acc58e0568fe5407e5f9b701dff8c3c91e716c536fc7fcec6cb5b71c1165988d4a279e1577"
    "d730fc7a29932e3f00c81515236d8d8e31017a7a09df4352d904cdeb79aa583adcc31ea698a4c052"
    "83daba9089be5491f67c1a4ee48dc74bbbe6643aef846679b4cb395a352d5ed115912df696ffe070"
    "2932946d71492b44"
);

pub(crate) const PSS_MODULUS: [u8; 128] = hex!(
    "a56e4a0e701017589a5187dc7ea841d156f2ec0e36ad52a44dfeb1e61f7ad991d8c51056ffedb162"
    "b4c0f283a12a88a394dff526ab7291cbb307ceabfce0b1dfd5cd9508096d5b2b8b6df5d671ef6377"
    "c0921cb23c270a70e2598e6ff89d19f105acc2d3f0cb35f29280e1386b6f64c4ef22e1e1f20d0ce8"
    "cffb2249bd9a2137"
);
pub(crate) const PSS_PRIVATE: [u8; 128] = hex!(
    "33a5042a90b27d4f5451ca9bbbd0b44771a101af884340aef9885f2a4bbe92e894a724ac3c568c8f"
    "97853ad07c0266c8c6a3ca0929f1e8f11231884429fc4d9ae55fee896a10ce707c3ed7e734e44727"
    "a39574501a532683109c2abacaba283c31b4bd2f53c3ee37e352cee34f9e503bd80c0622ad79c6dc"
    "ee883547c6a3b325"
);
pub(crate) const PSS_MESSAGE: [u8; 217] = hex!(
    "cdc87da223d786df3b45e0bbbc721326d1ee2af806cc315475cc6f0d9c66e1b62371d45ce2392e1a"
    "c92844c310102f156a0d8d52c1f4c40ba3aa65095786cb769757a6563ba958fed0bcc984e8b517a3"
    "d5f515b23b8a41e74aa867693f90dfb061a6e86dfaaee64472c00e5f20945729cbebe77f06ce78e0"
    "8f4098fba41f9d6193c0317e8b60d4b6084acb42d29e3808a3bc372d85e331170fcbf7cc72d0b71c"
    "296648b3a4d10f416295d0807aa625cab2744fd9ea8fd223c42537029828bd16be02546f130fd2e3"
    "3b936d2676e08aed1b73318b750a0167d0"
);
pub(crate) const PSS_SALT: [u8; 20] = hex!("dee959c7e06411361420ff80185ed57f3e6776af");
pub(crate) const PSS_SIGNATURE: [u8; 128] = hex!(
    "9074308fb598e9701b2294388e52f971faac2b60a5145af185df5287b5ed2887e57ce7fd44dc8634"
    "e407c8e0e4360bc226f3ec227f9d9e54638e8d31f5051215df6ebb9c2f9579aa77598a38f914b5b9"
    "c1bd83c4e2f9f382a0d0aa3542ffee65984a601bc69eb28deb27dca12c82c2d4c3f66cd500f1ff2b"
    "994d8a4e30cbb33c"
);
