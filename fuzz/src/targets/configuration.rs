//! Configuration. First byte: a file, an assignment of the command line, or a variable of the environment.

use cenote::config::Layers;

use super::{choose, chosen, text};

pub(crate) fn run(data: &[u8]) {
    let Some((form, rest)) = choose(data) else { return };
    let Some(text) = text(rest) else { return };
    let layers = match form % 3 {
        0 => Layers::new().toml("cenote.toml", text),
        1 => Layers::new().assignment(text),
        _ => {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            Layers::new().environment([(format!("CENOTE_{name}"), value.to_owned())].into_iter())
        }
    };
    match layers.finish() {
        Ok(config) => {
            let _ = config.check();
            let _ = config.check_for_serve(false);
        }
        Err(problems) => assert!(!problems.0.is_empty()),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![chosen(0, Layers::DEFAULTS)];
    // A section at a time is quicker to change.
    let mut section = String::new();
    for line in Layers::DEFAULTS.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') && !section.is_empty() {
            seeds.push(chosen(0, std::mem::take(&mut section)));
        }
        section.push_str(line);
        section.push('\n');
    }
    seeds.push(chosen(0, section));
    for text in [
        "server.listen=0.0.0.0:1",
        "store.url=postgres://a:b@c,d/e?sslmode=require",
        "email.smtp_url=smtps://a:b@c:465",
    ] {
        seeds.push(chosen(1, text));
    }
    for text in [
        "SERVER__TRUSTED_PROXIES=10.0.0.0/8,::1",
        "TRIGGERS__ENDPOINTS={ \"a\" = \"http://b\" }",
        "LOG__LEVEL=debug",
    ] {
        seeds.push(chosen(2, text));
    }
    seeds
}
