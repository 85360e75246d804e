use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cenote_core::pools::Pool;
use cenote_core::settings::IssuerForm;
use cenote_core::testing::TestService;
use cenote_core::tokens::keys::{jwks_json, openid_configuration};
use cenote_core::tokens::spare_keys;
use cenote_crypto::jwt::{self, JwtError};
use serde_json::{Value, json};

async fn load(service: &TestService, id: &str) -> Arc<Pool> {
    service.service.context(service.caller.clone()).get_pool(id).await.unwrap()
}

#[tokio::test]
async fn a_pool_has_one_key_for_each_kind_of_token() {
    let service = TestService::new().await;
    let pool = load(&service, &service.pool(json!({})).await).await;
    let keys = pool.keys(&service.service).await.unwrap();
    let jwks: Value = serde_json::from_str(&jwks_json(&keys)).unwrap();
    let listed = jwks["keys"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    for (entry, key) in listed.iter().zip([&keys.access, &keys.id]) {
        assert_eq!(entry["kid"], key.kid());
        assert_eq!(
            (&entry["alg"], &entry["kty"], &entry["use"]),
            (&json!("RS256"), &json!("RSA"), &json!("sig"))
        );
        assert_eq!(key.kid().len(), 44);
    }
    assert_ne!(keys.access.kid(), keys.id.kid());

    let token = keys.access.sign(br#"{"sub":"x"}"#);
    let find = |kid: Option<&str>| keys.find_access_key(kid?);
    assert_eq!(jwt::verify(&token, find).unwrap(), br#"{"sub":"x"}"#);
    // An ID token must not pass for an access token.
    assert_eq!(jwt::verify(&keys.id.sign(b"{}"), find), Err(JwtError::UnknownKey));
}

#[tokio::test]
async fn the_keys_are_the_same_on_every_instance() {
    let service = TestService::new().await;
    let other = TestService::builder().start_beside(&service);
    let id = service.pool(json!({})).await;
    let here = load(&service, &id).await.keys(&service.service).await.unwrap();
    let there = load(&other, &id).await.keys(&other.service).await.unwrap();
    assert_eq!(jwks_json(&here), jwks_json(&there));
    assert!(jwt::verify(&here.access.sign(b"{}"), |kid| there.find_access_key(kid?)).is_ok());
}

#[tokio::test]
async fn discovery_names_what_exists() {
    let service = TestService::new().await;
    let id = service.pool(json!({})).await;
    let pool = load(&service, &id).await;
    assert_eq!(
        openid_configuration(&pool, &service.service.settings),
        json!({
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": format!("http://127.0.0.1:7665/{id}"),
            "jwks_uri": format!("http://127.0.0.1:7665/{id}/.well-known/jwks.json"),
            "response_types_supported": ["code", "token"],
            "subject_types_supported": ["public"],
        })
    );
}

#[tokio::test]
async fn the_issuer_follows_the_settings_and_the_pool() {
    let aws = TestService::builder().settings(|settings| settings.issuer = IssuerForm::Aws).start().await;
    let updated = json!({ "IssuerConfiguration": { "Type": "UPDATED" } });
    let (first, second) = (aws.pool(json!({})).await, aws.pool(updated.clone()).await);
    let settings = &aws.service.settings;
    assert_eq!(
        load(&aws, &first).await.issuer(settings),
        format!("https://cognito-idp.us-east-1.amazonaws.com/{first}")
    );
    assert_eq!(
        load(&aws, &second).await.issuer(settings),
        format!("https://issuer-cognito-idp.us-east-1.amazonaws.com/{second}")
    );
    let document = openid_configuration(&*load(&aws, &second).await, settings);
    assert_eq!(document["jwks_uri"], format!("http://127.0.0.1:7665/{second}/.well-known/jwks.json"));

    let own = TestService::new().await;
    let pool = own.pool(updated).await;
    assert_eq!(
        load(&own, &pool).await.issuer(&own.service.settings),
        format!("http://127.0.0.1:7665/{pool}")
    );
}

#[tokio::test]
async fn spare_keys_are_each_given_once() {
    let service = TestService::new().await.service;
    let keys = spare_keys::SpareKeys::default();
    let [first, second] = keys.take_pair(&service.compute).await.unwrap();
    let [third, fourth] = keys.take_pair(&service.compute).await.unwrap();
    let names = BTreeSet::from([first.kid(), second.kid(), third.kid(), fourth.kid()]);
    assert_eq!(names.len(), 4);
}

#[tokio::test]
async fn the_key_maker_works_until_it_is_told_to_stop() {
    let service = TestService::new().await.service;
    let first_key = {
        let service = Arc::clone(&service);
        async move {
            while service.spare_keys.count() == 0 {
                tokio::task::yield_now().await;
            }
        }
    };
    static CALLED: AtomicBool = AtomicBool::new(false);
    spare_keys::keep_filled(Arc::clone(&service), || CALLED.store(true, Ordering::SeqCst), first_key).await;
    assert!(service.spare_keys.count() > 0);
    assert!(CALLED.load(Ordering::SeqCst), "its priority was not lowered");
}
