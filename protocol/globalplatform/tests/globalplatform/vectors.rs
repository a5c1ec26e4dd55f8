//! Every vector of `tests/data/secure-channel.json`, driven by its `kind`.

mod derivation;
mod file;
mod sessions;
mod structures;

use file::{Vector, Vectors};

/// How many vectors the file has: a vector that gets lost must be noticed.
const VECTORS: usize = 279;

#[test]
fn every_vector_holds() {
    let vectors = Vectors::load();
    let mut failures = Vec::new();
    for vector in &vectors.all {
        let outcome = std::panic::catch_unwind(|| drive(vector, &vectors));
        if outcome.is_err() {
            failures.push(vector.id.as_str());
        }
    }
    assert!(failures.is_empty(), "{} vectors failed: {failures:#?}", failures.len());
    assert_eq!(vectors.all.len(), VECTORS);
}

fn drive(vector: &Vector, all: &Vectors) {
    match vector.kind.as_str() {
        "card cryptogram" => sessions::card_cryptogram(vector),
        "host cryptogram + C-MAC" => sessions::external_authenticate(vector),
        "C-MAC" | "C-MAC+C-ENC" => sessions::wrap(vector, all),
        "R-MAC" | "R-MAC+R-ENC" => sessions::response(vector),
        "C-MAC over chained command" => sessions::chained(vector),
        "pseudo-random card challenge" => derivation::card_challenge(vector),
        "session keys" | "session keys + cryptograms" => derivation::session_keys(vector),
        "session key (KCV)" => derivation::session_key(vector),
        "key diversification (KCV of derived key)" => derivation::diversification(vector),
        "KCV AES" => derivation::aes_check_value(vector),
        "KCV DES" => derivation::des_check_value(vector),
        "AES-CMAC" => derivation::cmac(vector),
        "sensitive data encryption (PUT KEY)" | "DGI 8113 key encryption + KCV" => {
            derivation::sensitive_data(vector);
        }
        "card data 66" => structures::card_data(vector),
        "card capability 67" => structures::capability(vector),
        "CPLC 9F7F" => structures::cplc(vector),
        "GET STATUS response" => structures::get_status(vector),
        "install parameters" => structures::install_parameters(vector),
        "token data to be signed" => structures::token_data(vector),
        "LOAD stream = C4 TLV over CAP components" => structures::load_file(vector, all),
        other => panic!("no test for vectors of kind {other:?}"),
    }
}
