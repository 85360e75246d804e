//! The lock after wrong passwords.

use std::sync::{Arc, Condvar, Mutex};

use cenote_core::testing::TestService;
use cenote_store::testing::FaultPoint;
use serde_json::json;

use crate::world::*;

fn locked() -> (String, String) {
    not_authorized("Password attempts exceeded")
}

#[tokio::test]
async fn the_lock_doubles_and_right_passwords_wait_too() {
    let world = World::alice().await;
    for _ in 0..5 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    for seconds in [1, 2, 4, 8] {
        assert_eq!(world.sign_in("alice", PASSWORD).await, Err(locked()));
        world.service.clock.advance_seconds(seconds - 1);
        assert_eq!(world.sign_in("alice", PASSWORD).await, Err(locked()));
        world.service.clock.advance_seconds(1);
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    world.service.clock.advance_seconds(16);
    assert!(world.sign_in("alice", PASSWORD).await.is_ok());
    // A success forgets it all.
    for _ in 0..5 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    assert_eq!(world.sign_in("alice", PASSWORD).await, Err(locked()));
}

#[tokio::test]
async fn both_sides_share_the_count() {
    let world = World::alice().await;
    let wrong = json!({ "USERNAME": "alice", "PASSWORD": "Wrong-1pass" });
    for _ in 0..4 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    assert_eq!(world.admin_flow("ADMIN_USER_PASSWORD_AUTH", wrong).await, Err(incorrect()));
    assert_eq!(world.sign_in("alice", PASSWORD).await, Err(locked()));
}

#[tokio::test]
async fn a_quiet_quarter_of_an_hour_forgets() {
    let world = World::alice().await;
    for _ in 0..4 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    world.service.clock.advance_seconds(900);
    for _ in 0..4 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    assert!(world.sign_in("alice", PASSWORD).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_that_race_share_one_budget() {
    let world = std::sync::Arc::new(World::alice().await);
    let guesses: Vec<_> = (0..30)
        .map(|_| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move { world.sign_in("alice", "Wrong-1pass").await.unwrap_err() })
        })
        .collect();
    let mut compared = 0;
    for guess in guesses {
        let guess = guess.await.unwrap();
        if guess == incorrect() {
            compared += 1;
        } else {
            assert!(guess == locked() || guess.0 == "TooManyRequestsException", "{guess:?}");
        }
    }
    assert_eq!(compared, 5);
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let world = World::with(
        TestService::builder().settings(|settings| settings.limits.password_attempts = 0),
        json!({}),
        json!({}),
    )
    .await;
    world.confirmed("alice").await;
    for _ in 0..10 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    assert!(world.sign_in("alice", PASSWORD).await.is_ok());
}

/// The right password was compared before the others' wrong ones locked the user, and is told of the lock all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_right_guess_among_many_wrong_ones_comes_too_late() {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};

    use cenote_triggers::testing::{FakeAnswer, FakeLambda};

    let (locked_now, gate) = channel::<()>();
    let (arrived, waiting) = channel::<()>();
    let gate: Mutex<Receiver<()>> = Mutex::new(gate);
    let lambda = FakeLambda::start(move |event| {
        if event["request"]["validationData"]["wait"] == "yes" {
            arrived.send(()).unwrap();
            tokio::task::block_in_place(|| gate.lock().unwrap().recv().unwrap());
        }
        FakeAnswer::Echo
    })
    .await
    .unwrap();
    let world = World::with(
        TestService::builder().lambda(&lambda.url()),
        json!({ "LambdaConfig": { "PreAuthentication": FUNCTION } }),
        json!({}),
    )
    .await;
    world.confirmed("alice").await;
    let world = std::sync::Arc::new(world);
    let right = {
        let world = std::sync::Arc::clone(&world);
        tokio::spawn(async move {
            let request = json!({
                "ClientId": world.client, "AuthFlow": "USER_PASSWORD_AUTH", "ClientMetadata": { "wait": "yes" },
                "AuthParameters": { "USERNAME": "alice", "PASSWORD": PASSWORD },
            });
            world.service.call("InitiateAuth", request).await
        })
    };
    tokio::task::spawn_blocking(move || waiting.recv().unwrap()).await.unwrap();
    for _ in 0..5 {
        assert_eq!(world.sign_in("alice", "Wrong-1pass").await, Err(incorrect()));
    }
    locked_now.send(()).unwrap();
    assert_eq!(right.await.unwrap(), Err(locked()));
}

/// While a wrong password is being counted a right one is not let through beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_right_password_waits_until_the_wrong_one_before_it_is_counted() {
    let once = TestService::builder().settings(|settings| settings.limits.password_attempts = 1);
    let world = Arc::new(World::with(once, json!({}), json!({})).await);
    for name in ["alice", "bob"] {
        world.confirmed(name).await;
    }
    let gate = Arc::new(Gate::default());
    let at_gate = Arc::clone(&gate);
    assert!(world.service.service.store.inject_faults(move |point| {
        if point == FaultPoint::BeforeCommit {
            at_gate.pass();
        }
        None
    }));
    gate.shut();
    let sign_in = |name: &'static str, password: &'static str| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.sign_in(name, password).await })
    };
    let wrong = sign_in("alice", "Wrong-1pass");
    tokio::task::spawn_blocking({
        let gate = Arc::clone(&gate);
        move || gate.wait_for_somebody()
    })
    .await
    .unwrap();
    let right = sign_in("alice", PASSWORD);
    // Others are not held up, and take as long as she would.
    assert!(sign_in("bob", PASSWORD).await.unwrap().is_ok());
    assert!(!right.is_finished());
    gate.open();
    assert_eq!(wrong.await.unwrap(), Err(incorrect()));
    assert_eq!(right.await.unwrap(), Err(locked()));
}

/// Holds commits back.
#[derive(Default)]
struct Gate {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Gate {
    fn set(&self, shut: bool) {
        self.state.lock().unwrap().0 = shut;
        self.changed.notify_all();
    }

    fn shut(&self) {
        self.set(true);
    }

    fn open(&self) {
        self.set(false);
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.1 |= state.0;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |(shut, _)| *shut).unwrap());
    }

    fn wait_for_somebody(&self) {
        drop(self.changed.wait_while(self.state.lock().unwrap(), |(_, waits)| !*waits).unwrap());
    }
}
