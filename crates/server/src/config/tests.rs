use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use cenote_core::settings::Limits;
use cenote_model::{Authentication, Operation, QuotaCategory};
use proptest::prelude::*;

use super::*;

fn from_text(text: &str) -> Result<Config, Vec<String>> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    texts(Layers::new().file(file.path()).finish())
}

fn texts(result: Result<Config, Problems>) -> Result<Config, Vec<String>> {
    result.map_err(|problems| problems.0.into_iter().map(|problem| problem.0).collect())
}

fn environment(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    texts(Layers::new().environment(variables).finish())
}

fn set(assignments: &[&str]) -> Result<Config, Vec<String>> {
    texts(assignments.iter().fold(Layers::new(), |layers, one| layers.assignment(one)).finish())
}

#[test]
fn the_defaults_are_complete_sound_and_those_of_the_rules() {
    let config = Layers::new().finish().unwrap();
    assert_eq!(config.check(), []);
    assert_eq!(Limits::from(&config.limits), Limits::default());
    for category in QuotaCategory::ALL {
        let cognitos = category.default_requests_per_second();
        assert_eq!(config.limits.requests_per_second.of(*category), cognitos, "{category:?}");
        let unsigned = Operation::ALL.iter().any(|operation| {
            operation.quota_category() == *category && operation.authentication() != Authentication::SigV4
        });
        let of_an_address = if unsigned { cognitos / 2 } else { 0 };
        assert_eq!(config.limits.address_requests_per_second.of(*category), of_an_address, "{category:?}");
    }
    assert_eq!(
        config.limits.pool_operation_requests_per_second,
        QuotaCategory::DEFAULT_OPERATION_REQUESTS_PER_SECOND
    );
    assert_eq!(config.limits.user_reads_per_second, QuotaCategory::DEFAULT_USER_REQUESTS_PER_SECOND);
    assert_eq!(config.limits.user_writes_per_second, QuotaCategory::DEFAULT_USER_REQUESTS_PER_SECOND);
    assert!(config.cors.any());
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:7665");
}

#[test]
fn a_file_sets_every_section() {
    let config = from_text(
        r#"
        [server]
        listen = "[::1]:80"
        trusted_proxies = ["10.0.0.0/8", "::1"]
        [tls]
        certificate_file = "a.pem"
        key_file = "b.pem"
        [store]
        url = "sqlite:x.db"
        [keys]
        master_key_file = "k"
        [aws]
        issuer = "aws"
        [email]
        from = "a@example.com"
        [sms]
        webhook_url = "https://sms.example.com"
        [triggers]
        attempts = 1
        [triggers.endpoints]
        "arn:aws:lambda:us-east-1:000000000000:function:f.g" = "http://127.0.0.1:9000"
        [limits]
        password_attempts = 0
        [limits.requests_per_second]
        user_read = 7
        [recovery]
        ineligible = "error"
        [tokens]
        reuse_revokes = true
        acr_in_every_token = true
        [cors]
        allowed_origins = ["https://app.example.com"]
        [log]
        format = "json"
        level = "debug"
        "#,
    )
    .unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:80");
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert!(config.tls.files().is_some());
    assert_eq!(config.store.url().unwrap().unwrap().expose(), "sqlite:x.db");
    assert_eq!(config.aws.issuer, IssuerName::Aws);
    assert_eq!(
        config.triggers.endpoints["arn:aws:lambda:us-east-1:000000000000:function:f.g"],
        "http://127.0.0.1:9000"
    );
    assert_eq!(config.limits.requests_per_second.of(QuotaCategory::UserRead), 7);
    assert_eq!(config.recovery.ineligible, IneligibleAnswer::Error);
    assert!(config.tokens.reuse_revokes);
    assert!(config.tokens.acr_in_every_token);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.log.level, LogLevel::Debug);
}

#[test]
fn every_problem_is_named_and_not_only_the_first() {
    let problems = from_text(
        "[server]\nlissen = 1\nlisten = \"nowhere\"\nmax_connections = \"many\"\n[log]\nlevel = \"loud\"\n[nonsense]\nx = 1\n",
    )
    .unwrap_err();
    assert_eq!(problems.len(), 5, "{problems:#?}");
    let all = problems.join("\n");
    assert!(all.contains("no setting `server.lissen`. `server` has: "), "{all}");
    assert!(all.contains("`server.listen`: invalid socket address"), "{all}");
    assert!(all.contains("`server.max_connections`: invalid type: string"), "{all}");
    assert!(all.contains("`log.level`: unknown variant `loud`, expected one of `error`"), "{all}");
    assert!(all.contains("no setting `nonsense.x`") || all.contains("no setting `nonsense`"), "{all}");
}

#[test]
fn without_the_preset_only_the_rates_that_are_set_hold() {
    let finish = |layers: Layers| layers.finish().unwrap().limits;
    let all = |limits: &LimitsSection| {
        let own = [
            limits.pool_operation_requests_per_second,
            limits.user_reads_per_second,
            limits.user_writes_per_second,
        ];
        let of_categories = QuotaCategory::ALL.iter().flat_map(|category| {
            [limits.requests_per_second.of(*category), limits.address_requests_per_second.of(*category)]
        });
        own.into_iter().chain(of_categories).collect::<Vec<_>>()
    };
    let none = finish(Layers::new().assignment("limits.request_rates=none"));
    assert!(all(&none).iter().all(|rate| *rate == 0), "{none:?}");
    assert_eq!(none.password_attempts, 5, "what is counted for ever is no rate");
    // As much as the default, but set.
    let one = finish(Layers::for_dev().assignment("limits.requests_per_second.user_read=120"));
    assert_eq!(all(&one).iter().sum::<u32>(), 120);
    assert_eq!(one.requests_per_second.user_read, 120);
    let dev = finish(Layers::for_dev().assignment("limits.request_rates=cognito"));
    assert_eq!(all(&dev), all(&finish(Layers::new())));
    assert!(set(&["limits.request_rates=some"]).unwrap_err()[0].contains("limits.request_rates"));
}

#[test]
fn a_section_is_no_setting() {
    assert!(set(&["server=1"]).unwrap_err()[0].contains("can't be understood"));
    assert!(from_text("server = 1").unwrap_err()[0].contains("there is no setting `server`"));
}

#[test]
fn broken_toml_is_named_by_its_line_and_not_quoted() {
    let problems = from_text("[sms]\nsecret = \"hunter2\nx = 1\n").unwrap_err();
    assert!(problems[0].contains("line 2 is not TOML"), "{problems:?}");
    assert!(!problems[0].contains("hunter2"));
    let missing = texts(Layers::new().file(&PathBuf::from("/nowhere/cenote.toml")).finish()).unwrap_err();
    assert!(missing[0].contains("can't be read"));
}

#[test]
fn the_environment_names_settings_mechanically() {
    let config = environment(&[
        ("CENOTE_SERVER__PUBLIC_URL", "https://auth.example.com"),
        ("CENOTE_SERVER__ALLOW_PLAIN_HTTP", "true"),
        ("CENOTE_LIMITS__REQUESTS_PER_SECOND__USER_READ", "9"),
        ("CENOTE_CORS__ALLOWED_ORIGINS", "https://a.example, https://b.example"),
        ("CENOTE_TRIGGERS__ENDPOINTS", "{ \"arn:a.b\" = \"https://x\" }"),
        ("CENOTE_MASTER_KEY", "is none of these"),
        ("CENOTE_TEST_POSTGRES_URL", "nor is this"),
        ("CENOTE_REQUIRE_POSTGRES", "1"),
        ("CENOTE_SERVICE_HOST", "10.0.0.1"),
        ("CENOTE_PORT_7665_TCP", "tcp://10.0.0.1:7665"),
        ("PATH", "neither is this"),
    ])
    .unwrap();
    assert_eq!(config.server.public_url, "https://auth.example.com");
    assert!(config.server.allow_plain_http);
    assert_eq!(config.limits.requests_per_second.user_read, 9);
    assert_eq!(config.cors.allowed_origins, ["https://a.example", "https://b.example"]);
    assert_eq!(config.triggers.endpoints["arn:a.b"], "https://x");
    let problems =
        environment(&[("CENOTE_SERVER__PORT", "1"), ("CENOTE_SERVER__MAX_HEADERS", "x")]).unwrap_err();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].contains("CENOTE_SERVER__MAX_HEADERS"), "{problems:?}");
    assert!(problems[1].contains("there is no setting `server.port`"), "{problems:?}");
    for name in ["CENOTE_PUBLIC_URL", "CENOTE_SERVER_LISTEN", "CENOTE_", "CENOTE_MASTER_KEY_FILE"] {
        let problems = environment(&[(name, "1")]).unwrap_err();
        assert!(problems[0].contains("write CENOTE_SECTION__KEY"), "{name} {problems:?}");
    }
}

#[test]
fn the_command_line_wins() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(
        b"[aws]\nregion = \"eu-west-1\"\naccount_id = \"111111111111\"\n[limits]\npassword_attempts = 1",
    )
    .unwrap();
    let variables = [("CENOTE_AWS__REGION", "eu-west-2"), ("CENOTE_LIMITS__PASSWORD_ATTEMPTS", "2")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Layers::new()
        .file(file.path())
        .environment(variables.into_iter())
        .assignment("limits.password_attempts=3")
        .value("--log", "log.format", "json")
        .finish()
        .unwrap();
    assert_eq!(config.aws.account_id, "111111111111");
    assert_eq!(config.aws.region, "eu-west-2");
    assert_eq!(config.limits.password_attempts, 3);
    assert_eq!(config.log.format, LogFormat::Json);
    assert!(set(&["limits.password_attempts"]).unwrap_err()[0].contains("write section.key=value"));
    assert!(set(&["limits.password_attempts=-1"]).is_err());
    assert!(set(&["limits.password=1"]).unwrap_err()[0].contains("`limits` has: "));
    let entry = set(&["triggers.endpoints.arn:aws:lambda:x:0:function:F.G=https://x"]).unwrap();
    assert_eq!(entry.triggers.endpoints["arn:aws:lambda:x:0:function:F.G"], "https://x");
    assert_eq!(set(&["cors.allowed_origins=[\"https://a.example\"]"]).unwrap().cors.allowed_origins.len(), 1);
}

#[test]
fn what_can_not_work_is_said() {
    let complaints = |assignments: &[&str]| {
        let problems = set(assignments).unwrap().check();
        problems.into_iter().map(|problem| problem.0).collect::<Vec<_>>().join("\n")
    };
    for (assignment, text) in [
        ("server.public_url=auth.example.com", "has to start with https://"),
        ("server.public_url=https://auth.example.com/", "must not end with a slash"),
        ("server.public_url=https://a?b", "an address and a path only"),
        ("server.max_connections=0", "at least 1"),
        ("server.max_body_bytes=10", "at least 1024"),
        ("server.max_buffered_bytes=1048576", "at least `server.max_body_bytes`"),
        ("server.max_header_bytes=10", "at least 8192"),
        ("server.max_headers=0", "at least 1"),
        ("server.idle_timeout_ms=0", "must not stay open for ever"),
        ("tls.key_file=x", "belong together"),
        ("store.url=mysql://x", "has to start with sqlite: or postgres://"),
        ("store.url=sqlite:", "names no file"),
        ("store.connections=0", "at least 1"),
        ("aws.region=US East", "such as us-east-1"),
        ("aws.account_id=1", "twelve digits"),
        ("email.smtp_url=smtp://mail", "`email.from` is not set"),
        ("email.smtp_url=http://mail", "has to start with smtp://"),
        ("sms.webhook_url=https://sms", "neither `sms.secret` nor `sms.bearer_token` is set"),
        ("sms.webhook_url=sms", "has to start with https://"),
        ("triggers.endpoint=lambda", "has to start with https://"),
        ("triggers.endpoints={ a = \"b\" }", "`triggers.endpoints.\"a\"`"),
        ("triggers.attempts=0", "at least 1"),
        ("triggers.timeout_ms=0", "at least 1"),
        ("cors.allowed_origins=*,https://a.example", "stands alone"),
        ("cors.allowed_origins=https://a.example/", "is no origin"),
    ] {
        let found = complaints(&[assignment]);
        assert!(found.contains(text), "{assignment}: {found}");
    }
    assert!(complaints(&["sms.secret=a", "sms.secret_file=b"]).contains("are both set: keep one"));
}

#[test]
fn serving_needs_more() {
    let texts = |config: &Config, variable| {
        config.check_for_serve(variable).into_iter().map(|problem| problem.0).collect::<Vec<_>>().join("\n")
    };
    let bare = texts(&set(&[]).unwrap(), false);
    for needed in ["`server.public_url` is not set", "`store.url` is not set", "there is no master key"] {
        assert!(bare.contains(needed), "{bare}");
    }
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("master.key");
    std::fs::write(&key, "x").unwrap();
    let mode = |bits| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(bits)).unwrap();
    let key_setting = format!("keys.master_key_file={}", key.display());
    let base = ["server.public_url=https://auth.example.com", "store.url=sqlite:x.db", key_setting.as_str()];
    mode(0o600);
    assert_eq!(texts(&set(&base).unwrap(), false), "");
    assert!(texts(&set(&base).unwrap(), true).contains("are both set"));
    for open in [0o640, 0o604, 0o644] {
        mode(open);
        assert!(texts(&set(&base).unwrap(), false).contains("chmod 600"), "{open:o}");
    }
    mode(0o600);
    let with = |more: &str| texts(&set(&[&base[..], &[more]].concat()).unwrap(), false);
    assert!(with("server.public_url=http://auth.example.com").contains("plain http beyond this machine"));
    assert_eq!(with("server.public_url=http://127.0.0.1:80"), "");
    let allowed =
        [&base[..], &["server.public_url=http://auth.example.com", "server.allow_plain_http=true"]].concat();
    assert_eq!(texts(&set(&allowed).unwrap(), false), "");
    assert!(with(&format!("sms.secret_file={}/none", directory.path().display())).contains("can't be read"));
}

#[test]
fn secrets_do_not_show() {
    let config = set(&[
        "store.url=postgres://u:hunter2@h/d",
        "sms.secret=hunter2",
        "email.smtp_url=smtp://u:hunter2@h",
    ]);
    assert!(!format!("{:?}", config.unwrap()).contains("hunter2"));
}

#[test]
fn secrets_come_from_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    std::fs::write(&path, "hunter2\n").unwrap();
    let config = set(&[&format!("sms.secret_file={}", path.display())]).unwrap();
    assert_eq!(config.sms.secret().unwrap().unwrap().expose(), "hunter2");
    std::fs::write(&path, "\n").unwrap();
    assert!(config.sms.secret().unwrap_err().0.contains("is empty"));
}

proptest! {
    #[test]
    fn whatever_is_written_is_taken_or_refused(text in "\\PC{0,60}", key in "[a-z_.]{0,30}", section in 0..12_usize) {
        let mut layers = Layers::new();
        let sections = ["server", "tls", "store", "keys", "aws", "email", "sms", "triggers", "limits", "recovery", "cors", "log"];
        layers = layers.assignment(&text).assignment(&format!("{}.{key}={text}", sections[section]));
        layers = layers.environment(std::iter::once((format!("CENOTE_{}", key.replace('.', "__")), text)));
        let _ = layers.finish().map(|config| config.check());
    }
}
