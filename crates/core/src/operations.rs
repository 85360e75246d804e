//! The table of all operations: which function does each, or that it is not built yet.
//!
//! Authentication, quota category and declared errors of an operation come with the model
//! ([`cenote_model::Operation`]). The match is exhaustive: an operation that the table lacks does not compile.

use std::sync::Arc;

use bytes::Bytes;
use cenote_model::operations as model;
use cenote_model::{DecodeError, ErrorCode, Operation, OperationTypes};
use serde_json::Value;

use crate::context::Context;
use crate::encoded::Answers;
use crate::error::Error;
use crate::{clients, devices, groups, passkeys, pools, recovery, sign_in, tokens, user_sessions, users};

/// Runs an operation where it is best run: one that computes more than it waits begins on the threads that compute, the
/// others stay here.
///
/// # Errors
/// As [`dispatch`].
pub async fn perform(context: Context, operation: Operation, body: Value) -> Result<Bytes, Error> {
    if !signs_in(operation) || !context.store.reads_at_once() {
        return dispatch(&context, operation, body).await;
    }
    let service = Arc::clone(&context.service);
    let begun = async move {
        context.begin();
        dispatch(&context, operation, body).await
    };
    service.compute.begin(begun).await?
}

/// Whether most of the operation's work are powers and signatures.
fn signs_in(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::InitiateAuth
            | Operation::AdminInitiateAuth
            | Operation::RespondToAuthChallenge
            | Operation::AdminRespondToAuthChallenge
            | Operation::GetTokensFromRefreshToken
    )
}

macro_rules! table {
    (built { $($name:ident => $function:path,)* } not_built { $($missing:ident,)* }) => {
        /// Whether the operation is built.
        #[must_use]
        pub fn is_built(operation: Operation) -> bool {
            match operation {
                $(Operation::$name => true,)*
                $(Operation::$missing => false,)*
            }
        }

        /// Decodes the request, runs the operation, encodes the answer. An operation without output answers no bytes.
        ///
        /// # Errors
        /// What the operation answers instead, or `SerializationException` and `InvalidParameterException` for a request
        /// that does not fit the model.
        pub async fn dispatch(context: &Context, operation: Operation, body: Value) -> Result<Bytes, Error> {
            let body = clients::new_id::admit_custom_id(&context.settings, operation, body);
            let outcome = match operation {
                $(Operation::$name => {
                    let request = decode::<<model::$name as OperationTypes>::Request>(body)?;
                    // Boxed, so that the future of the whole table is not as large as its largest entry.
                    let response = match Box::pin($function(context, request)).await {
                        Ok(response) => response,
                        Err(error) => return Err(declared(operation, error)),
                    };
                    if operation.has_output() {
                        Answers::<<model::$name as OperationTypes>::Response>::encode(response)
                    } else {
                        Ok(Bytes::new())
                    }
                })*
                $(Operation::$missing => Err(Error::not_built(operation.as_str())),)*
            };
            outcome
        }
    };
}

table! {
    built {
        AdminConfirmSignUp => users::admin_confirm_sign_up,
        AdminCreateUser => users::admin_create_user,
        AdminDeleteSoftwareToken => users::admin_delete_software_token,
        AdminDeleteUser => users::admin_delete_user,
        AdminDeleteUserAttributes => users::admin_delete_user_attributes,
        AdminDisableUser => users::admin_disable_user,
        AdminEnableUser => users::admin_enable_user,
        AdminGetUser => users::admin_get_user,
        AdminGetUserAuthFactors => users::admin_get_user_auth_factors,
        AdminSetUserMFAPreference => users::admin_set_user_mfa_preference,
        AdminSetUserPassword => users::admin_set_user_password,
        AdminSetUserSettings => users::admin_set_user_settings,
        AdminUpdateUserAttributes => users::admin_update_user_attributes,
        AssociateSoftwareToken => users::associate_software_token,
        ChangePassword => users::change_password,
        ConfirmSignUp => users::confirm_sign_up,
        DeleteUser => users::delete_user,
        DeleteUserAttributes => users::delete_user_attributes,
        GetUser => users::get_user,
        GetUserAttributeVerificationCode => users::get_user_attribute_verification_code,
        GetUserAuthFactors => users::get_user_auth_factors,
        ListUsers => users::list_users,
        ResendConfirmationCode => users::resend_confirmation_code,
        SetUserMFAPreference => users::set_user_mfa_preference,
        SetUserSettings => users::set_user_settings,
        SignUp => users::sign_up,
        UpdateUserAttributes => users::update_user_attributes,
        VerifySoftwareToken => users::verify_software_token,
        VerifyUserAttribute => users::verify_user_attribute,
        AdminAddUserToGroup => groups::admin_add_user_to_group,
        AdminListGroupsForUser => groups::admin_list_groups_for_user,
        AdminRemoveUserFromGroup => groups::admin_remove_user_from_group,
        CreateGroup => groups::create_group,
        DeleteGroup => groups::delete_group,
        GetGroup => groups::get_group,
        ListGroups => groups::list_groups,
        ListUsersInGroup => groups::list_users_in_group,
        UpdateGroup => groups::update_group,
        AddCustomAttributes => pools::add_custom_attributes,
        AddUserPoolClientSecret => clients::add_user_pool_client_secret,
        CreateUserPool => pools::create_user_pool,
        CreateUserPoolClient => clients::create_user_pool_client,
        DeleteUserPool => pools::delete_user_pool,
        DeleteUserPoolClient => clients::delete_user_pool_client,
        DeleteUserPoolClientSecret => clients::delete_user_pool_client_secret,
        DescribeUserPool => pools::describe_user_pool,
        DescribeUserPoolClient => clients::describe_user_pool_client,
        GetUserPoolMfaConfig => pools::get_user_pool_mfa_config,
        ListTagsForResource => pools::list_tags_for_resource,
        ListUserPoolClientSecrets => clients::list_user_pool_client_secrets,
        ListUserPoolClients => clients::list_user_pool_clients,
        ListUserPools => pools::list_user_pools,
        SetUserPoolMfaConfig => pools::set_user_pool_mfa_config,
        TagResource => pools::tag_resource,
        UntagResource => pools::untag_resource,
        UpdateUserPool => pools::update_user_pool,
        UpdateUserPoolClient => clients::update_user_pool_client,
        AdminUserGlobalSignOut => tokens::admin_user_global_sign_out,
        GlobalSignOut => tokens::global_sign_out,
        RevokeToken => tokens::revoke_token,
        GetDerivedToken => tokens::get_derived_token,
        GetClientToken => tokens::get_client_token,
        AdminForgetDevice => devices::admin_forget_device,
        AdminGetDevice => devices::admin_get_device,
        AdminListDevices => devices::admin_list_devices,
        AdminUpdateDeviceStatus => devices::admin_update_device_status,
        ConfirmDevice => devices::confirm_device,
        ForgetDevice => devices::forget_device,
        GetDevice => devices::get_device,
        ListDevices => devices::list_devices,
        UpdateDeviceStatus => devices::update_device_status,
        AdminRespondToAuthChallenge => sign_in::admin_respond_to_auth_challenge,
        RespondToAuthChallenge => sign_in::respond_to_auth_challenge,
        AdminInitiateAuth => sign_in::admin_initiate_auth,
        GetTokensFromRefreshToken => sign_in::get_tokens_from_refresh_token,
        InitiateAuth => sign_in::initiate_auth,
        AdminResetUserPassword => recovery::admin_reset_user_password,
        ConfirmForgotPassword => recovery::confirm_forgot_password,
        ForgotPassword => recovery::forgot_password,
        CompleteWebAuthnRegistration => passkeys::complete_web_authn_registration,
        DeleteWebAuthnCredential => passkeys::delete_web_authn_credential,
        ListWebAuthnCredentials => passkeys::list_web_authn_credentials,
        StartWebAuthnRegistration => passkeys::start_web_authn_registration,
        AdminListUserSessions => user_sessions::admin_list_user_sessions,
        AdminRevokeUserSession => user_sessions::admin_revoke_user_session,
        GetUserPoolClientSessionConfiguration => user_sessions::get_user_pool_client_session_configuration,
        GetUserPoolSessionConfiguration => user_sessions::get_user_pool_session_configuration,
        ListUserSessions => user_sessions::list_user_sessions,
        RevokeUserSession => user_sessions::revoke_user_session,
        SetUserPoolClientSessionConfiguration => user_sessions::set_user_pool_client_session_configuration,
        SetUserPoolSessionConfiguration => user_sessions::set_user_pool_session_configuration,
    }
    not_built {
        AdminDisableProviderForUser,
        AdminLinkProviderForUser,
        AdminListUserAuthEvents,
        AdminUpdateAuthEventFeedback,
        CreateIdentityProvider,
        CreateManagedLoginBranding,
        CreateResourceServer,
        CreateTerms,
        CreateUserImportJob,
        CreateUserPoolDomain,
        CreateUserPoolReplica,
        DeleteIdentityProvider,
        DeleteManagedLoginBranding,
        DeleteResourceServer,
        DeleteTerms,
        DeleteUserPoolDomain,
        DeleteUserPoolReplica,
        DescribeIdentityProvider,
        DescribeManagedLoginBranding,
        DescribeManagedLoginBrandingByClient,
        DescribeResourceServer,
        DescribeRiskConfiguration,
        DescribeTerms,
        DescribeTermsByClient,
        DescribeUserImportJob,
        DescribeUserPoolDomain,
        GetCSVHeader,
        GetIdentityProviderByIdentifier,
        GetLogDeliveryConfiguration,
        GetProvisionedLimit,
        GetSigningCertificate,
        GetUICustomization,
        ListIdentityProviders,
        ListResourceServers,
        ListTerms,
        ListUserImportJobs,
        ListUserPoolReplicas,
        SetLogDeliveryConfiguration,
        SetRiskConfiguration,
        SetUICustomization,
        StartUserImportJob,
        StopUserImportJob,
        UpdateAuthEventFeedback,
        UpdateIdentityProvider,
        UpdateManagedLoginBranding,
        UpdateProvisionedLimit,
        UpdateResourceServer,
        UpdateTerms,
        UpdateUserPoolDomain,
        UpdateUserPoolReplica,
    }
}

fn decode<T: cenote_model::Decode>(body: Value) -> Result<T, Error> {
    cenote_model::decode_value(body).map_err(|error| match error {
        DecodeError::Serialization { message } => {
            Error { code: ErrorCode::SerializationException, message, cause: None }
        }
        DecodeError::Invalid(message) => Error::invalid_parameter(message),
    })
}

/// An operation may only answer what the model declares for it. Anything else is our mistake: it is logged and passed on,
/// and stops a test.
fn declared(operation: Operation, error: Error) -> Error {
    // The description of ForceAliasCreation promises the one; the other was seen.
    let promised = matches!(
        (operation, error.code),
        (Operation::AdminCreateUser, ErrorCode::AliasExistsException)
            | (Operation::VerifySoftwareToken, ErrorCode::ExpiredCodeException)
    );
    let known = promised
        || operation.declared_errors().contains(&error.code)
        || matches!(error.code, ErrorCode::InternalErrorException | ErrorCode::UnsupportedOperationException);
    if !known && error.code == ErrorCode::TooManyRequestsException {
        // A change that others were always faster than, in an operation that knows no better word.
        return Error::internal("too many changes at once");
    }
    if !known {
        tracing::warn!(
            operation = operation.as_str(),
            code = error.code.as_str(),
            "the model does not declare this error"
        );
        debug_assert!(known, "{} does not declare {}", operation.as_str(), error.code.as_str());
    }
    error
}
