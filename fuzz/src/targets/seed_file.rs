//! The seed file, JSON or YAML.

use cenote::Seed;

use super::{text, texts};

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Err(error) = Seed::parse(text) {
        assert!(error.to_string().starts_with("seed: "));
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        "pools:\n  - Id: us-east-1_Example01\n    PoolName: example\n    Clients: [{ ClientId: exampleclientid00000000000, \
         ClientName: web, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH] }]\n    Groups: [{ GroupName: admins }]\n    Users:\n      \
         - { Username: alice, Password: \"Passw0rd!\", UserAttributes: { email: a@example.com, email_verified: \"true\" }, \
         Groups: [admins] }\n",
        r#"{"pools":[{"PoolName":"a","Policies":{"PasswordPolicy":{"MinimumLength":8}},"Users":[{"Username":"b"}]}]}"#,
        "pools: &a\n  - PoolName: !!str x\n    Users: []\n  - *a\n",
        "pools:\n- PoolName: |\n    text\n- ? {a: b}\n  : [c, 'd', \"e\\u0041\"]\n",
    ])
}
