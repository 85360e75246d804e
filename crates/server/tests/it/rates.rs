//! Request rates: by quota category, for the instance, pools, clients, users and addresses.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::{ANY_DATE, ANY_SIGNATURE, Reply, TestServer};

const REFUSED: &str = "{\"__type\":\"TooManyRequestsException\",\"message\":\"Rate exceeded\"}";

fn is_refused(reply: &Reply) -> bool {
    let refused = reply.text() == REFUSED;
    assert_eq!(refused, reply.error() == "TooManyRequestsException", "{}", reply.text());
    if refused {
        assert_eq!(reply.status, 400);
        assert_eq!(reply.header("x-amzn-errortype"), Some("TooManyRequestsException:"));
    }
    refused
}

/// How many of these calls are refused. All are sent before the first answer is read, so that they are counted at about the same
/// moment however long each of them takes.
async fn refused_of(server: &TestServer, operation: &str, bodies: impl IntoIterator<Item = Value>) -> usize {
    let target = format!("AWSCognitoIdentityProviderService.{operation}");
    let headers = [("X-Amz-Target", target.as_str()), ANY_SIGNATURE, ANY_DATE];
    let mut streams = Vec::new();
    for body in bodies {
        let body = body.to_string();
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = server.head("POST", "/", &headers, body.len()) + &body;
        stream.write_all(request.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    let mut refused = 0;
    for mut stream in streams {
        refused += usize::from(is_refused(&Reply::read(&mut stream).await));
    }
    refused
}

/// How many of twenty.
async fn refused(server: &TestServer, operation: &str, body: &Value) -> usize {
    refused_of(server, operation, std::iter::repeat_n(body.clone(), 20)).await
}

/// A pool with a client that hides its users.
async fn pool(server: &TestServer, name: &str) -> (String, String) {
    let pool = server.ok("CreateUserPool", &json!({ "PoolName": name })).await;
    let pool_id = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    (client(server, &pool_id).await, pool_id)
}

async fn client(server: &TestServer, pool_id: &str) -> String {
    let client = json!({
        "UserPoolId": pool_id, "ClientName": "web", "PreventUserExistenceErrors": "ENABLED",
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]
    });
    let client = server.ok("CreateUserPoolClient", &client).await;
    client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned()
}

fn forgot(client_id: &str, username: &str) -> Value {
    json!({ "ClientId": client_id, "Username": username })
}

async fn metric(server: &TestServer, scope: &str, category: &str) -> u64 {
    let text = server.get("/_cenote/metrics").await;
    let start = format!("cenote_rate_refusals_total{{scope=\"{scope}\",category=\"{category}\"}} ");
    text.text().lines().find_map(|line| line.strip_prefix(&start)?.parse().ok()).unwrap_or_default()
}

#[tokio::test]
async fn a_category_has_its_rate_and_no_other_is_touched() {
    let server = TestServer::builder().set("limits.requests_per_second.user_pool_read=2").start().await;
    let count = refused(&server, "ListUserPools", &json!({ "MaxResults": 1 })).await;
    assert!((1..=18).contains(&count), "{count}");
    assert_eq!(metric(&server, "instance", "UserPoolRead").await, count as u64);
    for _ in 0..20 {
        let reply =
            server.call("DescribeUserPoolClient", &json!({ "UserPoolId": "a_1", "ClientId": "b" })).await;
        assert_eq!(reply.error(), "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn the_connection_outlives_a_refusal() {
    use tokio::io::AsyncReadExt as _;
    let server =
        TestServer::builder().set("limits.address_requests_per_second.user_account_recovery=1").start().await;
    let body = forgot("client", "somebody").to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSCognitoIdentityProviderService.ForgotPassword\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.repeat(9).as_bytes()).await.unwrap();
    stream.write_all(b"GET /_cenote/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text.matches("HTTP/1.1 ").count(), 10, "{text}");
    assert!(text.matches(REFUSED).count() >= 5, "{text}");
    assert!(text.ends_with("{\"status\":\"ok\"}"), "{text}");
}

#[tokio::test]
async fn an_address_is_refused_before_its_body_is_looked_at_and_behind_a_proxy_only_it() {
    let server = TestServer::builder()
        .set("limits.address_requests_per_second.user_account_recovery=1")
        .set("server.trusted_proxies=127.0.0.1")
        .start()
        .await;
    let post = |from: &'static str| async {
        server.post("ForgotPassword", b"no JSON", &[("X-Forwarded-For", from)]).await
    };
    // How many of twenty.
    let refused = async |from: &'static str| {
        let mut count = 0;
        for _ in 0..20 {
            let reply = post(from).await;
            assert!(is_refused(&reply) || reply.error() == "SerializationException");
            count += usize::from(is_refused(&reply));
        }
        count
    };
    let count = refused("203.0.113.1").await;
    assert!(count >= 10, "{count}");
    assert_eq!(metric(&server, "address", "UserAccountRecovery").await, count as u64);
    assert_eq!(post("203.0.113.2").await.error(), "SerializationException", "another address");
    // What stands further left was written by the client: it helps nobody, whether or not it can be read.
    for from in ["198.51.100.1, 203.0.113.2", "\u{ff}, 203.0.113.3"] {
        let count = refused(from).await;
        assert!(count >= 10, "{from}: {count}");
    }
    let reply = server.post("ForgotPassword", b"no JSON", &[]).await;
    assert_eq!(reply.error(), "SerializationException", "the proxy does not pay for it");
}

#[tokio::test]
async fn a_pool_and_a_client_leave_the_others_their_part() {
    let server = TestServer::builder()
        .set("limits.requests_per_second.user_account_recovery=20")
        .set("limits.pool_percent=10")
        .set("limits.client_percent=5")
        .start()
        .await;
    let (first, pool_id) = pool(&server, "one").await;
    let second = client(&server, &pool_id).await;
    let (other, _) = pool(&server, "two").await;
    assert!(refused(&server, "ForgotPassword", &forgot(&first, "a")).await >= 10);
    assert!(metric(&server, "client", "UserAccountRecovery").await >= 10);
    assert!(!is_refused(&server.call("ForgotPassword", &forgot(&second, "a")).await), "another client");
    assert!(refused(&server, "ForgotPassword", &forgot(&second, "a")).await >= 10);
    assert!(!is_refused(&server.call("ForgotPassword", &forgot(&other, "a")).await), "another pool");
    // Clients that nobody has share one bucket, and it is nobody else's.
    let mut count = 0;
    for number in 0..20 {
        let name = format!("nosuchclient{number}");
        count += usize::from(is_refused(&server.call("ForgotPassword", &forgot(&name, "a")).await));
    }
    assert!(count >= 10, "{count}");
    assert_eq!(metric(&server, "instance", "UserAccountRecovery").await, 0);
}

#[tokio::test]
async fn a_pool_has_its_part_whichever_client_asks_and_for_tokens_too() {
    let server = TestServer::builder()
        .set("limits.requests_per_second.user_account_recovery=20")
        .set("limits.requests_per_second.user_read=20")
        .set("limits.pool_percent=5")
        .start()
        .await;
    let (first, pool_id) = pool(&server, "one").await;
    let second = client(&server, &pool_id).await;
    assert!(refused(&server, "ForgotPassword", &forgot(&first, "a")).await >= 10);
    assert!(refused(&server, "ForgotPassword", &forgot(&second, "a")).await >= 15);
    assert!(metric(&server, "pool", "UserAccountRecovery").await >= 25);

    let user = json!({ "UserPoolId": pool_id, "Username": "u", "Password": "Passw0rd!", "Permanent": true });
    server.ok("AdminCreateUser", &json!({ "UserPoolId": pool_id, "Username": "u" })).await;
    while is_refused(&server.call("AdminSetUserPassword", &user).await) {}
    let sign_in = json!({
        "ClientId": first, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "u", "PASSWORD": "Passw0rd!" }
    });
    let tokens = server.ok("InitiateAuth", &sign_in).await;
    let token = json!({ "AccessToken": tokens["AuthenticationResult"]["AccessToken"] });
    assert!(refused(&server, "GetUser", &token).await >= 10);
    assert!(metric(&server, "pool", "UserRead").await >= 10);
}

#[tokio::test]
async fn one_operation_on_one_pool_has_a_rate_of_its_own() {
    let server = TestServer::builder().set("limits.pool_operation_requests_per_second=2").start().await;
    let on = |pool: &str| json!({ "UserPoolId": pool, "GroupName": "g" });
    assert!(refused(&server, "GetGroup", &on("eu-west-1_One")).await >= 10);
    assert!(!is_refused(&server.call("GetGroup", &on("eu-west-1_Two")).await), "another pool");
    assert!(!is_refused(&server.call("DeleteGroup", &on("eu-west-1_One")).await), "another operation");
    assert_eq!(refused(&server, "AdminGetUser", &json!({ "UserPoolId": "x", "Username": "a" })).await, 0);
}

#[tokio::test]
async fn a_user_has_a_rate_whether_it_exists_or_not_and_in_any_letter_case() {
    let server = TestServer::builder().set("limits.user_reads_per_second=2").start().await;
    let (client_id, pool_id) = pool(&server, "one").await;
    server.ok("AdminCreateUser", &json!({ "UserPoolId": pool_id, "Username": "real" })).await;
    for name in ["real", "invented"] {
        let sign_in = |attempt| {
            let name = if attempt % 2 == 0 { name.to_owned() } else { name.to_uppercase() };
            json!({
                "ClientId": client_id, "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": { "USERNAME": name, "PASSWORD": "wrong" }
            })
        };
        let count = refused_of(&server, "InitiateAuth", (0..20).map(sign_in)).await;
        assert!(count >= 10, "{name} {count}");
    }
    let (other, reset) = (pool(&server, "two").await, forgot(&client_id, "real"));
    let elsewhere = json!({
        "ClientId": other.0, "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "real", "PASSWORD": "wrong" }
    });
    assert!(!is_refused(&server.call("InitiateAuth", &elsewhere).await), "a user of another pool");
    assert!(!is_refused(&server.call("ForgotPassword", &reset).await), "no read");
    assert_eq!(metric(&server, "user", "UserAccountRecovery").await, 0);
    assert!(metric(&server, "user", "UserAuthentication").await >= 20);
}

#[tokio::test]
async fn invented_names_do_not_fill_the_store() {
    let server =
        TestServer::builder().set("limits.address_requests_per_second.user_account_recovery=5").start().await;
    let (client_id, _) = pool(&server, "one").await;
    let started = std::time::Instant::now();
    let mut admitted = 0;
    for number in 0..200 {
        let reply = server.call("ForgotPassword", &forgot(&client_id, &format!("nobody{number}"))).await;
        admitted += usize::from(!is_refused(&reply));
    }
    let most = 5 + 5 * usize::try_from(started.elapsed().as_secs() + 1).unwrap();
    assert!(admitted <= most, "{admitted} of at most {most}");
    let database = rusqlite::Connection::open(server.directory().join("cenote.db")).unwrap();
    let kept: i64 = database.query_row("SELECT count(*) FROM unknown_names", [], |row| row.get(0)).unwrap();
    assert_eq!(usize::try_from(kept).unwrap(), admitted);
}

#[tokio::test]
async fn the_link_of_a_confirmation_counts_as_well() {
    let server =
        TestServer::builder().set("limits.address_requests_per_second.user_creation=1").start().await;
    let path = "/confirmUser?client_id=a&user_name=b&confirmation_code=1";
    let mut refused = 0;
    for _ in 0..20 {
        let reply = server.get(path).await;
        refused += usize::from(reply.status == 400 && reply.text().contains("Rate exceeded"));
    }
    assert!(refused >= 10, "{refused}");
    assert_eq!(metric(&server, "address", "UserCreation").await, refused as u64);
}

#[tokio::test]
async fn an_issuer_is_asked_only_so_often_by_one_address() {
    let server = TestServer::builder()
        .set("limits.address_requests_per_second.issuer_documents=2")
        .set("server.trusted_proxies=127.0.0.1")
        .start()
        .await;
    let (_, pool_id) = pool(&server, "one").await;
    let get = |path: String, from: &'static str| {
        let server = &server;
        async move { server.request("GET", &path, &[("X-Forwarded-For", from)], b"").await }
    };
    let keys = format!("/{pool_id}/.well-known/jwks.json");
    let documents = [
        keys.clone(),
        format!("/{pool_id}/.well-known/openid-configuration"),
        "/eu-west-1_Nowhere01/.well-known/jwks.json".to_owned(),
    ];
    let mut refused = 0;
    for path in documents.iter().cycle().take(21) {
        let reply = get(path.clone(), "203.0.113.1").await;
        if reply.status == 429 {
            refused += 1;
            assert_eq!(reply.text(), "{\"code\":\"TooManyRequestsException\",\"message\":\"Rate exceeded\"}");
            assert_eq!(reply.header("cache-control"), None, "no cache keeps it");
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        }
    }
    assert!(refused >= 10, "{refused}");
    assert_eq!(metric(&server, "address", "IssuerDocuments").await, refused);
    assert_eq!(get(keys, "203.0.113.2").await.status, 200, "another address");
}

#[tokio::test]
async fn serve_starts_with_cognitos_quotas_and_dev_with_none() {
    let body = json!({ "ClientId": "nosuchclient", "Username": "a" });
    let serve = TestServer::builder().serve().start().await;
    let dev = TestServer::new().await;
    let calls = || std::iter::repeat_n(body.clone(), 60);
    let counts = (
        refused_of(&serve, "ForgotPassword", calls()).await,
        refused_of(&dev, "ForgotPassword", calls()).await,
    );
    assert!(counts.0 > 0, "ten a second of one user: {counts:?}");
    assert_eq!(counts.1, 0);
}
