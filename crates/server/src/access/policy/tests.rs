use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Decision, Policy};

const POOL: &str = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Example01";
const OTHER: &str = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Example02";

fn policy(statements: &Value) -> Policy {
    Policy::parse(&json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
}

#[test]
fn nothing_is_allowed_by_default() {
    assert_eq!(policy(&json!([])).decide("cognito-idp:ListUsers", POOL), Decision::NotAllowed);
}

#[test]
fn an_allowed_action_is_allowed_on_its_resource_only() {
    let policy = policy(&json!({ "Effect": "Allow", "Action": "cognito-idp:Admin*", "Resource": POOL }));
    assert_eq!(policy.decide("cognito-idp:AdminGetUser", POOL), Decision::Allowed);
    assert_eq!(policy.decide("cognito-idp:AdminGetUser", OTHER), Decision::NotAllowed);
    assert_eq!(policy.decide("cognito-idp:AdminGetUser", "*"), Decision::NotAllowed);
    assert_eq!(policy.decide("cognito-idp:ListUsers", POOL), Decision::NotAllowed);
}

#[test]
fn actions_ignore_case_and_resources_do_not() {
    let policy = policy(
        &json!({ "Effect": "Allow", "Action": "COGNITO-idp:listusers", "Resource": "*/us-east-1_Ex*" }),
    );
    assert_eq!(policy.decide("cognito-idp:ListUsers", POOL), Decision::Allowed);
    assert_eq!(policy.decide("cognito-idp:ListUsers", &POOL.to_lowercase()), Decision::NotAllowed);
}

#[test]
fn a_denial_outranks_every_permission_in_any_order() {
    let allow = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let deny = json!({ "Effect": "Deny", "Action": ["cognito-idp:Delete*"], "Resource": ["*"] });
    for statements in [json!([allow, deny]), json!([deny, allow])] {
        let policy = policy(&statements);
        assert_eq!(policy.decide("cognito-idp:DeleteUserPool", POOL), Decision::ExplicitlyDenied);
        assert_eq!(policy.decide("cognito-idp:DescribeUserPool", POOL), Decision::Allowed);
    }
}

#[test]
fn the_negated_forms_take_everything_else() {
    let policy = policy(&json!([
        { "Effect": "Allow", "NotAction": "cognito-idp:Delete*", "NotResource": OTHER },
    ]));
    assert_eq!(policy.decide("cognito-idp:ListUsers", POOL), Decision::Allowed);
    assert_eq!(policy.decide("cognito-idp:ListUsers", OTHER), Decision::NotAllowed);
    assert_eq!(policy.decide("cognito-idp:DeleteUserPool", POOL), Decision::NotAllowed);
}

#[test]
fn what_cannot_be_evaluated_is_refused() {
    let good = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let with = |name: &str, value: Value| {
        let mut statement = good.clone();
        statement[name] = value;
        json!({ "Statement": [good, statement] })
    };
    let without = |name: &str| {
        let mut statement = good.clone();
        statement.as_object_mut().unwrap().remove(name);
        json!({ "Statement": statement })
    };
    let message = |document: &Value| Policy::parse(document).unwrap_err().to_string();
    assert!(message(&with("Condition", json!({}))).contains("Statement[1] has the member Condition"));
    assert!(message(&with("Principal", json!("*"))).contains("has the member Principal"));
    assert!(message(&with("NotAction", json!("*"))).contains("needs either Action or NotAction"));
    assert!(message(&with("Resource", json!("arn:${aws:username}"))).contains("uses a variable"));
    assert!(message(&with("Action", json!(["*", 1]))).contains("has to be a text or a list of texts"));
    assert!(message(&with("Action", json!([]))).contains("has to be a text or a list of texts"));
    assert!(message(&with("Action", json!("ListUsers"))).contains("no action"));
    assert!(message(&with("Effect", json!("allow"))).contains("Statement[1].Effect"));
    assert!(message(&without("Effect")).contains("Statement[0].Effect"));
    assert!(message(&without("Action")).contains("needs either Action or NotAction"));
    assert!(message(&without("Resource")).contains("needs either Resource or NotResource"));
    assert!(message(&json!([])).contains("document has to be a JSON object"));
    assert!(message(&json!({})).contains("Statement has to be"));
    assert!(message(&json!({ "Version": "2020-01-01", "Statement": [] })).contains("Version"));
    assert!(message(&json!({ "Statement": [], "statement": [] })).contains("member statement"));
}

fn effect() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("Allow"), Just("Deny")]
}

fn any_statement() -> impl Strategy<Value = Value> {
    let action = prop_oneof![
        Just("*"),
        Just("cognito-idp:*"),
        Just("cognito-idp:Admin*"),
        Just("cognito-idp:ListUsers")
    ];
    let resource = prop_oneof![Just("*"), Just(POOL), Just(OTHER), Just("arn:*/us-east-1_Example0?")];
    (effect(), action, resource).prop_map(
        |(effect, action, resource)| json!({ "Effect": effect, "Action": action, "Resource": resource }),
    )
}

proptest! {
    #[test]
    fn the_order_of_statements_does_not_matter(mut statements in prop::collection::vec(any_statement(), 0..6)) {
        let forward = policy(&json!(statements));
        statements.reverse();
        let backward = policy(&json!(statements));
        for action in ["cognito-idp:ListUsers", "cognito-idp:AdminGetUser"] {
            for resource in [POOL, OTHER, "*"] {
                prop_assert_eq!(forward.decide(action, resource), backward.decide(action, resource));
            }
        }
    }

    #[test]
    fn one_more_denial_never_grants(statements in prop::collection::vec(any_statement(), 0..6), mut denial in any_statement()) {
        denial["Effect"] = json!("Deny");
        let before = policy(&json!(statements));
        let mut more = statements;
        more.push(denial);
        let after = policy(&json!(more));
        for resource in [POOL, OTHER, "*"] {
            let (before, after) = (before.decide("cognito-idp:ListUsers", resource), after.decide("cognito-idp:ListUsers", resource));
            prop_assert!(after != Decision::Allowed || before == Decision::Allowed);
        }
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,200}") {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let _ = Policy::parse(&value);
        }
    }
}

#[test]
fn what_is_said_twice_is_refused() {
    let statement = r#"{ "Effect": "Deny", "Action": "*", "Resource": "*", "Effect": "Allow" }"#;
    for text in [statement.to_owned(), format!(r#"{{ "Statement": [{statement}] }}"#)] {
        let error = Policy::read(&text).unwrap_err().to_string();
        assert!(error.contains("the member Effect is there twice"), "{error}");
    }
    let text = r#"{ "a": [null, true, -1, 2, 1.5, "x", { "a": {} }] }"#;
    assert_eq!(Policy::read(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    assert!(Policy::read("{} {}").is_err());
}
