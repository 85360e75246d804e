use serde::Deserialize;

use super::Problem;

/// `[cors]`: which web pages may call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorsSection {
    pub allowed_origins: Vec<String>,
}

impl CorsSection {
    /// Whether any page may call.
    #[must_use]
    pub fn any(&self) -> bool {
        self.allowed_origins.iter().any(|origin| origin == "*")
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.any() && self.allowed_origins.len() > 1 {
            problems.push(Problem("`cors.allowed_origins`: \"*\" is any origin, so it stands alone".into()));
        }
        for origin in self.allowed_origins.iter().filter(|origin| *origin != "*") {
            let authority = origin.split_once("://").map_or("", |(_, rest)| rest);
            if authority.is_empty() || authority.contains('/') || !origin.is_ascii() || origin.contains(' ') {
                problems.push(Problem(format!(
                    "`cors.allowed_origins`: \"{origin}\" is no origin; one looks like https://app.example.com, without a path"
                )));
            }
        }
    }
}
