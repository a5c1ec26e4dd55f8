//! A client or a card that vanishes in the middle of an operation leaves a token that the next format or enrolment repairs.

use end_to_end::{EmulatorProcess, Place, Running, Stage, StageError, StageOptions, User};

const PIN: &str = "246810";
/// What the client reports on its way through an enrolment of a blank card; at each of these something vanishes.
const CUTS: [&str; 6] = [
    "PROGRESS_PROCESS_PROFILE",
    "PROGRESS_KEY_GENERATION",
    "PROGRESS_ENROLL_CERT",
    "PROGRESS_WRITE_OBJECTS",
    "PROGRESS_ISSUER_INFO",
    "PROGRESS_SET_LIFECYCLE",
];

struct Scene {
    stage: Stage,
    user: User,
}

impl Scene {
    fn new() -> Result<Self, StageError> {
        let mut stage = Stage::start(StageOptions { readers: 0, ..StageOptions::default() })?;
        let user = User::new("alice", "correct horse");
        stage.server().add_user(&user)?;
        Ok(Self { stage, user })
    }

    /// Starts an enrolment and waits until it has come to a task.
    fn enroll_until(&self, place: &Place, task: &str) -> Result<Running, StageError> {
        let enrolment = self.stage.client().enroll(place, &self.user, PIN)?;
        let mut enrolment = enrolment.arg("--json").start()?;
        assert!(enrolment.wait_for_output(task)?, "the enrolment ended before {task}");
        Ok(enrolment)
    }

    /// The token is whole: two certificates, whose keys sign and decipher is for other tests.
    fn assert_whole(&self, place: &Place, after: &str) -> Result<(), StageError> {
        let listed = self.stage.client().list(place, false)?.succeed()?;
        let count = listed.text().matches("certificate ").count();
        assert_eq!(count, 2, "after {after}: {}", listed.text());
        Ok(())
    }

    /// Repairs with one operation or the other, in turn.
    fn repair(&self, place: &Place, turn: usize, after: &str) -> Result<(), StageError> {
        let client = self.stage.client();
        if turn % 2 == 1 {
            client.format(place, &self.user)?.succeed()?;
        }
        client.enroll(place, &self.user, PIN)?.succeed()?;
        self.assert_whole(place, after)?;
        // For the next cut the token is blank again.
        client.format(place, &self.user)?.succeed()?;
        Ok(())
    }
}

#[test]
fn a_token_is_repaired_after_its_client_vanished() {
    let scene = Scene::new().unwrap();
    let card = scene.stage.card("client", &[]).unwrap();
    let emulator = scene.stage.listen(&card).unwrap();
    for (turn, task) in CUTS.into_iter().enumerate() {
        scene.enroll_until(emulator.place(), task).unwrap().kill().unwrap();
        scene.repair(emulator.place(), turn, task).unwrap();
    }
}

#[test]
fn a_token_is_repaired_after_it_was_pulled_out() {
    let scene = Scene::new().unwrap();
    let card = scene.stage.card("card", &[]).unwrap();
    let insert = || -> Result<EmulatorProcess, StageError> { scene.stage.listen(&card) };
    let mut emulator = insert().unwrap();
    let mut hits = 0;
    for (turn, task) in CUTS.into_iter().enumerate() {
        let enrolment = scene.enroll_until(emulator.place(), task).unwrap();
        emulator.process().kill().unwrap();
        // Exit code 3: the card vanished [the client's help]. An enrolment may be over before the last cuts come.
        let ended = enrolment.wait().unwrap();
        let vanished = ended.status.code() == Some(3);
        assert!(vanished || ended.status.success(), "{task}: {}", ended.text());
        hits += usize::from(vanished);
        emulator = insert().unwrap();
        scene.repair(emulator.place(), turn, task).unwrap();
    }
    assert!(hits > CUTS.len() / 2, "only {hits} cuts hit an enrolment");
}

#[test]
fn no_interruption_leaves_more_than_the_last_certificates_in_force() {
    let mut scene = Scene::new().unwrap();
    let card = scene.stage.card("records", &[]).unwrap();
    let emulator = scene.stage.listen(&card).unwrap();
    scene.enroll_until(emulator.place(), "PROGRESS_WRITE_OBJECTS").unwrap().kill().unwrap();
    scene.stage.client().enroll(emulator.place(), &scene.user, PIN).unwrap().succeed().unwrap();
    let shown = scene.stage.server().command(&["token", "show", card.cuid(), "--json"]).unwrap();
    let shown = shown.succeed().unwrap();
    let token: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let certificates = token["certificates"].as_array().unwrap();
    let in_force = certificates.iter().filter(|one| one["status"] == "active").count();
    assert_eq!((token["status"].as_str(), in_force), (Some("ACTIVE"), 2), "{token:#}");
}
