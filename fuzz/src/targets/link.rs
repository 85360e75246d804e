//! The query of `/confirmUser`. `$CLIENT` stands for the client's id.

use std::cell::RefCell;

use cenote::testing::follow_link;
use cenote_core::testing::TestService;
use serde_json::json;
use tokio::runtime::Runtime;

use super::{text, texts};

const CALLBACK: &str = "https://app.example.com/done?a=b";
/// Inputs before everything starts anew: somebody may be confirmed.
const INPUTS: u32 = 2_000;
const CODE: &str = "123456";

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

struct World {
    runtime: Runtime,
    service: TestService,
    client: String,
    inputs: u32,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (service, client) = runtime.block_on(async {
            let builder =
                TestService::builder().settings(|settings| settings.fixed_code = Some(CODE.to_owned()));
            let service = builder.start().await;
            let pool = service.pool(json!({ "AutoVerifiedAttributes": ["email"] })).await;
            let client = service.client(&pool, json!({ "CallbackURLs": [CALLBACK] })).await;
            for name in ["rosa", "l\u{fc}na+<b>"] {
                let email = json!([{ "Name": "email", "Value": "rosa@example.org" }]);
                let request = json!({
                    "ClientId": client, "Username": name, "Password": "Passw0rd!", "UserAttributes": email,
                });
                service.ok("SignUp", request).await;
            }
            (service, client)
        });
        Self { runtime, service, client, inputs: 0 }
    }

    fn follow(&mut self, query: &str) -> u16 {
        self.inputs += 1;
        // No limit of attempts is in the way for long.
        self.service.clock.advance_seconds(600);
        let context = self.service.service.context(self.service.caller.clone());
        let query = query.replace("$CLIENT", &self.client);
        let page =
            self.runtime.block_on(follow_link(&context, &query)).expect("no error of the server's own");
        let target = page.headers().get("location");
        assert!(target.is_none_or(|target| target == CALLBACK), "{target:?}");
        // Nothing of the link becomes markup: there are as many brackets as in any other page.
        assert_eq!(page.body().matches('<').count(), 12, "{}", page.body());
        page.status().as_u16()
    }
}

pub(crate) fn run(data: &[u8]) {
    let Some(text) = text(data) else { return };
    WORLD.with_borrow_mut(|slot| {
        let mut world = slot.take().filter(|world| world.inputs < INPUTS).unwrap_or_else(World::new);
        world.follow(text);
        *slot = Some(world);
    });
}

const WORKS: &str = "client_id=$CLIENT&user_name=rosa&confirmation_code=123456&\
                     redirect_uri=https%3A%2F%2Fapp.example.com%2Fdone%3Fa%3Db";

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        WORKS,
        "client_id=$CLIENT&user_name=l%C3%BCna%2B%3Cb%3E&confirmation_code=123456&redirect_uri=https://evil.example/",
        "client_id=$CLIENT&user_name=r+o%20s%FFa&confirmation_code=%00&confirmation_code=12&=&&user_name",
        "client_id=%3Cscript%3E&redirect_uri=a%0d%0ab",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seed_confirms_and_leads_on() {
        let mut world = World::new();
        assert_eq!(world.follow(WORKS), 302);
        assert_eq!(world.follow(WORKS), 400);
    }
}
