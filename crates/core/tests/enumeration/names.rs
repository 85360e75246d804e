//! How a challenge calls whom a public caller names by another name than the user's own: in other letters, or by an alias.

use serde_json::{Value, json};

use crate::world::{World, one_after_the_other};

impl World {
    /// USER_ID_FOR_SRP.
    async fn called(&self, typed: &str) -> String {
        let request = json!({
            "ClientId": self.client, "AuthFlow": "USER_SRP_AUTH",
            "AuthParameters": { "USERNAME": typed, "SRP_A": "abcdef" },
        });
        let parameters = self.service.ok("InitiateAuth", request).await["ChallengeParameters"].clone();
        assert_eq!(parameters["USERNAME"], parameters["USER_ID_FOR_SRP"]);
        parameters["USER_ID_FOR_SRP"].as_str().unwrap().to_owned()
    }
}

/// The letters that a user was made with must not tell that there is one.
#[tokio::test]
async fn other_letters_are_answered_in_small_ones() {
    let _turn = one_after_the_other().await;
    let world = World::populated(json!({ "UsernameConfiguration": { "CaseSensitive": false } })).await;
    for typed in ["ALICE", "Alice", "alice", "NOBODY", "Nobody", "nobody"] {
        assert_eq!(world.called(typed).await, typed.to_lowercase());
    }
}

/// No user is called like an address where addresses are aliases, so that nobody may seem to be.
#[tokio::test]
async fn an_alias_is_never_answered_with_itself() {
    let _turn = one_after_the_other().await;
    for (aliases, typed) in [
        (json!(["email"]), "nobody@test.com"),
        (json!(["email", "phone_number"]), "nobody@test.com"),
        (json!(["phone_number"]), "+12065550000"),
    ] {
        let world = World::populated(json!({ "AliasAttributes": aliases })).await;
        let invented = world.called(typed).await;
        assert_eq!((invented.len(), invented.matches('-').count()), (36, 4), "{aliases}");
        assert_eq!(world.called(typed).await, invented);
        assert_eq!(world.called("nobody").await, "nobody");
        if aliases.as_array().is_some_and(|aliases| aliases.contains(&Value::from("email"))) {
            assert_eq!(world.called("alice@test.com").await, "alice");
        }
    }
}
