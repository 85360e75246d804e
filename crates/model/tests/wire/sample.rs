//! Valid documents of any shape, drawn from the model.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

static MODEL: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../model/cognito-idp.json")).unwrap());

pub fn model() -> &'static Value {
    &MODEL
}

/// A value for every pattern that fits it and the lengths of all shapes that have it.
const TEXTS: &[(&str, &str)] = &[
    (r"[0-9]+", "123456"),
    (r"Level[1-4]", "Level2"),
    (r"[\x21\x23-\x5B\x5D-\x7E]+", "https://api.example.com/read"),
    (
        r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?",
        "arn:aws:lambda:eu-central-1:123456789012:function:hook",
    ),
    (r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+", "custom:größe"),
    (r"[\w+]+", "4qhbd3m9vpqh2ub1r8gsd2pkq7"),
    (r"[\w\s+=,.@-]+", "web client 1"),
    (r"[\w]+", "done"),
    (r"[\S]+", "correct-horse"),
    (r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", "änne@example.com"),
    (r"[\w-]+_[0-9a-f-]+", "eu-central-1_5f1d6a4e-77c2"),
    (r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$", "my-login"),
    (r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+@[\p{L}\p{M}\p{S}\p{N}\p{P}]+", "ada@example.com"),
    (r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*", "Dear {username}, {####}"),
    (r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*", "Ihr Code: {####}\nGrüße"),
    (r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s]+", "Your code"),
    (r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]+", "<p>A new sign-in</p>"),
    (
        r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{##[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*##\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*",
        "Click {##here##} please",
    ),
    (r"[\w+-]+", "5f1d6a4e-77c2"),
    (r"[A-Za-z0-9-_+/=.]+", "eyJraWQ.eyJzdWI.c2ln"),
    (r"^[0-9a-fA-F]+$", "00ffAB"),
    (r"[\w\s+=.@-]+", "corporate id"),
    (
        r"^cognito:(default|dutch|english|french|spanish|german|bahasa-indonesia|italian|japanese|korean|portuguese-brazil|chinese-(simplified|traditional))$",
        "cognito:german",
    ),
    (r"^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$", "https://example.com/terms"),
    (
        r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
        "5f1d6a4e-77c2-4c5e-9f3b-0a1b2c3d4e5f",
    ),
    (
        r"(arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?)?",
        "arn:aws:iam::123456789012:role/sms",
    ),
    (r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+", "Corporate login"),
    (r"[^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+", "Corporate"),
    (r"^[\w\- ]+$", "resource 1"),
    (r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+", "read"),
    (r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:::[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?", "arn:aws:s3:::bucket"),
    (r"^[0-9A-Za-z\.\-_]*(?<!\.)$", "my.bucket"),
    (r"^[a-zA-Z0-9_-]+$", "set-1"),
    (r"[A-Za-z0-9]+", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    (r"[\w+=/]+", "iY1U+/aaZQ=="),
    (r"^(tkn|sso)[a-z0-9]{25}$", "tknabcdefghijklmnopqrstuvwxy"),
    (r"(?s).*", "Welcome,\n{username} {####}"),
    (r".*\{####\}.*", "Code {####}"),
    (r"^(terms-of-use|privacy-policy)$", "terms-of-use"),
    (r"[A-Za-z0-9-_=.]+", "eyJraWQ.eyJzdWI.c2ln-_"),
    (r"import-[0-9a-zA-Z-]+", "import-a1"),
    (r"[\w-]+_[0-9a-zA-Z]+", "eu-central-1_aB3dE5"),
];

/// A small generator of choices, so that a failing case is one number.
pub struct Choices(pub u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }
}

/// A document of the shape with every constraint of the model met; optional members come and go.
pub fn document(shape_name: &str, choices: &mut Choices) -> Value {
    let shape = &model()["shapes"][shape_name];
    let min = shape["min"].as_i64();
    let max = shape["max"].as_i64();
    match shape["type"].as_str().unwrap() {
        "structure" if shape["document"] == json!(true) => {
            json!({"nested": [1, {"deep": null}], "text": "ä"})
        }
        "structure" => {
            let required: Vec<&str> =
                shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let mut members = Map::new();
            for (name, member) in shape["members"].as_object().unwrap() {
                if required.contains(&name.as_str()) || choices.below(2) == 0 {
                    members.insert(name.clone(), document(member["shape"].as_str().unwrap(), choices));
                }
            }
            Value::Object(members)
        }
        "list" => {
            let most = max.unwrap_or(3).min(3);
            let size = pick(min.unwrap_or(0), most, choices);
            (0..size).map(|_| document(shape["member"]["shape"].as_str().unwrap(), choices)).collect()
        }
        "map" => {
            let key = document(shape["key"]["shape"].as_str().unwrap(), choices);
            let value = document(shape["value"]["shape"].as_str().unwrap(), choices);
            json!({ key.as_str().unwrap(): value })
        }
        "string" if shape.get("enum").is_some() => {
            let values = shape["enum"].as_array().unwrap();
            values[choices.below(values.len())].clone()
        }
        "string" => match shape["pattern"].as_str() {
            Some(pattern) => json!(TEXTS.iter().find(|(known, _)| *known == pattern).unwrap().1),
            None => json!("eu-central-1 text of 20 units".get(..29.min(max.unwrap_or(29) as usize))),
        },
        "integer" => json!(pick(min.unwrap_or(-5), max.unwrap_or(1_000_000), choices)),
        "long" => json!(pick(-(1 << 40), 1 << 40, choices)),
        "boolean" => json!(choices.below(2) == 0),
        "timestamp" if choices.below(3) == 0 => json!(1_623_956_729),
        "timestamp" => json!(1_623_956_000.0 + pick(1, 999, choices) as f64 / 1000.0),
        "blob" => json!("iVBORw0KGgo="),
        other => unreachable!("{other}"),
    }
}

fn pick(least: i64, most: i64, choices: &mut Choices) -> i64 {
    least + choices.below((most - least + 1) as usize) as i64
}
