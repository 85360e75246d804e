//! What is written of a name that nobody has is as large as the row of a user: it takes its time.

use cenote_store::{PoolId, User};
use serde_json::json;

use crate::world::{World, one_after_the_other};

fn bytes(user: &User) -> usize {
    serde_json::to_vec(user).unwrap().len()
}

#[tokio::test]
async fn what_stands_in_for_a_user_is_as_large() {
    let _turn = one_after_the_other().await;
    let world = World::populated(json!({})).await;
    let store = &world.service.service.store;
    let stand_in = bytes(&world.service.service.nobody);
    for name in ["alice", "disabled", "invited", "bare"] {
        let users = store.find_users_by_name(&PoolId::new(world.pool.clone()), name).await.unwrap();
        let own = bytes(&users[0].1);
        assert!(own.abs_diff(stand_in) < own / 4, "{name}: {own} bytes, nobody: {stand_in}");
    }
}
