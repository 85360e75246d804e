use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// Making a key is slow; the tests share two.
static KEYS: LazyLock<[SigningKey; 2]> =
    LazyLock::new(|| [SigningKey::generate().unwrap(), SigningKey::generate().unwrap()]);

fn find(kid: Option<&str>) -> Option<&'static VerifyingKey> {
    KEYS.iter().map(SigningKey::verifying_key).find(|key| Some(key.kid()) == kid)
}

/// The example of RFC 7515, appendix A.2.
mod rfc_7515 {
    pub(super) const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
        T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg66\
        5xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    pub(super) const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9\
        .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
        .cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4\
        BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv\
        hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
}

#[test]
fn the_example_of_rfc_7515_verifies() {
    let modulus = URL_SAFE_NO_PAD.decode(rfc_7515::N).unwrap();
    let key = VerifyingKey::from_components("any", &modulus, &[1, 0, 1]).unwrap();
    assert_eq!(key.modulus_text(), rfc_7515::N);
    assert_eq!(key.exponent_text(), "AQAB");
    let claims = verify(rfc_7515::TOKEN, |kid| {
        assert_eq!(kid, None);
        Some(&key)
    });
    let expected = b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    assert_eq!(claims.unwrap(), expected);
}

/// The example of RFC 7638, section 3.1, written as Cognito writes key names.
#[test]
fn keys_are_named_by_their_thumbprint() {
    let modulus = URL_SAFE_NO_PAD
        .decode(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMst\
             n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91\
             CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        )
        .unwrap();
    let key = VerifyingKey::with_derived_kid(&modulus, &[1, 0, 1]).unwrap();
    let thumbprint = URL_SAFE_NO_PAD.decode("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs").unwrap();
    assert_eq!(key.kid(), STANDARD.encode(thumbprint));
    assert_eq!(key.kid().len(), 44);
}

#[test]
fn tokens_look_like_cognitos_and_verify() {
    let key = &KEYS[0];
    let token = key.sign(br#"{"sub":"x"}"#);
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    assert_eq!(String::from_utf8(header).unwrap(), format!(r#"{{"kid":"{}","alg":"RS256"}}"#, key.kid()));
    assert_eq!(verify(&token, find).unwrap(), br#"{"sub":"x"}"#);
    assert_eq!(verify(&token, |_| Some(KEYS[1].verifying_key())), Err(JwtError::BadSignature));
    assert_eq!(verify(&token, |_| None::<&VerifyingKey>), Err(JwtError::UnknownKey));
    assert_eq!(verify(&KEYS[1].sign(b"{}"), find).unwrap(), b"{}");
}

#[test]
fn a_stored_key_is_the_same_key() {
    let der = KEYS[0].to_pkcs8().unwrap();
    let key = SigningKey::from_pkcs8(der.expose()).unwrap();
    assert_eq!(key.verifying_key(), KEYS[0].verifying_key());
    // The signature scheme has no randomness.
    assert_eq!(key.sign(b"{}"), KEYS[0].sign(b"{}"));
    assert_eq!(SigningKey::from_pkcs8(&der.expose()[1..]).unwrap_err(), InvalidKey);
    assert_eq!(SigningKey::from_pkcs8(b"").unwrap_err(), InvalidKey);
    assert_eq!(format!("{key:?}"), format!("SigningKey {{ kid: {:?}, .. }}", key.kid()));
}

fn signed_with_header(header: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"));
    let mut signature = vec![0; 256];
    KEYS[0].pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn other_algorithms_are_refused_even_when_well_signed() {
    let check = |header: &str| verify(&signed_with_header(header), |_| Some(KEYS[0].verifying_key()));
    assert_eq!(check(r#"{"alg":"RS256","typ":"JWT","extra":[1]}"#).unwrap(), b"{}");
    for alg in ["none", "None", "HS256", "RS512", "rs256", ""] {
        assert_eq!(check(&format!(r#"{{"alg":"{alg}"}}"#)), Err(JwtError::WrongAlgorithm), "{alg}");
    }
    for header in [
        "",
        "[]",
        r#"["RS256",null,null]"#,
        "{}",
        r#"{"alg":1}"#,
        r#"{"alg":"RS256","alg":"none"}"#,
        r#"{"alg":"RS256","kid":7}"#,
        r#"{"alg":"RS256","crit":["b64"],"b64":false}"#,
    ] {
        assert_eq!(check(header), Err(JwtError::Malformed), "{header}");
    }
}

#[test]
fn forms_that_are_not_exactly_right_are_malformed() {
    let token = KEYS[0].sign(b"{}");
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("three parts") };
    for wrong in [
        String::new(),
        "..".into(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}.{signature}."),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}=.{signature}"),
        format!("{token}="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{header}.{claims}.{}", signature.replace(['-', '_'], "+")),
        format!("{header}.{claims}.+{signature}"),
        format!("{header}.{}.{signature}", "A".repeat(MAX_TOKEN_BYTES)),
    ] {
        let outcome = verify(&wrong, find);
        assert!(matches!(outcome, Err(JwtError::Malformed | JwtError::BadSignature)), "{wrong}");
    }
    assert_eq!(verify(&format!("{header}.{claims}."), find), Err(JwtError::BadSignature));
}

#[test]
fn weak_or_nonsensical_keys_are_refused() {
    let modulus = [&[0xff; 255][..], &[1]].concat();
    assert!(VerifyingKey::from_components("k", &modulus, &[3]).is_ok());
    assert!(VerifyingKey::from_components("k", &[&[0], &modulus[..]].concat(), &[0, 3]).is_ok());
    assert!(VerifyingKey::from_components("k", &modulus[1..], &[3]).is_err(), "2040 bits");
    assert!(VerifyingKey::from_components("k", &[0xfe; 256], &[3]).is_err(), "even");
    assert!(VerifyingKey::from_components("k", &modulus, &[]).is_err());
    assert!(VerifyingKey::from_components("k", &modulus, &[1; 9]).is_err());
    assert!(VerifyingKey::from_components("k", &[], &[3]).is_err());
}

#[test]
fn the_key_set_has_cognitos_members_in_order() {
    let modulus = URL_SAFE_NO_PAD.decode(rfc_7515::N).unwrap();
    let key = |kid: &str| VerifyingKey::from_components(kid, &modulus, &[1, 0, 1]).unwrap();
    let entry = |kid: &str| {
        format!(r#"{{"alg":"RS256","e":"AQAB","kid":"{kid}","kty":"RSA","n":"{}","use":"sig"}}"#, rfc_7515::N)
    };
    assert_eq!(
        jwks_json([&key("one+/="), &key("t\"wo")]),
        format!(r#"{{"keys":[{},{}]}}"#, entry("one+/="), entry("t\\\"wo"))
    );
    assert_eq!(jwks_json([]), r#"{"keys":[]}"#);
}

proptest! {
    #[test]
    fn any_text_is_refused_without_panic(text in "[A-Za-z0-9._=-]{0,80}|.{0,40}") {
        prop_assert!(verify(&text, find).is_err());
    }

    #[test]
    fn any_changed_byte_breaks_a_token(position in 0usize..10_000, replacement in "[A-Za-z0-9_.-]") {
        let token = KEYS[0].sign(br#"{"sub":"x","n":1}"#);
        let position = position % token.len();
        let mut altered = token.clone();
        altered.replace_range(position..=position, &replacement);
        prop_assume!(altered != token);
        prop_assert!(verify(&altered, find).is_err());
    }
}
