//! A user's way with the AWS SDK for Rust: sign-up, a forgotten password, sign-in.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{Builder, Credentials, Region};
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, AuthFlowType, DeliveryMediumType, ExplicitAuthFlowsType, UserStatusType,
    VerifiedAttributeType,
};
use cenote::config::Layers;
use cenote::{DevOptions, Mode, Server, Surroundings};
use cenote_crypto::{KeyRing, MasterKey, SeededRandom};
use cenote_delivery::inbox::{InboxQuery, inbox_json};
use cenote_store::Durability;
use serde_json::Value;
use tempfile::TempDir;

const OLD: &str = "Old-Passw0rd!";
const NEW: &str = "New-Passw0rd!";

/// A server and an SDK client that calls it.
async fn start() -> (Server, Client, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let config = Layers::for_dev()
        .assignment("server.listen=127.0.0.1:0")
        .assignment(&format!("store.url=sqlite:{}", directory.path().join("cenote.db").display()))
        .finish()
        .unwrap();
    let surroundings =
        Surroundings { durability: Durability::Off, spare_keys: false, ..Surroundings::default() };
    let keyring = KeyRing::new(MasterKey::generate(&SeededRandom::new(1)), Vec::new());
    let server =
        Server::start_in(surroundings, config, keyring, Mode::Dev(DevOptions::default())).await.unwrap();
    let config = Builder::new()
        .region(Region::new("eu-west-1"))
        .endpoint_url(server.url())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    (server, Client::from_conf(config), directory)
}

/// The code in the newest message with this purpose.
async fn code(server: &Server, purpose: &str) -> String {
    let wait = async {
        loop {
            let list = inbox_json(&server.service().store, &InboxQuery::default()).await.unwrap();
            let list: Value = serde_json::from_str(&list).unwrap();
            let found =
                list["messages"].as_array().unwrap().iter().find(|message| message["purpose"] == purpose);
            if let Some(message) = found {
                return message["code"].as_str().unwrap().to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("a message in time")
}

async fn sign_in(client: &Client, client_id: &str, password: &str) -> Result<String, String> {
    let outcome = client
        .initiate_auth()
        .client_id(client_id)
        .auth_flow(AuthFlowType::UserPasswordAuth)
        .auth_parameters("USERNAME", "alice")
        .auth_parameters("PASSWORD", password)
        .send()
        .await;
    match outcome {
        Ok(answer) => Ok(answer.authentication_result.unwrap().access_token.unwrap()),
        Err(error) => {
            let error = error.into_service_error();
            assert!(error.is_not_authorized_exception(), "{error:?}");
            Err(error.meta().message().unwrap_or_default().to_owned())
        }
    }
}

#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let (server, client, _directory) = start().await;
    let pool = client
        .create_user_pool()
        .pool_name("pool")
        .auto_verified_attributes(VerifiedAttributeType::Email)
        .send()
        .await
        .unwrap();
    let pool_id = pool.user_pool.unwrap().id.unwrap();
    assert!(pool_id.starts_with("eu-west-1_"));
    let app = client
        .create_user_pool_client()
        .user_pool_id(&pool_id)
        .client_name("app")
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
        .send()
        .await
        .unwrap();
    let client_id = app.user_pool_client.unwrap().client_id.unwrap();

    let email = AttributeType::builder().name("email").value("alice@example.com").build().unwrap();
    let signed_up = client
        .sign_up()
        .client_id(&client_id)
        .username("alice")
        .password(OLD)
        .user_attributes(email)
        .send()
        .await
        .unwrap();
    assert!(!signed_up.user_confirmed);
    let sign_up_code = code(&server, "SignUp").await;
    client
        .confirm_sign_up()
        .client_id(&client_id)
        .username("alice")
        .confirmation_code(sign_up_code)
        .send()
        .await
        .unwrap();
    sign_in(&client, &client_id, OLD).await.expect("the first password works");

    let forgotten = client.forgot_password().client_id(&client_id).username("alice").send().await.unwrap();
    let delivery = forgotten.code_delivery_details.unwrap();
    assert_eq!(delivery.delivery_medium, Some(DeliveryMediumType::Email));
    assert_eq!(delivery.attribute_name.as_deref(), Some("email"));
    assert!(!delivery.destination.unwrap().contains("alice@"), "masked");

    let reset_code = code(&server, "ForgotPassword").await;
    let wrong = if reset_code == "000000" { "000001" } else { "000000" };
    let confirm = |code: &str| {
        client
            .confirm_forgot_password()
            .client_id(&client_id)
            .username("alice")
            .password(NEW)
            .confirmation_code(code)
    };
    let refused = confirm(wrong).send().await.unwrap_err().into_service_error();
    assert!(refused.is_code_mismatch_exception(), "{refused:?}");
    assert_eq!(refused.meta().message(), Some("Invalid verification code provided, please try again."));
    confirm(&reset_code).send().await.unwrap();
    let again = confirm(&reset_code).send().await.unwrap_err().into_service_error();
    assert!(again.is_expired_code_exception(), "{again:?}");

    assert_eq!(sign_in(&client, &client_id, OLD).await.unwrap_err(), "Incorrect username or password.");
    let token = sign_in(&client, &client_id, NEW).await.expect("the new password works");
    let user = client.get_user().access_token(token).send().await.unwrap();
    assert_eq!(user.username, "alice");
    let user = client.admin_get_user().user_pool_id(&pool_id).username("alice").send().await.unwrap();
    assert_eq!(user.user_status, Some(UserStatusType::Confirmed));
    client.delete_user_pool().user_pool_id(&pool_id).send().await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn errors_arrive_as_what_they_are() {
    let (server, client, _directory) = start().await;
    let error = client.describe_user_pool().user_pool_id("eu-west-1_Nowhere01").send().await.unwrap_err();
    let status = error.raw_response().unwrap().status().as_u16();
    let error = error.into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert_eq!(status, 400);
    assert_eq!(error.meta().message(), Some("User pool eu-west-1_Nowhere01 does not exist."));
    let invalid = client.create_user_pool().pool_name("").send().await.unwrap_err().into_service_error();
    assert!(invalid.is_invalid_parameter_exception(), "{invalid:?}");
    server.stop().await;
}
