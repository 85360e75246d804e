//! `cenote serve`: access keys, signatures, policies.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use cenote_crypto::{Purpose, SystemRandom};
use cenote_model::{Authentication, Operation};
use cenote_store::{AccessKey, Change, Sealed};
use serde_json::{Value, json};

use crate::support::{ANY_DATE, ANY_SIGNATURE, Reply, TestServer, master_key};

type Key = (String, String);

async fn start() -> TestServer {
    TestServer::builder()
        .serve()
        .set("server.public_url=https://auth.example.com")
        .set("limits.request_rates=none")
        .start()
        .await
}

/// Puts an access key into the store, as `cenote keys create` does.
async fn add_key(server: &TestServer, name: &str, policy: Value) -> Key {
    let service = server.server.service();
    let (id, secret) = (format!("AKIA{:X<16}", name.to_uppercase()), format!("{name:s<40}"));
    let sealed =
        service.keyring.seal_text(Purpose::AccessKeySecret, &[&id], secret.as_bytes(), &SystemRandom);
    let record = AccessKey {
        id: id.clone(),
        version: 0,
        created_ms: 0,
        name: name.to_owned(),
        secret: Sealed(sealed),
        policy,
    };
    service.store.commit(vec![Change::InsertAccessKey(record)]).await.unwrap();
    (id, secret)
}

fn anything() -> Value {
    json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } })
}

fn list() -> Value {
    json!({ "MaxResults": 1 })
}

fn refused(reply: &Reply, code: &str, message: &str) {
    assert_eq!((reply.status, reply.json()), (400, json!({ "__type": code, "message": message })));
    assert_eq!(reply.header("x-amzn-errortype"), Some(format!("{code}:").as_str()));
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
    Secret Access Key and signing method. Consult the service documentation for details.";
const UNKNOWN: &str = "The security token included in the request is invalid.";

#[tokio::test]
async fn a_good_signature_is_accepted_and_names_the_region() {
    let server = start().await;
    let key = add_key(&server, "admin", anything()).await;
    let reply = server.signed(&key, "CreateUserPool", &json!({ "PoolName": "x" })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let pool = &reply.json()["UserPool"];
    assert!(pool["Id"].as_str().unwrap().starts_with("eu-west-1_"));
    assert!(
        pool["Arn"].as_str().unwrap().starts_with("arn:aws:cognito-idp:eu-west-1:000000000000:userpool/")
    );
}

#[tokio::test]
async fn without_a_good_signature_nobody_gets_in() {
    let server = start().await;
    let key = add_key(&server, "admin", anything()).await;
    let reply = server.post("ListUserPools", list().to_string().as_bytes(), &[]).await;
    refused(&reply, "MissingAuthenticationTokenException", "Missing Authentication Token");

    let reply =
        server.signed(&("AKIANOBODY0000000000".into(), key.1.clone()), "ListUserPools", &list()).await;
    refused(&reply, "UnrecognizedClientException", UNKNOWN);

    let reply = server.signed(&(key.0.clone(), "wrong".into()), "ListUserPools", &list()).await;
    refused(&reply, "InvalidSignatureException", MISMATCH);

    let reply = server.post("ListUserPools", b"{}", &[("Authorization", "Bearer x")]).await;
    assert_eq!(reply.error(), "IncompleteSignatureException");
    let reply = server
        .post(
            "ListUserPools",
            b"{}",
            &[("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request")],
        )
        .await;
    assert_eq!(reply.error(), "IncompleteSignatureException");
    assert!(
        reply.json()["message"]
            .as_str()
            .unwrap()
            .starts_with("Authorization header requires 'Signature' parameter.")
    );
}

#[tokio::test]
async fn what_was_signed_can_not_be_changed() {
    let server = start().await;
    let key = add_key(&server, "admin", anything()).await;
    let body = list().to_string();
    let headers = server.sign(&key, "ListUserPools", body.as_bytes(), server.now());
    assert_eq!(server.post_signed("ListUserPools", body.as_bytes(), &headers).await.status, 200);
    // Another body, another operation.
    let reply = server.post_signed("ListUserPools", b"{\"MaxResults\":2}", &headers).await;
    refused(&reply, "InvalidSignatureException", MISMATCH);
    let reply = server.post_signed("CreateUserPool", body.as_bytes(), &headers).await;
    refused(&reply, "InvalidSignatureException", MISMATCH);
    // Another service's signature.
    let headers = server.sign_for("s3", &key, "ListUserPools", body.as_bytes(), server.now());
    let reply = server.post_signed("ListUserPools", body.as_bytes(), &headers).await;
    refused(
        &reply,
        "InvalidSignatureException",
        "Credential should be scoped to correct service: 'cognito-idp'. ",
    );
    // Temporary credentials are none of ours.
    let mut headers = server.sign(&key, "ListUserPools", body.as_bytes(), server.now());
    headers.push(("x-amz-security-token".into(), "token".into()));
    let reply = server.post_signed("ListUserPools", body.as_bytes(), &headers).await;
    refused(&reply, "UnrecognizedClientException", UNKNOWN);
}

#[tokio::test]
async fn a_signature_is_good_for_nothing_but_its_request() {
    let server = start().await;
    let key = add_key(&server, "admin", anything()).await;
    let other = add_key(&server, "other", anything()).await;
    let body = list().to_string();
    let headers = server.sign(&key, "ListUserPools", body.as_bytes(), server.now());
    let signed = |operation: &&Operation| operation.authentication() == Authentication::SigV4;
    for operation in Operation::ALL.iter().filter(signed).filter(|it| **it != Operation::ListUserPools) {
        let reply = server.post_signed(operation.as_str(), body.as_bytes(), &headers).await;
        refused(&reply, "InvalidSignatureException", MISMATCH);
    }
    // Another key, another region, another minute.
    let date = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-amz-date")).unwrap().1.clone();
    let minute_later = {
        let later = server.now() + Duration::from_secs(60);
        let headers = server.sign(&key, "ListUserPools", body.as_bytes(), later);
        headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("x-amz-date")).unwrap().1
    };
    for (from, to) in
        [(&key.0, &other.0), (&"/eu-west-1/".into(), &"/us-east-1/".into()), (&date, &minute_later)]
    {
        let changed: Vec<_> =
            headers.iter().map(|(name, value)| (name.clone(), value.replace(from, to))).collect();
        let reply = server.post_signed("ListUserPools", body.as_bytes(), &changed).await;
        refused(&reply, "InvalidSignatureException", MISMATCH);
    }
    // Another host.
    let mut all = vec![
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools"),
    ];
    all.extend(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let own = format!("Host: {}", server.address);
    let request = format!("{}{body}", server.head("POST", "/", &all, body.len()));
    let reply = server.send(request.replace(&own, "Host: identity.example.com").as_bytes()).await;
    refused(&reply, "InvalidSignatureException", MISMATCH);
    assert_eq!(server.send(request.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes() {
    let server = start().await;
    let key = add_key(&server, "admin", anything()).await;
    let body = list().to_string();
    let at = |time| {
        let headers = server.sign(&key, "ListUserPools", body.as_bytes(), time);
        let (server, body) = (&server, &body);
        async move { server.post_signed("ListUserPools", body.as_bytes(), &headers).await }
    };
    let (near, far) = (Duration::from_secs(240), Duration::from_secs(360));
    assert_eq!(at(server.now() - near).await.status, 200);
    assert_eq!(at(server.now() + near).await.status, 200);
    let early = at(server.now() - far).await;
    assert_eq!(early.error(), "InvalidSignatureException");
    assert!(early.json()["message"].as_str().unwrap().starts_with("Signature expired: "));
    let late = at(server.now() + far).await;
    assert!(late.json()["message"].as_str().unwrap().starts_with("Signature not yet current: "));
}

#[tokio::test]
async fn a_policy_allows_and_denies_with_the_words_of_aws() {
    let server = start().await;
    let admin = add_key(&server, "admin", anything()).await;
    let pool_of = |reply: Reply| reply.json()["UserPool"]["Id"].as_str().unwrap().to_owned();
    let create = json!({ "PoolName": "x" });
    let one = pool_of(server.signed(&admin, "CreateUserPool", &create).await);
    let two = pool_of(server.signed(&admin, "CreateUserPool", &create).await);
    let arn = |pool: &str| format!("arn:aws:cognito-idp:eu-west-1:000000000000:userpool/{pool}");
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["cognito-idp:Describe*", "cognito-idp:TagResource"], "Resource": arn(&one) },
        { "Effect": "Allow", "Action": "cognito-idp:CreateUserPool", "Resource": arn(&one) },
        { "Effect": "Deny", "Action": "cognito-idp:DescribeUserPoolClient", "Resource": "*" },
    ] });
    let key = add_key(&server, "reader", policy).await;
    let who = "arn:aws:iam::000000000000:user/reader";

    let describe = json!({ "UserPoolId": one });
    let added = Instant::now();
    let mut reply = server.signed(&key, "DescribeUserPool", &describe).await;
    // The keys were read before this one was made: it counts within a second.
    while reply.text().contains("UnrecognizedClientException") && added.elapsed() < Duration::from_secs(5) {
        reply = server.signed(&key, "DescribeUserPool", &describe).await;
    }
    assert_eq!(reply.status, 200, "{}", reply.text());

    let reply = server.signed(&key, "DescribeUserPool", &json!({ "UserPoolId": two })).await;
    let text = format!(
        "User: {who} is not authorized to perform: cognito-idp:DescribeUserPool on resource: {} because no identity-based policy allows the cognito-idp:DescribeUserPool action",
        arn(&two)
    );
    refused(&reply, "AccessDeniedException", &text);

    let reply = server.signed(&key, "ListUserPools", &list()).await;
    let text = format!(
        "User: {who} is not authorized to perform: cognito-idp:ListUserPools on resource: * because no identity-based policy allows the cognito-idp:ListUserPools action"
    );
    refused(&reply, "AccessDeniedException", &text);

    let client = json!({ "UserPoolId": one, "ClientId": "x" });
    let reply = server.signed(&key, "DescribeUserPoolClient", &client).await;
    let text = format!(
        "User: {who} is not authorized to perform: cognito-idp:DescribeUserPoolClient on resource: {} with an explicit deny in an identity-based policy",
        arn(&one)
    );
    refused(&reply, "AccessDeniedException", &text);

    // Members that an operation does not read do not count for its policy.
    let reply = server.signed(&key, "CreateUserPool", &json!({ "PoolName": "x", "UserPoolId": one })).await;
    assert_eq!(reply.error(), "AccessDeniedException");
    assert!(reply.text().contains("on resource: * because"), "{}", reply.text());

    // Tags: the pool that is meant counts, whatever else stands in the ARN.
    let tags = json!({ "ResourceArn": arn(&one), "Tags": { "a": "b" } });
    assert_eq!(server.signed(&key, "TagResource", &tags).await.status, 200);
    let tags = json!({ "ResourceArn": arn(&two), "Tags": { "a": "b" }, "UserPoolId": one });
    assert_eq!(server.signed(&key, "TagResource", &tags).await.error(), "AccessDeniedException");
}

#[tokio::test]
async fn the_policy_is_asked_before_the_request_is_validated() {
    let server = start().await;
    let key = add_key(&server, "nobody", json!({ "Statement": [] })).await;
    assert_eq!(server.signed(&key, "DescribeUserPool", &json!({})).await.error(), "AccessDeniedException");
}

#[tokio::test]
async fn a_deleted_key_stops_working_within_a_second() {
    let server = start().await;
    let key = add_key(&server, "admin", anything()).await;
    assert_eq!(server.signed(&key, "ListUserPools", &list()).await.status, 200);
    let store = &server.server.service().store;
    let record = store.find_access_key(&key.0).await.unwrap().unwrap();
    store.commit(vec![Change::DeleteAccessKey { id: record.id, version: record.version }]).await.unwrap();
    let deleted = Instant::now();
    while server.signed(&key, "ListUserPools", &list()).await.status == 200 {
        assert!(deleted.elapsed() < Duration::from_secs(5), "the key still works");
    }
    refused(&server.signed(&key, "ListUserPools", &list()).await, "UnrecognizedClientException", UNKNOWN);
}

#[tokio::test]
async fn public_operations_need_no_signature() {
    let server = start().await;
    let reply = server
        .post("SignUp", b"{\"ClientId\":\"x\",\"Username\":\"a\",\"Password\":\"Passw0rd!\"}", &[])
        .await;
    assert_eq!(reply.error(), "ResourceNotFoundException");
}

#[tokio::test]
async fn a_key_of_the_command_line_works_while_the_server_runs() {
    let server = start().await;
    let directory = server.directory();
    std::fs::write(directory.join("master.key"), master_key().to_text().expose()).unwrap();
    std::fs::set_permissions(directory.join("master.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let output = crate::binary::cenote(directory)
        .args(["keys", "create", "--name", "backend", "--admin", "--json"])
        .args(["--set", "store.url=sqlite:cenote.db", "--set", "keys.master_key_file=master.key"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", crate::binary::stderr(&output));
    let key: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let key = (text("access_key_id"), text("secret_access_key"));
    let reply = server.signed(&key, "CreateUserPool", &json!({ "PoolName": "x" })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn nobody_gets_in_when_the_keys_can_not_be_read() {
    let server = start().await;
    let key = add_key(&server, "admin", anything()).await;
    server.server.service().store.close().await;
    for _ in 0..3 {
        let reply = server.signed(&key, "ListUserPools", &list()).await;
        assert_eq!((reply.status, reply.error().as_str()), (500, "InternalErrorException"));
        assert!(reply.json()["message"].as_str().unwrap().contains("request id"), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_region_that_is_none_is_refused() {
    let server = TestServer::new().await;
    for region in ["", "EU", "eu_west", "eu%20west", "../x", &"x".repeat(33)] {
        let authorization = ANY_SIGNATURE.1.replace("eu-west-1", region);
        let body = json!({ "PoolName": "x" }).to_string();
        let reply = server
            .post("CreateUserPool", body.as_bytes(), &[("Authorization", authorization.as_str()), ANY_DATE])
            .await;
        assert_eq!(reply.status, 400, "{region}");
        assert!(
            ["InvalidSignatureException", "IncompleteSignatureException"].contains(&reply.error().as_str()),
            "{region}"
        );
    }
}

#[tokio::test]
async fn what_clients_do_takes_their_secret_and_one_of_both_a_signature_instead() {
    let server = start().await;
    let admin = add_key(&server, "admin", anything()).await;
    let only_lists =
        json!({ "Statement": { "Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*" } });
    let limited = add_key(&server, "limited", only_lists).await;
    let stranger = ("AKIANOBODY0000000000".to_owned(), "any secret".to_owned());
    let ok = async |operation: &str, body: Value| {
        let reply = server.signed(&admin, operation, &body).await;
        assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
        reply.json()
    };
    let pool = ok("CreateUserPool", json!({ "PoolName": "x" })).await["UserPool"]["Id"].clone();
    let client = async |secret: bool, flow: &str| {
        let members = json!({
            "UserPoolId": pool, "ClientName": "c", "GenerateSecret": secret, "ExplicitAuthFlows": [flow],
        });
        ok("CreateUserPoolClient", members).await["UserPoolClient"].clone()
    };
    let machine = client(true, "ALLOW_CLIENT_TOKEN_AUTH").await;
    let exchange = client(true, "ALLOW_TOKEN_EXCHANGE_IMPERSONATION").await;
    let app = client(false, "ALLOW_USER_PASSWORD_AUTH").await;
    let user = json!({ "UserPoolId": pool, "Username": "alice", "MessageAction": "SUPPRESS" });
    ok("AdminCreateUser", user).await;
    let password =
        json!({ "UserPoolId": pool, "Username": "alice", "Password": "Passw0rd!", "Permanent": true });
    ok("AdminSetUserPassword", password).await;
    let request = json!({
        "ClientId": app["ClientId"], "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "alice", "PASSWORD": "Passw0rd!" },
    });
    let tokens = server.ok("InitiateAuth", &request).await["AuthenticationResult"].clone();

    let machines = json!({ "ClientId": machine["ClientId"], "Secret": machine["ClientSecret"] });
    let mut derive = json!({
        "ClientId": exchange["ClientId"], "ClientSecret": exchange["ClientSecret"],
        "SubjectToken": tokens["AccessToken"], "SubjectTokenType": "ACCESS_TOKEN",
    });
    for (operation, body) in [("GetClientToken", &machines), ("GetDerivedToken", &derive)] {
        let unsigned = server.post(operation, body.to_string().as_bytes(), &[]).await;
        assert_eq!(unsigned.status, 200, "{operation}: {}", unsigned.text());
        for key in [&admin, &limited, &stranger] {
            let reply = server.signed(key, operation, body).await;
            assert_eq!(reply.status, 200, "{operation}: {}", reply.text());
        }
    }
    derive.as_object_mut().unwrap().remove("ClientSecret");
    assert_eq!(server.signed(&admin, "GetDerivedToken", &derive).await.status, 200);
    let missing = format!(
        "Client {} is configured for secret but secret was not received",
        exchange["ClientId"].as_str().unwrap()
    );
    let unsigned = server.post("GetDerivedToken", derive.to_string().as_bytes(), &[]).await;
    refused(&unsigned, "NotAuthorizedException", &missing);
    for key in [&limited, &stranger] {
        refused(&server.signed(key, "GetDerivedToken", &derive).await, "NotAuthorizedException", &missing);
    }
}
