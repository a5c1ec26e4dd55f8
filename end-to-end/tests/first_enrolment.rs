//! A token's life, from the blank card to the recovery of its key on another one.

use end_to_end::{
    Lifetime,
    life::{Life, STEPS},
};

#[test]
fn a_token_is_formatted_enrolled_used_lost_and_recovered() {
    let mut life = Life::start(Lifetime::OfStage, None).unwrap();
    for (name, step) in STEPS {
        match step(&mut life) {
            Ok(told) => println!("{name}: {told}"),
            Err(error) => {
                let log = life.stage().server().process().not_ready("log").to_string();
                panic!("{name}: {error}\n{log}")
            }
        }
    }
}
