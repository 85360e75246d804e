//! Messages that the mail server and the gateway refuse, repeating the address.

use std::time::Duration;

use serde_json::json;

use super::Story;

impl Story<'_> {
    pub(super) async fn messages_that_fail(&mut self) {
        for (user, attribute, value) in [
            ("undeliverable-one", "email", "refused.address@people.example"),
            ("undeliverable-two", "email", "later.address@people.example"),
            ("undeliverable-three", "phone_number", "+15555550199"),
        ] {
            let medium = if attribute == "email" { "EMAIL" } else { "SMS" };
            let members = json!({
                "TemporaryPassword": "Temporary-three-3", "DesiredDeliveryMediums": [medium],
                "UserAttributes": [{ "Name": attribute, "Value": value }],
            });
            self.ok("AdminCreateUser", self.admin(user, members)).await;
        }
        let wait = async {
            loop {
                let metrics = self.served.get("/_cenote/metrics").await;
                let lines: Vec<&str> = metrics
                    .text()
                    .lines()
                    .filter(|line| line.starts_with("cenote_deliveries_total"))
                    .collect();
                let at_least = |outcome: &str, channel: &str| {
                    lines
                        .iter()
                        .any(|line| line.contains(outcome) && line.contains(channel) && !line.ends_with(" 0"))
                };
                if at_least("dead", "email") && at_least("dead", "sms") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), wait).await.is_err() {
            panic!("not given up in time: {}", self.served.get("/_cenote/metrics").await.text());
        }
    }
}
