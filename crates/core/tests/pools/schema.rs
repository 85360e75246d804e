use cenote_core::testing::TestService;
use serde_json::{Value, json};

use crate::{describe, invalid, refused};

async fn attribute(service: &TestService, pool: &str, name: &str) -> Value {
    let shown = describe(service, pool).await;
    let all = shown["SchemaAttributes"].as_array().unwrap();
    all.iter().find(|it| it["Name"] == name).cloned().unwrap_or_default()
}

#[tokio::test]
async fn standard_attributes_are_replaced_in_place() {
    let service = TestService::new().await;
    let pool = service
        .pool(json!({ "Schema": [
            { "Name": "email", "Required": true, "Mutable": false },
            { "Name": "birthdate", "StringAttributeConstraints": { "MinLength": "0" } },
            { "Name": "updated_at", "NumberAttributeConstraints": { "MaxValue": "9" } },
            { "Name": "sub", "Mutable": true, "Required": false },
        ] }))
        .await;
    let shown = describe(&service, &pool).await;
    assert_eq!(shown["SchemaAttributes"].as_array().unwrap().len(), 21);
    assert_eq!(shown["SchemaAttributes"][14]["Name"], "email");
    let email = attribute(&service, &pool, "email").await;
    assert_eq!((&email["Required"], &email["Mutable"]), (&json!(true), &json!(false)));
    assert_eq!(email["StringAttributeConstraints"], json!({ "MinLength": "0", "MaxLength": "2048" }));
    let birthdate = attribute(&service, &pool, "birthdate").await;
    assert_eq!(birthdate["StringAttributeConstraints"], json!({ "MinLength": "0", "MaxLength": "10" }));
    assert_eq!((&birthdate["Required"], &birthdate["Mutable"]), (&json!(false), &json!(true)));
    let updated = attribute(&service, &pool, "updated_at").await;
    assert_eq!(updated["NumberAttributeConstraints"], json!({ "MinValue": "0", "MaxValue": "9" }));
    let sub = attribute(&service, &pool, "sub").await;
    assert_eq!((&sub["Required"], &sub["Mutable"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn custom_attributes_follow_with_their_prefix() {
    let service = TestService::new().await;
    let pool = service
        .pool(json!({ "Schema": [
            { "Name": "tenant", "AttributeDataType": "String" },
            { "Name": "level", "AttributeDataType": "Number", "Mutable": true,
              "NumberAttributeConstraints": { "MinValue": "1", "MaxValue": "5" } },
            { "Name": "since", "AttributeDataType": "DateTime" },
            { "Name": "secret", "AttributeDataType": "Boolean", "DeveloperOnlyAttribute": true },
        ] }))
        .await;
    let shown = describe(&service, &pool).await;
    assert_eq!(
        shown["SchemaAttributes"].as_array().unwrap()[21..],
        [
            json!({
                "Name": "custom:tenant", "AttributeDataType": "String", "DeveloperOnlyAttribute": false,
                "Mutable": false, "Required": false, "StringAttributeConstraints": {},
            }),
            json!({
                "Name": "custom:level", "AttributeDataType": "Number", "DeveloperOnlyAttribute": false,
                "Mutable": true, "Required": false,
                "NumberAttributeConstraints": { "MinValue": "1", "MaxValue": "5" },
            }),
            json!({
                "Name": "custom:since", "AttributeDataType": "DateTime", "DeveloperOnlyAttribute": false,
                "Mutable": false, "Required": false,
            }),
            json!({
                "Name": "dev:custom:secret", "AttributeDataType": "Boolean", "DeveloperOnlyAttribute": true,
                "Mutable": false, "Required": false,
            }),
        ]
    );
}

#[tokio::test]
async fn every_check_has_its_text() {
    let service = TestService::new().await;
    let standard = |name: &str| {
        format!(
            "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute {name}"
        )
    };
    let lengths = |min: &str, max: &str| {
        json!({
            "Name": "x", "AttributeDataType": "String",
            "StringAttributeConstraints": { "MinLength": min, "MaxLength": max },
        })
    };
    let values = |min: &str, max: &str| {
        json!({
            "Name": "x", "AttributeDataType": "Number",
            "NumberAttributeConstraints": { "MinValue": min, "MaxValue": max },
        })
    };
    let bad_lengths = "Invalid StringAttributeConstraints for schema attribute custom:x".to_owned();
    let bad_values = "Invalid NumberAttributeConstraints for schema attribute custom:x".to_owned();
    let cases = [
        (json!({ "Name": "email", "AttributeDataType": "Number" }), standard("email")),
        (json!({ "Name": "name", "DeveloperOnlyAttribute": true }), standard("name")),
        (
            json!({ "Name": "x", "AttributeDataType": "String", "Required": true }),
            "Required custom attributes are not supported currently.".to_owned(),
        ),
        (
            json!({ "Name": "x" }),
            "Invalid AttributeDataType input, consider using the provided AttributeDataType enum.".to_owned(),
        ),
        (
            lengths("0", "2049"),
            "user.custom:x: String attributes cannot have a length of more than 2048".to_owned(),
        ),
        (
            lengths("5", "4"),
            "Attribute custom:x cannot have a max length shorter than it's min length".to_owned(),
        ),
        (lengths("five", "4"), bad_lengths.clone()),
        (lengths("-1", "4"), bad_lengths),
        (
            values("5", "4"),
            "Attribute custom:x cannot have a max value smaller than it's min value".to_owned(),
        ),
        (values("1", "many"), bad_values.clone()),
        (values("1", "inf"), bad_values),
        (json!({ "AttributeDataType": "String" }), "Custom attributes need a name.".to_owned()),
    ];
    for (entry, message) in cases {
        assert_eq!(refused(&service, json!({ "Schema": [entry] })).await, invalid(&message), "{entry}");
    }
    let twice = json!({ "Name": "x", "AttributeDataType": "String" });
    assert_eq!(
        refused(&service, json!({ "Schema": [twice, twice] })).await,
        invalid("Duplicate custom attribute names custom:x are not allowed in a user pool schema.")
    );
}

#[tokio::test]
async fn custom_attributes_can_be_added_later() {
    let service = TestService::new().await;
    let pool = service.pool(json!({ "Schema": [{ "Name": "a", "AttributeDataType": "String" }] })).await;
    service.clock.advance_seconds(5);
    let added = json!({ "UserPoolId": pool, "CustomAttributes": [
        { "Name": "b", "AttributeDataType": "Number", "Mutable": true },
        // A standard attribute's name is free here.
        { "Name": "email", "AttributeDataType": "String" },
    ] });
    assert_eq!(service.ok("AddCustomAttributes", added.clone()).await, json!({}));
    assert_eq!(attribute(&service, &pool, "custom:b").await["Mutable"], true);
    assert_eq!(attribute(&service, &pool, "custom:email").await["AttributeDataType"], "String");
    let shown = describe(&service, &pool).await;
    assert_eq!(
        (&shown["CreationDate"], &shown["LastModifiedDate"]),
        (&json!(1_795_449_600), &json!(1_795_449_605))
    );
    assert_eq!(
        service.fails("AddCustomAttributes", added).await,
        invalid("custom:b: Existing attribute already has name custom:b.")
    );
    let again = json!({ "UserPoolId": pool, "CustomAttributes": [{ "Name": "c" }] });
    let (code, message) = service.fails("AddCustomAttributes", again).await;
    assert_eq!(code, "InvalidParameterException");
    assert!(message.starts_with("Invalid AttributeDataType input"), "{message}");
    let nowhere = json!({ "UserPoolId": "us-east-1_none", "CustomAttributes": [{ "Name": "c" }] });
    let missing = ("ResourceNotFoundException".into(), "User pool us-east-1_none does not exist.".into());
    assert_eq!(service.fails("AddCustomAttributes", nowhere).await, missing);
}

#[tokio::test]
async fn fifty_custom_attributes_are_enough() {
    let service = TestService::new().await;
    let pool = service.pool(json!({})).await;
    let batch = |from: usize, count: usize| {
        let attributes: Vec<Value> = (from..from + count)
            .map(|number| json!({ "Name": format!("a{number}"), "AttributeDataType": "String" }))
            .collect();
        json!({ "UserPoolId": pool, "CustomAttributes": attributes })
    };
    let (_, message) = service.fails("AddCustomAttributes", batch(0, 26)).await;
    assert!(message.ends_with("Member must have length less than or equal to 25"), "{message}");
    service.ok("AddCustomAttributes", batch(0, 25)).await;
    service.ok("AddCustomAttributes", batch(25, 25)).await;
    assert_eq!(
        service.fails("AddCustomAttributes", batch(50, 1)).await,
        invalid("A user pool can have no more than 50 custom attributes.")
    );
}
