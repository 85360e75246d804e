use cenote_core::testing::{TestService, text};
use cenote_crypto::secret::SecretString;
use serde_json::{Value, json};

use crate::{describe, invalid};

const OWN: &str = "abcdefghijklmnopqrstuvwx";

async fn client(service: &TestService) -> (String, Value) {
    let pool = service.pool(json!({})).await;
    let id = service.client(&pool, json!({ "ClientSecret": OWN })).await;
    (pool.clone(), json!({ "UserPoolId": pool, "ClientId": id }))
}

fn with(request: &Value, member: &str, value: &str) -> Value {
    let mut request = request.clone();
    request[member] = json!(value);
    request
}

async fn ids(service: &TestService, request: &Value) -> Vec<String> {
    let listed = service.ok("ListUserPoolClientSecrets", request.clone()).await;
    listed["ClientSecrets"].as_array().unwrap().iter().map(|it| text(&it["ClientSecretId"])).collect()
}

#[tokio::test]
async fn a_secret_is_rotated_without_a_gap() {
    let service = TestService::new().await;
    let (pool, request) = client(&service).await;
    let id = text(&request["ClientId"]);
    let accepts = async |secret: &str| {
        let client = service.service.context(service.caller.clone()).get_client(&id).await.unwrap();
        let hash = cenote_crypto::secret_hash::compute("user", &id, &SecretString::from(secret));
        client.verify_secret_hash(&["user"], Some(&hash)).is_ok()
    };
    assert!(accepts(OWN).await);

    service.clock.advance_seconds(100);
    let added = service.ok("AddUserPoolClientSecret", request.clone()).await;
    let descriptor = &added["ClientSecretDescriptor"];
    let new = text(&descriptor["ClientSecretValue"]);
    assert!((51..=52).contains(&new.len()));
    assert_eq!(
        added,
        json!({ "ClientSecretDescriptor": {
            "ClientSecretId": format!("{id}--1795449700"), "ClientSecretCreateDate": 1_795_449_700,
            "ClientSecretValue": new,
        } })
    );
    assert!(accepts(OWN).await && accepts(&new).await, "both are valid");
    assert_eq!(describe(&service, &pool, &id).await["ClientSecret"], OWN, "the first one is shown");

    let listed = service.ok("ListUserPoolClientSecrets", request.clone()).await;
    assert_eq!(
        listed,
        json!({ "ClientSecrets": [
            { "ClientSecretId": format!("{id}--1795449600"), "ClientSecretCreateDate": 1_795_449_600 },
            { "ClientSecretId": format!("{id}--1795449700"), "ClientSecretCreateDate": 1_795_449_700 },
        ] })
    );

    let delete = with(&request, "ClientSecretId", &format!("{id}--1795449600"));
    assert_eq!(service.ok("DeleteUserPoolClientSecret", delete).await, json!({}));
    assert!(!accepts(OWN).await && accepts(&new).await);
    assert_eq!(describe(&service, &pool, &id).await.get("ClientSecret"), None, "no other takes its place");
}

#[tokio::test]
async fn a_secret_of_ones_own_is_not_shown_again() {
    let service = TestService::new().await;
    let (_, request) = client(&service).await;
    let added = service
        .ok("AddUserPoolClientSecret", with(&request, "ClientSecret", "ABCDEFGHIJKLMNOPQRSTUVWX"))
        .await;
    assert_eq!(added["ClientSecretDescriptor"].get("ClientSecretValue"), None);
}

#[tokio::test]
async fn there_are_two_at_most_and_one_at_least() {
    let service = TestService::new().await;
    let (_, request) = client(&service).await;
    service.ok("AddUserPoolClientSecret", request.clone()).await;
    assert_eq!(service.fails("AddUserPoolClientSecret", request.clone()).await.0, "LimitExceededException");

    let [first, second] = ids(&service, &request).await.try_into().unwrap();
    let missing =
        service.fails("DeleteUserPoolClientSecret", with(&request, "ClientSecretId", "other")).await;
    assert_eq!(missing, ("ResourceNotFoundException".into(), "Client secret other does not exist.".into()));
    service.ok("DeleteUserPoolClientSecret", with(&request, "ClientSecretId", &first)).await;
    assert_eq!(
        service.fails("DeleteUserPoolClientSecret", with(&request, "ClientSecretId", &second)).await,
        invalid("The last secret of a client cannot be deleted.")
    );
    assert_eq!(
        service.fails("DeleteUserPoolClientSecret", with(&request, "ClientSecretId", &first)).await.0,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn two_secrets_of_one_second_have_two_ids() {
    let service = TestService::new().await;
    let (_, request) = client(&service).await;
    service.ok("AddUserPoolClientSecret", request.clone()).await;
    let id = text(&request["ClientId"]);
    assert_eq!(ids(&service, &request).await, [format!("{id}--1795449600"), format!("{id}--1795449601")]);
}

#[tokio::test]
async fn a_public_client_gets_no_secret() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let id = service.client(&pool, json!({})).await;
    let request = json!({ "UserPoolId": pool, "ClientId": id });
    let expected = invalid(&format!("Client {id} does not have a client secret."));
    assert_eq!(service.fails("AddUserPoolClientSecret", request.clone()).await, expected);
    assert_eq!(service.fails("ListUserPoolClientSecrets", request.clone()).await, expected);
    assert_eq!(
        service.fails("DeleteUserPoolClientSecret", with(&request, "ClientSecretId", "x")).await,
        expected
    );
}

#[tokio::test]
async fn nothing_of_a_secret_is_stored_in_the_clear() {
    use cenote_store::ClientId;
    let service = TestService::new().await;
    let (_, request) = client(&service).await;
    let record =
        service.service.store.find_client(&ClientId::new(text(&request["ClientId"]))).await.unwrap().unwrap();
    assert!(!format!("{record:?}").contains(OWN));
}
