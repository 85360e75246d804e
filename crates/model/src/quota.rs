//! Request rate quotas: what an operation counts against, and how much of it Cognito grants.

use crate::Operation;

/// A category of operations that share one request rate. Cognito has one more, for sign-in through identity providers
/// (UserFederation), which no operation of this API counts against.
///
/// The guide names most members of a category; the others are placed by likeness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaCategory {
    /// Sign-in, its challenges and refresh.
    UserAuthentication,
    /// Sign-up and creation of users.
    UserCreation,
    /// Forgotten, changed and set passwords.
    UserAccountRecovery,
    /// Reads of one user and its factors.
    UserRead,
    /// Changes of one user.
    UserUpdate,
    /// Revocation of tokens.
    UserToken,
    /// Reads of a user's devices, groups and events, and new codes.
    UserResourceRead,
    /// Changes of a user's devices and factors.
    UserResourceUpdate,
    /// Lists of users.
    UserList,
    /// Reads of pools.
    UserPoolRead,
    /// Changes of pools.
    UserPoolUpdate,
    /// Reads of what belongs to a pool: groups, providers, domains and so on.
    UserPoolResourceRead,
    /// Changes of what belongs to a pool.
    UserPoolResourceUpdate,
    /// Reads of app clients.
    UserPoolClientRead,
    /// Changes of app clients.
    UserPoolClientUpdate,
    /// Tokens for app clients themselves.
    ClientAuthentication,
    /// Reads and changes of these quotas.
    LimitManagement,
}

impl QuotaCategory {
    /// Every category.
    pub const ALL: &[Self] = &[
        Self::UserAuthentication,
        Self::UserCreation,
        Self::UserAccountRecovery,
        Self::UserRead,
        Self::UserUpdate,
        Self::UserToken,
        Self::UserResourceRead,
        Self::UserResourceUpdate,
        Self::UserList,
        Self::UserPoolRead,
        Self::UserPoolUpdate,
        Self::UserPoolResourceRead,
        Self::UserPoolResourceUpdate,
        Self::UserPoolClientRead,
        Self::UserPoolClientUpdate,
        Self::ClientAuthentication,
        Self::LimitManagement,
    ];

    /// The name in Cognito's documentation and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserAuthentication => "UserAuthentication",
            Self::UserCreation => "UserCreation",
            Self::UserAccountRecovery => "UserAccountRecovery",
            Self::UserRead => "UserRead",
            Self::UserUpdate => "UserUpdate",
            Self::UserToken => "UserToken",
            Self::UserResourceRead => "UserResourceRead",
            Self::UserResourceUpdate => "UserResourceUpdate",
            Self::UserList => "UserList",
            Self::UserPoolRead => "UserPoolRead",
            Self::UserPoolUpdate => "UserPoolUpdate",
            Self::UserPoolResourceRead => "UserPoolResourceRead",
            Self::UserPoolResourceUpdate => "UserPoolResourceUpdate",
            Self::UserPoolClientRead => "UserPoolClientRead",
            Self::UserPoolClientUpdate => "UserPoolClientUpdate",
            Self::ClientAuthentication => "ClientAuthentication",
            Self::LimitManagement => "LimitManagement",
        }
    }

    /// Requests a second that Cognito grants an account in a region by default.
    pub const fn default_requests_per_second(self) -> u32 {
        match self {
            Self::ClientAuthentication => 150,
            Self::UserAuthentication | Self::UserRead | Self::UserToken => 120,
            Self::UserCreation | Self::UserResourceRead => 50,
            Self::UserAccountRecovery | Self::UserList => 30,
            Self::UserUpdate | Self::UserResourceUpdate => 25,
            Self::UserPoolResourceRead => 20,
            Self::UserPoolRead
            | Self::UserPoolUpdate
            | Self::UserPoolResourceUpdate
            | Self::UserPoolClientRead
            | Self::UserPoolClientUpdate => 15,
            Self::LimitManagement => 1,
        }
    }

    /// Whether each operation of the category has a quota of its own on each pool:
    /// [`Self::DEFAULT_OPERATION_REQUESTS_PER_SECOND`].
    pub const fn limits_each_operation(self) -> bool {
        matches!(
            self,
            Self::UserPoolResourceRead
                | Self::UserPoolResourceUpdate
                | Self::UserPoolClientRead
                | Self::UserPoolClientUpdate
        )
    }

    /// Requests a second of one operation on one pool, where [`Self::limits_each_operation`].
    pub const DEFAULT_OPERATION_REQUESTS_PER_SECOND: u32 = 5;

    /// Requests a second that read one user, and the same number that change it.
    pub const DEFAULT_USER_REQUESTS_PER_SECOND: u32 = 10;

    /// How many more answers to challenges than sign-ins there may be; what is beyond counts as sign-ins.
    pub const CHALLENGES_PER_SIGN_IN: u32 = 3;
}

impl Operation {
    /// The category whose rate the operation counts against. An answer to the challenge for a new password counts as account
    /// recovery instead.
    pub const fn quota_category(self) -> QuotaCategory {
        use QuotaCategory as Category;
        match self {
            Self::AdminInitiateAuth
            | Self::AdminRespondToAuthChallenge
            | Self::GetDerivedToken
            | Self::GetTokensFromRefreshToken
            | Self::InitiateAuth
            | Self::RespondToAuthChallenge => Category::UserAuthentication,
            Self::AdminConfirmSignUp | Self::AdminCreateUser | Self::ConfirmSignUp | Self::SignUp => {
                Category::UserCreation
            }
            Self::AdminResetUserPassword
            | Self::AdminSetUserPassword
            | Self::ChangePassword
            | Self::ConfirmForgotPassword
            | Self::ForgotPassword => Category::UserAccountRecovery,
            Self::AdminGetUser | Self::AdminGetUserAuthFactors | Self::GetUser | Self::GetUserAuthFactors => {
                Category::UserRead
            }
            Self::AdminAddUserToGroup
            | Self::AdminDeleteUser
            | Self::AdminDeleteUserAttributes
            | Self::AdminDisableProviderForUser
            | Self::AdminDisableUser
            | Self::AdminEnableUser
            | Self::AdminLinkProviderForUser
            | Self::AdminRemoveUserFromGroup
            | Self::AdminRevokeUserSession
            | Self::AdminUpdateUserAttributes
            | Self::AdminUserGlobalSignOut
            | Self::DeleteUser
            | Self::DeleteUserAttributes
            | Self::GlobalSignOut
            | Self::RevokeUserSession
            | Self::UpdateUserAttributes
            | Self::VerifyUserAttribute => Category::UserUpdate,
            Self::RevokeToken => Category::UserToken,
            Self::AdminGetDevice
            | Self::AdminListDevices
            | Self::AdminListGroupsForUser
            | Self::AdminListUserAuthEvents
            | Self::AdminListUserSessions
            | Self::GetDevice
            | Self::GetUserAttributeVerificationCode
            | Self::ListDevices
            | Self::ListUserSessions
            | Self::ListWebAuthnCredentials
            | Self::ResendConfirmationCode => Category::UserResourceRead,
            Self::AdminDeleteSoftwareToken
            | Self::AdminForgetDevice
            | Self::AdminSetUserMFAPreference
            | Self::AdminSetUserSettings
            | Self::AdminUpdateAuthEventFeedback
            | Self::AdminUpdateDeviceStatus
            | Self::AssociateSoftwareToken
            | Self::CompleteWebAuthnRegistration
            | Self::ConfirmDevice
            | Self::DeleteWebAuthnCredential
            | Self::ForgetDevice
            | Self::SetUserMFAPreference
            | Self::SetUserSettings
            | Self::StartWebAuthnRegistration
            | Self::UpdateAuthEventFeedback
            | Self::UpdateDeviceStatus
            | Self::VerifySoftwareToken => Category::UserResourceUpdate,
            Self::ListUsers | Self::ListUsersInGroup => Category::UserList,
            Self::DescribeUserPool | Self::ListUserPoolReplicas | Self::ListUserPools => {
                Category::UserPoolRead
            }
            Self::CreateUserPool
            | Self::CreateUserPoolReplica
            | Self::DeleteUserPool
            | Self::DeleteUserPoolReplica
            | Self::UpdateUserPool
            | Self::UpdateUserPoolReplica => Category::UserPoolUpdate,
            Self::DescribeIdentityProvider
            | Self::DescribeManagedLoginBranding
            | Self::DescribeManagedLoginBrandingByClient
            | Self::DescribeResourceServer
            | Self::DescribeRiskConfiguration
            | Self::DescribeTerms
            | Self::DescribeTermsByClient
            | Self::DescribeUserImportJob
            | Self::DescribeUserPoolDomain
            | Self::GetCSVHeader
            | Self::GetGroup
            | Self::GetIdentityProviderByIdentifier
            | Self::GetLogDeliveryConfiguration
            | Self::GetSigningCertificate
            | Self::GetUICustomization
            | Self::GetUserPoolMfaConfig
            | Self::GetUserPoolSessionConfiguration
            | Self::ListGroups
            | Self::ListIdentityProviders
            | Self::ListResourceServers
            | Self::ListTagsForResource
            | Self::ListTerms
            | Self::ListUserImportJobs => Category::UserPoolResourceRead,
            Self::AddCustomAttributes
            | Self::CreateGroup
            | Self::CreateIdentityProvider
            | Self::CreateManagedLoginBranding
            | Self::CreateResourceServer
            | Self::CreateTerms
            | Self::CreateUserImportJob
            | Self::CreateUserPoolDomain
            | Self::DeleteGroup
            | Self::DeleteIdentityProvider
            | Self::DeleteManagedLoginBranding
            | Self::DeleteResourceServer
            | Self::DeleteTerms
            | Self::DeleteUserPoolDomain
            | Self::SetLogDeliveryConfiguration
            | Self::SetRiskConfiguration
            | Self::SetUICustomization
            | Self::SetUserPoolMfaConfig
            | Self::SetUserPoolSessionConfiguration
            | Self::StartUserImportJob
            | Self::StopUserImportJob
            | Self::TagResource
            | Self::UntagResource
            | Self::UpdateGroup
            | Self::UpdateIdentityProvider
            | Self::UpdateManagedLoginBranding
            | Self::UpdateResourceServer
            | Self::UpdateTerms
            | Self::UpdateUserPoolDomain => Category::UserPoolResourceUpdate,
            Self::DescribeUserPoolClient
            | Self::GetUserPoolClientSessionConfiguration
            | Self::ListUserPoolClientSecrets
            | Self::ListUserPoolClients => Category::UserPoolClientRead,
            Self::AddUserPoolClientSecret
            | Self::CreateUserPoolClient
            | Self::DeleteUserPoolClient
            | Self::DeleteUserPoolClientSecret
            | Self::SetUserPoolClientSessionConfiguration
            | Self::UpdateUserPoolClient => Category::UserPoolClientUpdate,
            Self::GetClientToken => Category::ClientAuthentication,
            Self::GetProvisionedLimit | Self::UpdateProvisionedLimit => Category::LimitManagement,
        }
    }
}
