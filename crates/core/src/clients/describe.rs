//! A client as the API shows it.

use cenote_model::types::{Timestamp, UserPoolClientDescription, UserPoolClientType};

use crate::clients::{Client, secrets};

/// The complete description. Only the secret that the client was made with is shown.
#[must_use]
pub fn describe(client: &Client) -> UserPoolClientType {
    let first = secrets::first_id(client.id(), client.record.created_ms);
    let mut secrets = client.record.secrets.iter().zip(&client.secrets);
    let made_with = secrets.find(|(secret, _)| secret.id == first);
    UserPoolClientType {
        user_pool_id: Some(client.record.pool_id.as_str().to_owned()),
        client_id: Some(client.id().to_owned()),
        client_secret: made_with.map(|(_, secret)| secret.expose().clone()),
        creation_date: Some(Timestamp(client.record.created_ms)),
        last_modified_date: Some(Timestamp(client.record.modified_ms)),
        ..client.configuration.clone()
    }
}

/// The short form of lists.
#[must_use]
pub fn summary(client: &Client) -> UserPoolClientDescription {
    UserPoolClientDescription {
        user_pool_id: Some(client.record.pool_id.as_str().to_owned()),
        client_id: Some(client.id().to_owned()),
        client_name: client.configuration.client_name.clone(),
    }
}
