//! A client as the API shows it.

use cenote_model::types::{Timestamp, UserPoolClientDescription, UserPoolClientType};

use crate::clients::Client;

/// The complete description. Of two secrets the older one is shown.
#[must_use]
pub fn describe(client: &Client) -> UserPoolClientType {
    UserPoolClientType {
        user_pool_id: Some(client.record.pool_id.as_str().to_owned()),
        client_id: Some(client.id().to_owned()),
        client_secret: client.secrets.first().map(|secret| secret.expose().clone()),
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
