//! Where the live service, or Cenote, differs from the published model. Generated text is never edited: it is
//! changed here. Every patch fails when what it patches is no longer there, so that none outlives its reason.

use crate::Fallible;
use crate::model::{Kind, Model};

enum Patch {
    /// The shape's pattern is another one.
    Pattern { shape: &'static str, published: &'static str, actual: &'static str },
    /// A copy of a shape with a minimum length.
    CopyWithMinimum { shape: &'static str, copy: &'static str, min: i64 },
    /// A copy of a shape that may be empty.
    CopyWithBlank { shape: &'static str, copy: &'static str },
    /// The member has another shape.
    Retarget { structure: &'static str, member: &'static str, from: &'static str, to: &'static str },
    /// The enumeration accepts one more value.
    Value { shape: &'static str, value: &'static str },
    /// Violations name the enumeration's values in this order.
    Order { shape: &'static str, values: &'static [&'static str] },
    /// Violations quote the value although it is sensitive.
    Quoted { shape: &'static str },
}

use Patch::{CopyWithBlank, CopyWithMinimum, Order, Pattern, Quoted, Retarget, Value};

const PATCHES: &[Patch] = &[
    // Live messages quote this pattern (spaces inside are fine) and a minimum of 6 where a password is set; the
    // published model has `[\S]+` and no minimum.
    Pattern { shape: "PasswordType", published: r"[\S]+", actual: r"^[\S]+.*[\S]+$" },
    CopyWithMinimum { shape: "PasswordType", copy: "NewPasswordType", min: 6 },
    new_password("ConfirmForgotPasswordRequest", "Password"),
    new_password("AdminSetUserPasswordRequest", "Password"),
    new_password("ChangePasswordRequest", "ProposedPassword"),
    // Blank is as good as absent for users who sign in without a password.
    CopyWithBlank { shape: "NewPasswordType", copy: "OptionalPasswordType" },
    optional_password("SignUpRequest", "Password"),
    optional_password("AdminCreateUserRequest", "TemporaryPassword"),
    // The guide names it as the flow that GetClientToken needs; the published enumeration lacks it.
    Value { shape: "ExplicitAuthFlowsType", value: "ALLOW_CLIENT_TOKEN_AUTH" },
    // Live texts.
    Pattern {
        shape: "SmsVerificationMessageType",
        published: r".*\{####\}.*",
        actual: r"(?s).*\{####\}(?s).*",
    },
    Quoted { shape: "ClientIdType" },
    Order { shape: "UserPoolMfaType", values: &["OPTIONAL", "OFF", "ON"] },
    Order { shape: "MessageActionType", values: &["SUPPRESS", "RESEND"] },
    Order { shape: "OAuthFlowType", values: &["implicit", "client_credentials", "code"] },
];

const fn new_password(structure: &'static str, member: &'static str) -> Patch {
    Retarget { structure, member, from: "PasswordType", to: "NewPasswordType" }
}

const fn optional_password(structure: &'static str, member: &'static str) -> Patch {
    Retarget { structure, member, from: "PasswordType", to: "OptionalPasswordType" }
}

pub fn apply(model: &mut Model) -> Fallible<()> {
    for patch in PATCHES {
        match *patch {
            Pattern { shape, published, actual } => {
                let pattern = &mut model.shape_mut(shape)?.pattern;
                if pattern.as_deref() != Some(published) {
                    return Err(format!("patch: {shape} no longer has the pattern {published}").into());
                }
                *pattern = Some(actual.to_owned());
            }
            CopyWithMinimum { shape, copy, min } => {
                let mut copied = model.shape(shape)?.clone();
                if copied.min.is_some() {
                    return Err(format!("patch: {shape} has a minimum now").into());
                }
                copied.min = Some(min);
                model.shapes.insert(copy.to_owned(), copied);
            }
            CopyWithBlank { shape, copy } => {
                let mut copied = model.shape(shape)?.clone();
                copied.may_be_blank = true;
                model.shapes.insert(copy.to_owned(), copied);
            }
            Retarget { structure, member, from, to } => {
                let Kind::Structure(members) = &mut model.shape_mut(structure)?.kind else {
                    return Err(format!("patch: {structure} is no structure").into());
                };
                let found = members.iter_mut().find(|found| found.name == member && found.shape == from);
                let found =
                    found.ok_or_else(|| format!("patch: {structure} has no {member} of shape {from}"))?;
                found.shape = to.to_owned();
            }
            Value { shape, value } => {
                let Kind::Enumeration(values) = &mut model.shape_mut(shape)?.kind else {
                    return Err(format!("patch: {shape} is no enumeration").into());
                };
                if values.iter().any(|known| known == value) {
                    return Err(format!("patch: {shape} has {value} now").into());
                }
                values.push(value.to_owned());
            }
            Order { shape, values } => {
                let Kind::Enumeration(published) = &mut model.shape_mut(shape)?.kind else {
                    return Err(format!("patch: {shape} is no enumeration").into());
                };
                let ordered: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
                let mut sorted = (published.clone(), ordered.clone());
                sorted.0.sort();
                sorted.1.sort();
                if *published == ordered || sorted.0 != sorted.1 {
                    return Err(format!("patch: {shape} has other values, or this order, now").into());
                }
                *published = ordered;
            }
            Quoted { shape } => {
                let shape_found = model.shape_mut(shape)?;
                if !shape_found.sensitive {
                    return Err(format!("patch: {shape} is no longer sensitive").into());
                }
                shape_found.quoted = true;
            }
        }
    }
    Ok(())
}
