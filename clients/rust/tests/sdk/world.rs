//! A server and an SDK client that calls it.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{Builder, Credentials, Region};
use cenote::config::Layers;
use cenote::{DevOptions, Mode, Server, Surroundings};
use cenote_crypto::{KeyRing, MasterKey, SeededRandom};
use cenote_delivery::inbox::{InboxQuery, inbox_json};
use cenote_store::Durability;
use serde_json::Value;
use tempfile::TempDir;

pub struct World {
    pub server: Server,
    pub client: Client,
    _directory: TempDir,
}

impl World {
    pub async fn start(assignments: &[String]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("cenote.db");
        let layers = Layers::for_dev()
            .assignment("server.listen=127.0.0.1:0")
            .assignment(&format!("store.url=sqlite:{}", database.display()));
        let layers = assignments.iter().fold(layers, |layers, assignment| layers.assignment(assignment));
        let surroundings =
            Surroundings { durability: Durability::Off, spare_keys: false, ..Surroundings::default() };
        let keyring = KeyRing::new(MasterKey::generate(&SeededRandom::new(1)), Vec::new());
        let mode = Mode::Dev(DevOptions::default());
        let server = Server::start_in(surroundings, layers.finish().unwrap(), keyring, mode).await.unwrap();
        let config = Builder::new()
            .region(Region::new("eu-west-1"))
            .endpoint_url(server.url())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Self { server, client: Client::from_conf(config), _directory: directory }
    }

    /// The code in the newest message with this purpose, to whomever it went.
    pub async fn code(&self, purpose: &str) -> String {
        let wait = async {
            loop {
                let list = inbox_json(&self.server.service().store, &InboxQuery::default()).await.unwrap();
                let list: Value = serde_json::from_str(&list).unwrap();
                let mut messages = list["messages"].as_array().unwrap().iter();
                if let Some(message) = messages.find(|message| message["purpose"] == purpose) {
                    return message["code"].as_str().unwrap().to_owned();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("a message in time")
    }

    /// The server's clock.
    pub fn now_ms(&self) -> i64 {
        self.server.service().clock.now_ms()
    }
}
