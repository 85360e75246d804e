//! The link in a confirmation mail, from the mail to the page.

use std::time::Duration;

use cenote_triggers::testing::{FakeAnswer, FakeLambda};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::TestServer;

struct World {
    server: TestServer,
    pool: String,
    client: String,
}

impl World {
    async fn new() -> Self {
        Self::on(TestServer::new().await).await
    }

    async fn on(server: TestServer) -> Self {
        let pool = json!({
            "PoolName": "x", "AutoVerifiedAttributes": ["email"],
            "VerificationMessageTemplate": { "DefaultEmailOption": "CONFIRM_WITH_LINK" },
        });
        let pool = server.ok("CreateUserPool", &pool).await["UserPool"]["Id"].as_str().unwrap().to_owned();
        let client = json!({
            "UserPoolId": pool, "ClientName": "x", "CallbackURLs": ["https://app.example.org/welcome"],
            "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"], "AllowedOAuthFlowsUserPoolClient": true,
            "SupportedIdentityProviders": ["COGNITO"],
        });
        let client = server.ok("CreateUserPoolClient", &client).await;
        let client = client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
        Self { server, pool, client }
    }

    /// Signs somebody up; path and query of the link that comes.
    async fn link(&self, username: &str) -> String {
        let address = format!("{username}@example.org");
        let request = json!({
            "ClientId": self.client, "Username": username, "Password": "Passw0rd!",
            "UserAttributes": [{ "Name": "email", "Value": address }],
        });
        self.server.ok("SignUp", &request).await;
        let body = self.server.message_to(&address).await["body"].as_str().unwrap().to_owned();
        let (_, rest) = body.split_once("href=\"").unwrap();
        let (link, _) = rest.split_once('"').unwrap();
        let (_, path) = link.split_once("/confirmUser/").unwrap();
        format!("/confirmUser/{}", path.replace("&amp;", "&"))
    }

    async fn status(&self, username: &str) -> String {
        let request = json!({ "UserPoolId": self.pool, "Username": username });
        self.server.ok("AdminGetUser", &request).await["UserStatus"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_click_confirms_and_a_second_one_is_told() {
    let world = World::new().await;
    let link = world.link("rosa").await;
    let looked = world.server.request("HEAD", &link, &[], b"").await;
    assert_eq!((looked.status, world.status("rosa").await.as_str()), (200, "UNCONFIRMED"));
    let reply = world.server.request("GET", &link, &[], b"").await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("<h1>Confirmed</h1>"), "{}", reply.text());
    assert_eq!(world.status("rosa").await, "CONFIRMED");
    let again = world.server.request("GET", &link, &[], b"").await;
    assert_eq!(again.status, 400);
    assert!(
        again.text().contains("User cannot be confirmed. Current status is CONFIRMED"),
        "{}",
        again.text()
    );
}

#[tokio::test]
async fn the_browser_goes_on_to_the_clients_own_pages_only() {
    let world = World::new().await;
    let own = format!("{}&redirect_uri=https%3A%2F%2Fapp.example.org%2Fwelcome", world.link("rosa").await);
    let reply = world.server.request("GET", &own, &[], b"").await;
    assert_eq!((reply.status, reply.header("location")), (302, Some("https://app.example.org/welcome")));
    let foreign = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", world.link("maria").await);
    let reply = world.server.request("GET", &foreign, &[], b"").await;
    assert_eq!((reply.status, reply.header("location")), (200, None));
}

#[tokio::test]
async fn what_is_in_the_link_does_not_become_markup() {
    let world = World::new().await;
    let link = "/confirmUser?client_id=%3Cscript%3Ealert(1)%3C/script%3E&user_name=x&confirmation_code=1";
    let reply = world.server.request("GET", link, &[], b"").await;
    assert_eq!(reply.status, 400);
    assert!(
        !reply.text().contains("<script>") && reply.text().contains("&#39;clientId&#39;"),
        "{}",
        reply.text()
    );
    assert!(
        reply.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'"))
    );
}

#[tokio::test]
async fn who_closes_the_page_early_is_confirmed_to_the_end() {
    // Nobody answers the first call, so there has to be a second one.
    let function = FakeLambda::start(|_| FakeAnswer::Hang).await.unwrap();
    let server = TestServer::builder()
        .set(format!("triggers.endpoint={}", function.url()))
        .set("triggers.timeout_ms=500")
        .set("triggers.attempts=2")
        .start()
        .await;
    let world = World::on(server).await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:welcome";
    let link = world.link("rosa").await;
    let update = json!({
        "UserPoolId": world.pool, "LambdaConfig": { "PostConfirmation": arn },
        "AutoVerifiedAttributes": ["email"],
    });
    world.server.ok("UpdateUserPool", &update).await;
    let calls = async |count: usize| {
        let wait = async {
            while function.requests().len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("a call in time");
    };
    let mut browser = TcpStream::connect(world.server.address).await.unwrap();
    browser.write_all(world.server.head("GET", &link, &[], 0).as_bytes()).await.unwrap();
    calls(1).await;
    drop(browser);
    calls(2).await;
    assert_eq!(function.events()[1]["triggerSource"], "PostConfirmation_ConfirmSignUp");
    assert_eq!(world.status("rosa").await, "CONFIRMED");
}

#[tokio::test]
async fn a_click_counts_like_any_request() {
    let server = TestServer::builder().set("limits.requests_per_second.user_creation=1").start().await;
    let link = "/confirmUser?client_id=nobody&user_name=x&confirmation_code=%20";
    let reply = server.get(link).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("validation error detected"), "{}", reply.text());
    assert_eq!(reply.header("x-amzn-requestid").map(str::len), Some(36));
    let limited = async { while !server.get(link).await.text().contains("Rate exceeded") {} };
    tokio::time::timeout(Duration::from_secs(20), limited).await.expect("a limit");
    let metrics = server.get("/_cenote/metrics").await;
    for outcome in ["InvalidParameterException", "TooManyRequestsException"] {
        let line = format!("cenote_requests_total{{operation=\"ConfirmSignUp\",outcome=\"{outcome}\"}} ");
        assert!(metrics.text().contains(&line), "{line}\n{}", metrics.text());
    }
}

/// Through a client that hides its users the page says the same of everybody, and of names that nobody has.
#[tokio::test]
async fn a_wrong_link_does_not_tell_who_exists() {
    let world = World::new().await;
    let request = json!({
        "UserPoolId": world.pool, "ClientName": "hiding", "PreventUserExistenceErrors": "ENABLED",
    });
    let client = world.server.ok("CreateUserPoolClient", &request).await;
    let client = client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
    world.link("waiting").await;
    for name in ["confirmed", "disabled"] {
        let link = world.link(name).await;
        assert_eq!(world.server.request("GET", &link, &[], b"").await.status, 200);
    }
    let request = json!({ "UserPoolId": world.pool, "Username": "disabled" });
    world.server.ok("AdminDisableUser", &request).await;
    for _ in 0..17 {
        let mut seen = Vec::new();
        for name in ["nobody", "waiting", "confirmed", "disabled"] {
            let link = format!("/confirmUser?client_id={client}&user_name={name}&confirmation_code=1234567");
            let reply = world.server.request("GET", &link, &[], b"").await;
            let own = |name: &str| ["date", "x-amzn-requestid"].contains(&name);
            let headers: Vec<(String, String)> =
                reply.headers.iter().filter(|(name, _)| !own(&name.to_lowercase())).cloned().collect();
            seen.push((reply.status, headers, reply.text().to_owned()));
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:#?}");
        assert_eq!(seen[0].0, 400);
    }
}
