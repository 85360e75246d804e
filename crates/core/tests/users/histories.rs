//! Whatever happens in whatever order: a verified alias has one owner, and leads there.

use std::collections::BTreeMap;

use cenote_core::testing::text;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::*;

const NAMES: [&str; 3] = ["rosa", "luna", "ines"];
const ADDRESSES: [&str; 2] = ["x@example.org", "y@example.org"];

#[derive(Clone, Debug)]
enum Step {
    SignUp,
    Resend,
    Confirm { force: bool },
    ConfirmByAdministrator,
    Create { force: bool, verified: bool },
    Update { verified: Option<bool> },
    UpdateByUser,
    Verify,
    DeleteAddress,
    Delete,
    Disable,
    Enable,
}

fn step() -> impl Strategy<Value = (Step, &'static str, &'static str)> {
    let step = prop_oneof![
        4 => Just(Step::SignUp),
        1 => Just(Step::Resend),
        4 => any::<bool>().prop_map(|force| Step::Confirm { force }),
        1 => Just(Step::ConfirmByAdministrator),
        2 => any::<(bool, bool)>().prop_map(|(force, verified)| Step::Create { force, verified }),
        3 => any::<Option<bool>>().prop_map(|verified| Step::Update { verified }),
        3 => Just(Step::UpdateByUser),
        3 => Just(Step::Verify),
        1 => Just(Step::DeleteAddress),
        1 => Just(Step::Delete),
        1 => Just(Step::Disable),
        1 => Just(Step::Enable),
    ];
    (step, prop::sample::select(&NAMES[..]), prop::sample::select(&ADDRESSES[..]))
}

/// The newest code for a user, among messages of these purposes.
async fn code(world: &World, name: &str, purposes: &[&str]) -> String {
    let inbox = world.service.inbox().await;
    let newest = inbox
        .into_iter()
        .find(|message| message.username == name && purposes.contains(&message.purpose.as_str()));
    newest.and_then(|message| message.code).unwrap_or_else(|| "000000".to_owned())
}

async fn token(world: &World, name: &str) -> Option<String> {
    let answer = world.sign_in(name, PASSWORD).await.ok()?;
    answer["AuthenticationResult"]["AccessToken"].as_str().map(str::to_owned)
}

/// Does a step. Refusals are fine, for most steps are nonsense most of the time.
async fn take(world: &World, step: &Step, name: &str, address: &str) {
    let call = |operation: &'static str, request: Value| world.service.call(operation, request);
    let admin = |members: Value| world.admin(name, members);
    let answer = match step {
        Step::SignUp => world.sign_up(name, &[("email", address)]).await,
        Step::Resend => call("ResendConfirmationCode", world.public(name, json!({}))).await,
        Step::Confirm { force } => {
            let code = code(world, name, &["SignUp", "ResendCode"]).await;
            let members = json!({ "ConfirmationCode": code, "ForceAliasCreation": force });
            call("ConfirmSignUp", world.public(name, members)).await
        }
        Step::ConfirmByAdministrator => call("AdminConfirmSignUp", admin(json!({}))).await,
        Step::Create { force, verified } => {
            let given = attributes(&[
                ("email", address),
                ("email_verified", if *verified { "true" } else { "false" }),
            ]);
            let members = json!({
                "UserAttributes": given, "ForceAliasCreation": force, "MessageAction": "SUPPRESS",
                "TemporaryPassword": PASSWORD,
            });
            call("AdminCreateUser", admin(members)).await
        }
        Step::Update { verified } => {
            let mut given = vec![("email", address)];
            given
                .extend(verified.map(|verified| ("email_verified", if verified { "true" } else { "false" })));
            call("AdminUpdateUserAttributes", admin(json!({ "UserAttributes": attributes(&given) }))).await
        }
        Step::UpdateByUser => {
            let Some(token) = token(world, name).await else { return };
            let request =
                json!({ "AccessToken": token, "UserAttributes": attributes(&[("email", address)]) });
            call("UpdateUserAttributes", request).await
        }
        Step::Verify => {
            let Some(token) = token(world, name).await else { return };
            let code = code(world, name, &["UpdateUserAttribute", "VerifyUserAttribute"]).await;
            call(
                "VerifyUserAttribute",
                json!({ "AccessToken": token, "AttributeName": "email", "Code": code }),
            )
            .await
        }
        Step::DeleteAddress => {
            call("AdminDeleteUserAttributes", admin(json!({ "UserAttributeNames": ["email"] }))).await
        }
        Step::Delete => call("AdminDeleteUser", admin(json!({}))).await,
        Step::Disable => call("AdminDisableUser", admin(json!({}))).await,
        Step::Enable => call("AdminEnableUser", admin(json!({}))).await,
    };
    if let Err((code, message)) = answer {
        assert_ne!(code, "TooManyRequestsException", "{message}");
    }
    world.service.clock.advance_seconds(700);
}

async fn check(world: &World) {
    let list = world.service.ok("ListUsers", json!({ "UserPoolId": world.pool })).await;
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for user in list["Users"].as_array().unwrap() {
        let attributes = &user["Attributes"];
        let verified = find_attribute(attributes, "email_verified").as_deref() == Some("true");
        let email = find_attribute(attributes, "email");
        assert!(!verified || email.is_some(), "a verified flag without a value: {user}");
        if let Some(email) = email.filter(|_| verified) {
            owners.entry(email).or_default().push(text(&user["Username"]));
        }
    }
    for address in ADDRESSES {
        match owners.get(address).map(Vec::as_slice) {
            None => assert!(world.does_not_exist(address).await, "{address} leads to somebody"),
            Some([owner]) => assert_eq!(world.user(address).await["Username"], owner.as_str()),
            Some(several) => panic!("{address} has owners: {several:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_alias_has_one_owner_after_every_step(
        steps in prop::collection::vec(step(), 1..30),
        waits in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let before_update = if waits { json!(["email"]) } else { json!([]) };
            let world = World::of(json!({
                "AliasAttributes": ["email"], "AutoVerifiedAttributes": ["email"],
                "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": before_update },
            }))
            .await;
            for (step, name, address) in &steps {
                take(&world, step, name, address).await;
                check(&world).await;
            }
        });
    }
}
