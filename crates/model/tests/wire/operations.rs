//! The operation table against the model.

use std::collections::BTreeMap;

use cenote_model::types::{ForgetDeviceRequest, ForgotPasswordResponse};
use cenote_model::{Authentication, DecodeError, Operation, OperationTypes, QuotaCategory, operations};
use serde_json::{Value, json};

use crate::sample::model;

#[test]
fn every_operation_of_the_model_is_there() {
    let names: Vec<&String> = model()["operations"].as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 141);
    assert_eq!(Operation::ALL.iter().map(|operation| operation.as_str()).collect::<Vec<_>>(), names);
    for operation in Operation::ALL {
        assert_eq!(Operation::parse(operation.as_str()), Some(*operation));
    }
    for stranger in ["", "forgotPassword", "ForgotPasswor", "ZZZ", "AWSCognitoIdentityProviderService.SignUp"]
    {
        assert_eq!(Operation::parse(stranger), None);
    }
}

#[test]
fn outputs_and_errors_are_the_models() {
    for operation in Operation::ALL {
        let row = &model()["operations"][operation.as_str()];
        assert_eq!(operation.has_output(), row.get("output").is_some(), "{operation:?}");
        let errors: Vec<&str> =
            row["errors"].as_array().unwrap().iter().map(|error| error["shape"].as_str().unwrap()).collect();
        let declared: Vec<&str> = operation.declared_errors().iter().map(|code| code.as_str()).collect();
        assert_eq!(declared, errors, "{operation:?}");
    }
    assert_eq!(Operation::ALL.iter().filter(|operation| !operation.has_output()).count(), 13);
}

#[test]
fn authentication_classes() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for operation in Operation::ALL {
        *counts.entry(format!("{:?}", operation.authentication())).or_default() += 1;
    }
    let expected = [("AccessToken", 24), ("Client", 2), ("None", 10), ("SigV4", 105)];
    assert_eq!(counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
    for (operation, authentication) in [
        (Operation::ForgotPassword, Authentication::None),
        (Operation::RevokeToken, Authentication::None),
        (Operation::GetTokensFromRefreshToken, Authentication::None),
        (Operation::UpdateAuthEventFeedback, Authentication::None),
        (Operation::GetDevice, Authentication::AccessToken),
        (Operation::ForgetDevice, Authentication::AccessToken),
        (Operation::AssociateSoftwareToken, Authentication::AccessToken),
        (Operation::AdminGetUser, Authentication::SigV4),
        (Operation::GetClientToken, Authentication::Client),
        (Operation::GetDerivedToken, Authentication::Client),
    ] {
        assert_eq!(operation.authentication(), authentication, "{operation:?}");
    }
}

#[test]
fn quota_categories() {
    for (operation, category) in [
        (Operation::InitiateAuth, QuotaCategory::UserAuthentication),
        (Operation::SignUp, QuotaCategory::UserCreation),
        (Operation::ConfirmForgotPassword, QuotaCategory::UserAccountRecovery),
        (Operation::CreateUserPoolDomain, QuotaCategory::UserPoolResourceUpdate),
        (Operation::SetUserPoolMfaConfig, QuotaCategory::UserPoolResourceUpdate),
        (Operation::GetClientToken, QuotaCategory::ClientAuthentication),
        (Operation::AdminGetUserAuthFactors, QuotaCategory::UserRead),
        (Operation::UpdateProvisionedLimit, QuotaCategory::LimitManagement),
    ] {
        assert_eq!(operation.quota_category(), category);
    }
    // Every category has an operation, and its rate.
    for category in QuotaCategory::ALL {
        assert!(
            Operation::ALL.iter().any(|operation| operation.quota_category() == *category),
            "{category:?}"
        );
        assert!((1..=150).contains(&category.default_requests_per_second()));
        assert_eq!(format!("{category:?}"), category.as_str());
    }
}

#[test]
fn marker_types_tie_requests_and_responses() {
    fn name<T: OperationTypes>(_: &T::Request, _: &T::Response) -> &'static str {
        T::OPERATION.as_str()
    }
    assert_eq!(name::<operations::ForgetDevice>(&ForgetDeviceRequest::default(), &()), "ForgetDevice");
    assert_eq!(
        name::<operations::ForgotPassword>(&Default::default(), &ForgotPasswordResponse::default()),
        "ForgotPassword"
    );
}

/// `{}` breaks exactly the rule that required members are there, in the order of the model.
#[test]
fn an_empty_request_lacks_its_required_members() {
    for operation in Operation::ALL {
        let input = model()["operations"][operation.as_str()]["input"]["shape"].as_str().unwrap();
        let shape = &model()["shapes"][input];
        let required: Vec<&str> =
            shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let missing: Vec<String> = shape["members"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| required.contains(&name.as_str()))
            .map(|(name, member)| {
                let target = &model()["shapes"][member["shape"].as_str().unwrap()];
                let hidden = target["sensitive"] == json!(true) && name != "ClientId";
                let null = if hidden { "" } else { "null " };
                let (first, rest) = name.split_at(1);
                let path = format!("{}{rest}", first.to_lowercase());
                format!("Value {null}at '{path}' failed to satisfy constraint: Member must not be null")
            })
            .collect();
        let expected = match missing.len() {
            0 => Ok(()),
            1 => Err(DecodeError::Invalid(format!("1 validation error detected: {}", missing[0]))),
            count => Err(DecodeError::Invalid(format!(
                "{count} validation errors detected: {}",
                missing.join("; ")
            ))),
        };
        assert!(operation.check_request(json!({})) == expected, "{operation:?}");
    }
}
