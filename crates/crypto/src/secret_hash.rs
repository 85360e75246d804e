//! SECRET_HASH: how an app client with a secret proves that it has it, without sending it.
//!
//! `base64(HMAC-SHA256(key = client secret, message = user name | client id))`, see "Computing secret hash values" in the
//! Amazon Cognito developer guide. The user name is the very text of the request: alias, sub and name give different
//! hashes, and letter case counts even in pools where it otherwise does not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::hash::hmac_sha256;
use crate::secret::{SecretString, constant_time_eq};

/// The hash a client with this secret sends: standard base64 with padding, 44 characters.
pub fn compute(username: &str, client_id: &str, client_secret: &SecretString) -> String {
    let key = client_secret.expose().as_bytes();
    STANDARD.encode(hmac_sha256(key, &[username.as_bytes(), client_id.as_bytes()]))
}

/// Whether `presented` was made with any of the client's secrets (it can have two while one is being replaced). Every
/// secret is tried, each comparison takes constant time.
pub fn verify<'a>(
    presented: &str,
    username: &str,
    client_id: &str,
    client_secrets: impl IntoIterator<Item = &'a SecretString>,
) -> bool {
    client_secrets.into_iter().fold(false, |found, secret| {
        let expected = compute(username, client_id, secret);
        found | constant_time_eq(expected.as_bytes(), presented.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_vector_holds() {
        #[derive(serde::Deserialize)]
        struct File {
            cases: Vec<Case>,
        }
        #[derive(serde::Deserialize)]
        struct Case {
            username: String,
            client_id: String,
            client_secret: SecretString,
            secret_hash: String,
        }
        let file: File = serde_json::from_str(include_str!("../tests/vectors/secret_hash.json")).unwrap();
        assert_eq!(file.cases.len(), 5);
        let other = SecretString::from("other");
        for case in &file.cases {
            let hash = &case.secret_hash;
            assert_eq!(&compute(&case.username, &case.client_id, &case.client_secret), hash);
            let check = |name: &str, client: &str, secrets: &[&SecretString]| {
                verify(hash, name, client, secrets.iter().copied())
            };
            let secret = &case.client_secret;
            assert!(check(&case.username, &case.client_id, &[secret]));
            assert!(check(&case.username, &case.client_id, &[&other, secret]));
            assert!(check(&case.username, &case.client_id, &[secret, &other]));
            assert!(!check(&case.username, &case.client_id, &[&other]));
            assert!(!check(&case.username, &case.client_id, &[]));
            assert!(!check("mallory", &case.client_id, &[secret]));
            assert!(!check(&case.username, "otherclient", &[secret]));
        }
    }
}
