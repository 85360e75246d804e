//! Many requests at once, on one instance and on two.

use std::sync::Arc;

use cenote_core::testing::TestService;

use crate::world::*;

async fn two_instances(world: World) -> [Arc<World>; 2] {
    let second = World {
        service: TestService::builder().start_beside(&world.service),
        pool: world.pool.clone(),
        client: world.client.clone(),
    };
    [Arc::new(world), Arc::new(second)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_that_race_share_one_budget() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    let wrong = other_than(&code);
    let instances = two_instances(world).await;
    let guesses: Vec<_> = (0..40)
        .map(|number| {
            let world = Arc::clone(&instances[number % 2]);
            tokio::spawn(async move { world.confirm("alice", wrong, NEW_PASSWORD).await.unwrap_err().0 })
        })
        .collect();
    let mut compared = 0;
    for guess in guesses {
        match guess.await.unwrap().as_str() {
            "CodeMismatchException" => compared += 1,
            "LimitExceededException" | "TooManyRequestsException" => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(compared, 5);
    assert_eq!(instances[0].confirm("alice", &code, NEW_PASSWORD).await, Err(limit()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_race_share_one_budget() {
    let world = World::new().await;
    world.alice().await;
    let instances = two_instances(world).await;
    let requests: Vec<_> = (0..40)
        .map(|number| {
            let world = Arc::clone(&instances[number % 2]);
            tokio::spawn(async move { world.forgot("alice").await.is_ok() })
        })
        .collect();
    let mut sent = 0;
    for request in requests {
        sent += usize::from(request.await.unwrap());
    }
    assert_eq!(sent, 5);
    assert_eq!(instances[0].service.inbox().await.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_is_redeemed_once() {
    let world = World::new().await;
    world.alice().await;
    let code = world.code("alice", "test@test.com").await;
    let instances = two_instances(world).await;
    let redemptions: Vec<_> = (0..12)
        .map(|number| {
            let (world, code) = (Arc::clone(&instances[number % 2]), code.clone());
            tokio::spawn(async move {
                world.confirm("alice", &code, &format!("N3w-Passw0rd{number}")).await.is_ok()
            })
        })
        .collect();
    let mut redeemed = 0;
    for redemption in redemptions {
        redeemed += usize::from(redemption.await.unwrap());
    }
    assert_eq!(redeemed, 1);
}
