//! Policies of access keys.

use cenote::testing::{Decision, Policy};

use serde_json::{Value, json};

use super::{text, texts};

const POOL: &str = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Example01";

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(document) = Policy::read(text) else { return };
    // What is kept of the document means the same. Only numbers may differ a little, which mean nothing here.
    let again = Policy::read(&document.to_string()).expect("a document that was read is read again");
    let parsed = Policy::parse(&document);
    assert_eq!(Policy::parse(&again), parsed);
    let policy = match parsed {
        Ok(policy) => policy,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let denied = Policy::parse(&with_denial(&document)).expect("one more statement");
    for action in ["cognito-idp:ListUsers", "cognito-idp:AdminGetUser"] {
        for resource in [POOL, "*"] {
            let decision = policy.decide(action, resource);
            let allows = text.contains("Allow") || text.contains('\\');
            assert!(allows || decision != Decision::Allowed, "nothing allows {action} on {resource}");
            assert_eq!(denied.decide(action, resource), Decision::ExplicitlyDenied);
            assert_eq!(policy.decide(&action.to_uppercase(), resource), decision);
        }
    }
}

/// The same policy, and nothing of it any more.
fn with_denial(document: &Value) -> Value {
    let mut statements = match &document["Statement"] {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    statements.push(json!({ "Effect": "Deny", "Action": "*", "Resource": "*" }));
    let mut document = document.clone();
    document["Statement"] = json!(statements);
    document
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        &Policy::administrator().to_string(),
        r#"{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"s","Effect":"Allow","Action":["cognito-idp:Admin*","cognito-idp:List?sers"],"Resource":"arn:aws:cognito-idp:*:*:userpool/us-east-1_Example01"},{"Effect":"Deny","Action":"*","Resource":["*"]}]}"#,
        r#"{"Statement":[]}"#,
        r#"{"Statement":{"Effect":"Deny","NotAction":"cognito-idp:ListUsers","Resource":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow","NotAction":"cognito-idp:Delete*","NotResource":"*/other"}}"#,
        r#"{"Statement":[{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"${aws:username}","Condition":{}}]}"#,
        r#"{"Statement":[{"Effect":"\u0041llow","Action":"*:***a*?*b","Resource":"*****?"}]}"#,
    ])
}
