//! `cenote dev` with a seed file: what stands in the file is sealed like everything else.

use serde_json::json;

use super::remembered::Remembered;
use super::{columns, none, sqlite_files};
use crate::binary::{Program, cenote};

#[test]
fn what_a_seed_file_brings_is_sealed() {
    let directory = tempfile::tempdir().unwrap();
    let user = json!({
        "Username": "seeded-person", "Password": "Password-of-a-seed-1",
        "UserAttributes": { "email": "seeded@people.example" },
    });
    let invited = json!({ "Username": "invited-by-a-seed", "TemporaryPassword": "Temporary-of-a-seed-2" });
    let client = json!({
        "ClientId": "clientofaseed0000000000000", "ClientName": "app-of-a-seed", "GenerateSecret": true,
    });
    let pool = json!({
        "Id": "eu-west-1_Example01", "PoolName": "pool-of-a-seed", "Clients": [client], "Users": [user, invited],
    });
    let seed = json!({ "pools": [pool] });
    std::fs::write(directory.path().join("seed.json"), seed.to_string()).unwrap();
    let arguments = ["dev", "--listen", "127.0.0.1:0", "--seed", "seed.json", "--set", "log.level=trace"];
    let program = Program::start(cenote(directory.path()).args(arguments));
    let request = json!({ "UserPoolId": pool["Id"], "ClientId": client["ClientId"] });
    let (status, client) = program.call("DescribeUserPoolClient", &request);
    assert_eq!(status, 200, "{client}");
    let (code, log) = program.stop("-TERM");
    assert_eq!(code, Some(0), "{log}");

    let mut remembered = Remembered::default();
    remembered.remember(&seed);
    remembered.remember(&client);
    let directory = directory.path().join(".cenote");
    let all = columns::joined(&columns::of_sqlite(&directory.join("cenote.db")));
    assert!(String::from_utf8_lossy(&all).contains("\0seeded-person\0"));
    none(&remembered.search_database(&all), "the tables");
    none(&remembered.search_database(&sqlite_files(&directory)), "the database");
    assert!(log.contains("DescribeUserPoolClient"), "{log}");
    none(&remembered.search_log(&log), "the log");
}
