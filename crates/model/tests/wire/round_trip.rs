//! Reading and writing are each other's inverse.

use cenote_model::types::*;
use cenote_model::{Decode, Operation, decode_value, from_stored};
use proptest::prelude::*;
use serde::Serialize;

use crate::sample::{Choices, document, model};

fn comes_back<T: Decode + Serialize + Clone + PartialEq>(shape: &str, seed: u64) {
    let original = document(shape, &mut Choices(seed));
    let decoded: T = decode_value(original.clone()).unwrap();
    let encoded = serde_json::to_value(&decoded).unwrap();
    assert_eq!(encoded, original, "{shape} {seed}");
    let stored = serde_json::from_slice(&serde_json::to_vec(&decoded).unwrap()).unwrap();
    assert!(from_stored::<T>(stored).is_some_and(|again| again == decoded), "{shape} {seed}");
}

macro_rules! come_back {
    ($seed:expr, $($shape:ident),* $(,)?) => { $(comes_back::<$shape>(stringify!($shape), $seed);)* };
}

proptest! {
    #[test]
    fn configuration_comes_back(seed: u64) {
        come_back!(
            seed,
            UserPoolType,
            UserPoolClientType,
            CreateUserPoolRequest,
            CreateUserPoolClientRequest,
            UserType,
            GroupType,
            DeviceType,
            IdentityProviderType,
            ResourceServerType,
            DomainDescriptionType,
            RiskConfigurationType,
            LogDeliveryConfigurationType,
            UICustomizationType,
            ManagedLoginBrandingType,
            TermsType,
            UserImportJobType,
            AuthEventType,
            GetUserPoolMfaConfigResponse,
        );
    }

    #[test]
    fn valid_requests_pass(seed: u64) {
        for operation in Operation::ALL {
            let input = model()["operations"][operation.as_str()]["input"]["shape"].as_str().unwrap();
            let request = document(input, &mut Choices(seed));
            prop_assert!(operation.check_request(request.clone()).is_ok(), "{:?} {}", operation, request);
        }
    }
}
