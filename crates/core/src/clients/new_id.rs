//! Ids and secrets of clients: numbers in base 32 with the digits 0-9 and a-v, without leading zeros.

use cenote_crypto::random::{self, RandomSource};
use cenote_crypto::secret::SecretString;
use cenote_model::Operation;
use serde_json::Value;

use crate::settings::Settings;

/// What a name begins with that sets the client's id, in `dev`.
const CUSTOM_ID_NAME: &str = "_custom_id_:";
/// The same in letters that the model allows in a name.
const ADMITTED: &str = "_custom_id_=";

/// A number of 128 bits: 26 digits, or 25.
#[must_use]
pub fn client_id(random: &dyn RandomSource) -> String {
    number(random, 26, 8)
}

/// A number of 256 bits: 51 or 52 digits.
#[must_use]
pub fn client_secret(random: &dyn RandomSource) -> SecretString {
    SecretString::new(number(random, 52, 2))
}

/// `length` digits, the first below `first`; drawn again when more than one leading zero would shorten it.
fn number(random: &dyn RandomSource, length: usize, first: u32) -> String {
    loop {
        let digits = random::base32hex_lower(random, length);
        let mut rest = digits.chars();
        let leading = rest.next().and_then(|digit| digit.to_digit(32)).unwrap_or_default() % first;
        let leading = char::from_digit(leading, 32).filter(|digit| *digit != '0');
        let number: String = leading.into_iter().chain(rest).collect();
        if !number.starts_with('0') {
            return number;
        }
    }
}

/// The model allows no colon in a name, but users of other local Cognitos write `_custom_id_:ID`. In `dev` the colon is
/// replaced before the request is read, and [`custom_id`] puts it back.
#[must_use]
pub fn admit_custom_id(settings: &Settings, operation: Operation, mut body: Value) -> Value {
    if settings.custom_ids
        && operation == Operation::CreateUserPoolClient
        && let Some(Value::String(name)) = body.get_mut("ClientName")
        && let Some(id) = name.strip_prefix(CUSTOM_ID_NAME)
    {
        *name = format!("{ADMITTED}{id}");
    }
    body
}

/// The id that a name sets, and the name as it was written. In `dev` only.
#[must_use]
pub fn custom_id(settings: &Settings, name: &str) -> Option<(String, String)> {
    let id = name.strip_prefix(ADMITTED).filter(|_| settings.custom_ids)?;
    Some((id.to_owned(), format!("{CUSTOM_ID_NAME}{id}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cenote_crypto::random::SeededRandom;

    use super::*;

    #[test]
    fn ids_and_secrets_are_numbers_without_leading_zeros() {
        let random = SeededRandom::new(1);
        let (mut ids, mut secrets) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..300 {
            let texts = [client_id(&random), client_secret(&random).expose().clone()];
            assert!(texts.iter().all(|text| !text.starts_with('0')));
            assert!(texts.iter().all(|text| text.chars().all(|it| it.is_digit(32) && !it.is_uppercase())));
            ids.insert(texts[0].len());
            secrets.insert(texts[1].len());
        }
        assert_eq!(ids, BTreeSet::from([25, 26]));
        assert_eq!(secrets, BTreeSet::from([51, 52]));
    }
}
