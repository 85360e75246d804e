//! A user's way: sign-up, a forgotten password, sign-in.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, AuthFlowType, DeliveryMediumType, ExplicitAuthFlowsType, UserStatusType,
    VerifiedAttributeType,
};

use crate::world::World;

const OLD: &str = "Old-Passw0rd!";
const NEW: &str = "New-Passw0rd!";

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
    let world = World::start(&[]).await;
    let client = &world.client;
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
    let sign_up_code = world.code("SignUp").await;
    client
        .confirm_sign_up()
        .client_id(&client_id)
        .username("alice")
        .confirmation_code(sign_up_code)
        .send()
        .await
        .unwrap();
    sign_in(client, &client_id, OLD).await.expect("the first password works");

    let forgotten = client.forgot_password().client_id(&client_id).username("alice").send().await.unwrap();
    let delivery = forgotten.code_delivery_details.unwrap();
    assert_eq!(delivery.delivery_medium, Some(DeliveryMediumType::Email));
    assert_eq!(delivery.attribute_name.as_deref(), Some("email"));
    assert!(!delivery.destination.unwrap().contains("alice@"), "masked");

    let reset_code = world.code("ForgotPassword").await;
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

    assert_eq!(sign_in(client, &client_id, OLD).await.unwrap_err(), "Incorrect username or password.");
    let token = sign_in(client, &client_id, NEW).await.expect("the new password works");
    let user = client.get_user().access_token(token).send().await.unwrap();
    assert_eq!(user.username, "alice");
    let user = client.admin_get_user().user_pool_id(&pool_id).username("alice").send().await.unwrap();
    assert_eq!(user.user_status, Some(UserStatusType::Confirmed));
    client.delete_user_pool().user_pool_id(&pool_id).send().await.unwrap();
    world.server.stop().await;
}

#[tokio::test]
async fn errors_arrive_as_what_they_are() {
    let world = World::start(&[]).await;
    let client = &world.client;
    let error = client.describe_user_pool().user_pool_id("eu-west-1_Nowhere01").send().await.unwrap_err();
    let status = error.raw_response().unwrap().status().as_u16();
    let error = error.into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert_eq!(status, 400);
    assert_eq!(error.meta().message(), Some("User pool eu-west-1_Nowhere01 does not exist."));
    let invalid = client.create_user_pool().pool_name("").send().await.unwrap_err().into_service_error();
    assert!(invalid.is_invalid_parameter_exception(), "{invalid:?}");
    world.server.stop().await;
}
