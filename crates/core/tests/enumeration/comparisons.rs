//! How many passwords are compared when a crowd guesses at once, on five instances: no more than are counted.

use std::sync::Arc;

use cenote_core::testing::TestService;
use cenote_crypto::work;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::world::{World, one_after_the_other};

const INSTANCES: usize = 5;
const BUDGET: u64 = 5;

/// A comparison computes a power. A proof opens a verifier, beside the block that every answer opens.
fn compared(proofs: Option<usize>) -> u64 {
    let [_, _, unseals, powers, _] = work::done();
    proofs.map_or(powers, |proofs| unseals - proofs as u64)
}

struct Crowd {
    world: World,
    others: Vec<TestService>,
}

impl Crowd {
    async fn gathered() -> Arc<Self> {
        let world = World::populated(json!({})).await;
        let beside = || TestService::builder().start_beside(&world.service);
        let others = (1..INSTANCES).map(|_| beside()).collect();
        Arc::new(Self { world, others })
    }

    fn instance(&self, number: usize) -> &TestService {
        match (number % INSTANCES).checked_sub(1) {
            Some(other) => &self.others[other],
            None => &self.world.service,
        }
    }

    /// A wrong password, or the proof of one.
    async fn guess(&self, name: &str, proves: bool) -> (&'static str, Value) {
        if !proves {
            let parameters = json!({ "USERNAME": name, "PASSWORD": "Wrong-1pass" });
            let request = json!({
                "ClientId": self.world.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters,
            });
            return ("InitiateAuth", request);
        }
        let request = json!({
            "ClientId": self.world.client, "AuthFlow": "USER_SRP_AUTH",
            "AuthParameters": { "USERNAME": name, "SRP_A": "abcdef" },
        });
        let challenge = self.world.service.ok("InitiateAuth", request).await;
        let responses = json!({
            "USERNAME": name, "TIMESTAMP": "now", "PASSWORD_CLAIM_SIGNATURE": "AAAA",
            "PASSWORD_CLAIM_SECRET_BLOCK": challenge["ChallengeParameters"]["SECRET_BLOCK"],
        });
        let request = json!({
            "ClientId": self.world.client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": responses,
        });
        ("RespondToAuthChallenge", request)
    }

    /// How many passwords are compared, and how many guesses are told that they are wrong.
    async fn guesses(self: &Arc<Self>, name: &str, proves: bool, people: usize) -> (u64, usize) {
        let mut requests = Vec::new();
        for _ in 0..people {
            requests.push(self.guess(name, proves).await);
        }
        let (before, start) = (compared(proves.then_some(0)), Arc::new(Barrier::new(people)));
        let mut calls = JoinSet::new();
        for (number, (operation, request)) in requests.into_iter().enumerate() {
            let (crowd, start) = (Arc::clone(self), Arc::clone(&start));
            calls.spawn(async move {
                start.wait().await;
                crowd.instance(number).fails(operation, request).await
            });
        }
        let answers = calls.join_all().await;
        let wrong = answers.iter().filter(|(_, text)| text == "Incorrect username or password.").count();
        let locked = answers.iter().filter(|(_, text)| text == "Password attempts exceeded").count();
        assert_eq!(wrong + locked, people, "{answers:?}");
        (compared(proves.then_some(people)) - before, wrong)
    }

    async fn failures(&self, name: &str) -> u64 {
        let pool = cenote_store::PoolId::new(self.world.pool.clone());
        let users = self.world.service.service.store.find_users_by_name(&pool, name).await.unwrap();
        users[0].1.lockout.failures.into()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_wrong_password_a_crowd_gets_what_is_left() {
    let _turn = one_after_the_other().await;
    let crowd = Crowd::gathered().await;
    for proves in [false, true] {
        for name in ["alice", "nobody"] {
            crowd.guesses(name, proves, 1).await;
            assert_eq!(crowd.guesses(name, proves, 60).await, (BUDGET - 1, 4), "{name}, {proves}");
        }
        assert_eq!(crowd.failures("alice").await, BUDGET);
        // After the lock it is one more.
        crowd.world.service.clock.advance_seconds(1);
        for name in ["alice", "nobody"] {
            assert_eq!(crowd.guesses(name, proves, 30).await, (1, 1), "{name}, {proves}");
        }
        crowd.world.service.clock.advance_seconds(3600);
    }
}

/// Before the first one is counted each instance may compare one. They are counted, and make the lock longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_password_is_compared_for_nothing() {
    let _turn = one_after_the_other().await;
    let crowd = Crowd::gathered().await;
    for proves in [false, true] {
        for _ in 0..10 {
            let (compared, wrong) = crowd.guesses("alice", proves, 40).await;
            assert_eq!(wrong, 5);
            assert_eq!(compared, crowd.failures("alice").await);
            assert!((BUDGET..BUDGET + INSTANCES as u64).contains(&compared), "{compared}");
            // Forgotten.
            crowd.world.change("alice", |user| user.lockout = cenote_store::Lockout::default()).await;
        }
    }
}
