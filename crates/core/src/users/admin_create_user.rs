use cenote_model::ErrorCode;
use cenote_model::types::{AdminCreateUserRequest, AdminCreateUserResponse, MessageActionType};
use cenote_store::{ChangeSet, CommitError, Conflict, User, UserStatus};
use cenote_triggers::pre_sign_up::{PreSignUpRequest, PreSignUpSource};

use crate::context::Context;
use crate::error::Error;
use crate::messages::{self, Recipient};
use crate::pools::Pool;
use crate::trigger;
use crate::users::attributes::{self, Stage};
use crate::users::contact::Contact;
use crate::users::new_user::{self, Aliases};
use crate::users::password::{self, Kind};
use crate::users::password_policy::{self, Wording};
use crate::users::resolve::get_user;
use crate::users::update::{commit_user, reread};
use crate::users::{describe, names};

/// How often a new invitation is decided anew when others change the user meanwhile.
const ATTEMPTS: usize = 32;
const EXISTS: &str = "User account already exists";

/// AdminCreateUser: a user with a temporary password, and the invitation that tells it; or, for one who is there and never
/// signed in, a new password and invitation.
///
/// User, names and messages are one change set. An invitation that can't be made fails the call, but not the user.
///
/// # Errors
/// In this order: user name, password, attributes, mediums, taken names, PreSignUp, message.
pub async fn admin_create_user(
    context: &Context,
    request: AdminCreateUserRequest,
) -> Result<AdminCreateUserResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let creation = Creation { context, pool: &pool, request: &request };
    let user = if request.message_action == Some(MessageActionType::Resend) {
        creation.invite_again().await?
    } else {
        creation.create().await?
    };
    Ok(AdminCreateUserResponse { user: Some(describe::user_type(&user, |_| true)) })
}

struct Creation<'a> {
    context: &'a Context,
    pool: &'a Pool,
    request: &'a AdminCreateUserRequest,
}

impl Creation<'_> {
    async fn create(&self) -> Result<User, Error> {
        let (context, pool) = (self.context, self.pool);
        let mut user = self.check()?;
        let aliases = if self.request.force_alias_creation.unwrap_or_default() {
            Aliases::TakeOver
        } else {
            Aliases::Respect
        };
        let password = self.choose_password(&user)?;
        let contacts = self.contacts(&user)?;
        new_user::check_free(context, pool, &user, aliases, EXISTS).await?;
        self.pre_sign_up(&user).await?;
        match &password {
            Some(password) => self.set_password(&mut user, password).await?,
            None => user.status = UserStatus::Confirmed,
        }
        let (invitations, sent) = self.invite(&user, &contacts, password.as_deref()).await;
        new_user::insert(context, pool, &user, aliases, EXISTS, invitations).await?;
        sent.map(|()| user)
    }

    /// Everything that can be checked without looking at other users. Required attributes may come later.
    fn check(&self) -> Result<User, Error> {
        let (pool, request) = (self.pool, self.request);
        let name = names::parse_new(pool, &request.username)?;
        self.check_password()?;
        let given = request.user_attributes.as_deref().unwrap_or_default();
        let writes = attributes::check_schema(pool, given, Stage::Create)?;
        let user = new_user::build(self.context, pool, name, writes.set)?;
        attributes::check_flags(&user)?;
        Ok(user)
    }

    fn check_password(&self) -> Result<(), Error> {
        let Some(password) = self.given_password() else { return Ok(()) };
        password_policy::check(&self.pool.password_policy(), password, Wording::AdminCreateUser)
    }

    /// Blank is as good as absent.
    fn given_password(&self) -> Option<&str> {
        self.request.temporary_password.as_deref().filter(|password| !password.is_empty())
    }

    /// Given, generated, or none where users may do without. Whoever does must be complete: nobody asks for attributes later.
    fn choose_password(&self, user: &User) -> Result<Option<String>, Error> {
        if let Some(password) = self.given_password() {
            return Ok(Some(password.to_owned()));
        }
        if !new_user::may_lack_password(self.pool) {
            return Ok(Some(self.generate_password()));
        }
        attributes::check_required(self.pool, &user.attributes)?;
        if new_user::code_contacts(self.pool, user).next().is_none() {
            return Err(Error::invalid_parameter(
                "A user without a password needs an email or phone number that the pool sends one-time passwords to.",
            ));
        }
        Ok(None)
    }

    fn generate_password(&self) -> String {
        password_policy::generate(&self.pool.password_policy(), self.context.random.as_ref())
    }

    async fn set_password(&self, user: &mut User, password: &str) -> Result<(), Error> {
        let (name, sub) = (user.username.clone(), user.sub.as_str().to_owned());
        let new = password::create(self.context, self.pool, &name, &sub, password, Kind::Temporary).await?;
        password::set(self.pool, user, new);
        user.status = UserStatus::ForceChangePassword;
        Ok(())
    }

    async fn pre_sign_up(&self, user: &User) -> Result<(), Error> {
        let Some(function) = self.pool.lambda().pre_sign_up else { return Ok(()) };
        let event = PreSignUpRequest {
            source: PreSignUpSource::AdminCreateUser,
            user_attributes: user.attributes.clone(),
            validation_data: trigger::validation_data(self.request.validation_data.as_deref()),
            client_metadata: self.request.client_metadata.clone(),
        };
        let caller = trigger::caller(self.context, self.pool, &user.username, None);
        // It may refuse. What it decides is for those who sign themselves up.
        self.context.invoker.invoke(&function, &caller, &event).await?;
        Ok(())
    }

    /// Where invitations go. A medium that was asked for must have its contact; the default one, SMS, need not. A user who is
    /// invited again without a word about mediums and has no phone gets a mail, as reports of live pools say.
    fn contacts(&self, user: &User) -> Result<Vec<(Contact, String)>, Error> {
        if self.request.message_action == Some(MessageActionType::Suppress) {
            return Ok(Vec::new());
        }
        let asked = self.request.desired_delivery_mediums.as_deref().unwrap_or_default();
        let mut contacts = Vec::new();
        for (contact, missing) in [
            (Contact::Email, "No email provided but desired delivery medium was Email"),
            (Contact::PhoneNumber, "No phone number provided but desired delivery medium was SMS"),
        ] {
            let wanted = asked.contains(&contact.medium());
            let again = self.request.message_action == Some(MessageActionType::Resend);
            let by_default = asked.is_empty()
                && (contact == Contact::PhoneNumber || again && Contact::PhoneNumber.of(user).is_none());
            match contact.of(user) {
                Some(destination) if wanted || by_default => contacts.push((contact, destination.to_owned())),
                None if wanted => return Err(Error::invalid_parameter(missing)),
                _ => {}
            }
        }
        Ok(contacts)
    }

    /// The invitations that could be made, and why others could not.
    async fn invite(
        &self,
        user: &User,
        contacts: &[(Contact, String)],
        password: Option<&str>,
    ) -> (ChangeSet, Result<(), Error>) {
        let mut messages = ChangeSet::new();
        let expires_ms = user.password.as_ref().and_then(|password| password.expires_ms);
        for (contact, destination) in contacts {
            let recipient = Recipient {
                pool: self.pool,
                user,
                contact: *contact,
                destination,
                client_id: None,
                client_metadata: self.request.client_metadata.as_ref(),
            };
            match messages::prepare_invitation(self.context, recipient).await {
                Ok(None) => {}
                Ok(Some(draft)) => {
                    messages.push(draft.message(self.context, password, expires_ms.unwrap_or(i64::MAX)));
                }
                Err(error) => return (messages, Err(error)),
            }
        }
        (messages, Ok(()))
    }

    /// RESEND: attributes of the request are not looked at.
    async fn invite_again(&self) -> Result<User, Error> {
        let context = self.context;
        let mut before = get_user(context, self.pool, &self.request.username).await?;
        check_waiting(&before)?;
        self.check_password()?;
        let password = self.given_password().map_or_else(|| self.generate_password(), str::to_owned);
        for _ in 0..ATTEMPTS {
            check_waiting(&before)?;
            let contacts = self.contacts(&before)?;
            let mut after = before.clone();
            self.set_password(&mut after, &password).await?;
            after.modified_ms = context.now_ms;
            let (invitations, sent) = self.invite(&after, &contacts, Some(&password)).await;
            if invitations.is_empty() && self.given_password().is_none() {
                // Nobody would know the new password: the old one stays.
                return sent.map(|()| before);
            }
            match commit_user(context, &before, &after, invitations).await {
                Ok(()) => return sent.map(|()| after),
                Err(CommitError::Conflict(Conflict::VersionChanged)) => {
                    before = reread(context, &before.pool_id, &before.sub).await?;
                }
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::too_many_requests())
    }
}

/// # Errors
/// `UnsupportedUserStateException` for a user who has signed in already.
fn check_waiting(user: &User) -> Result<(), Error> {
    if user.status == UserStatus::ForceChangePassword {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::UnsupportedUserStateException,
        format!("Resend not possible. {} status is not FORCE_CHANGE_PASSWORD", user.username),
    ))
}
