// aws-jwt-verify, unmodified, as AWS's verifier is created: on the tokens of every kind of sign-in, and of their refreshes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import identity from 'amazon-cognito-identity-js';

import { totp } from '../../support/authenticator-app.js';
import {
  BINARY, NEW_PASSWORD, PASSWORD, REGION, confirmedUser, makePool, startCenote, waitFor,
} from '../../support/cenote.js';
import { ASKS_FOR_SUM, SUM, startFunctions } from '../../support/functions.js';
import { makeVerifier } from '../../support/verifier.js';

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = identity;

const SCOPE = 'aws.cognito.signin.user.admin';
const EVERY_FLOW = [
  'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_USER_AUTH', 'ALLOW_CUSTOM_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
];

let lambda;
let cenote;
/** One that keeps devices, and one that does not. */
let pools;
before(async () => {
  lambda = await startFunctions(SUM);
  cenote = await startCenote('--lambda-endpoint', lambda.url, '--set', 'aws.issuer=aws');
  const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false };
  pools = { plain: await makeBigPool(), tracking: await makeBigPool({ DeviceConfiguration }) };
});
after(async () => {
  await cenote?.stop();
  lambda?.stop();
});

/** A pool for every kind of sign-in; its users are readers. */
async function makeBigPool(members = {}) {
  const made = await makePool(cenote, {
    pool: {
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } }, LambdaConfig: ASKS_FOR_SUM, ...members,
    },
    client: { ExplicitAuthFlows: EVERY_FLOW },
  });
  await made.api.setUserPoolMfaConfig({
    UserPoolId: made.poolId, MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true },
  });
  await made.api.createGroup({ UserPoolId: made.poolId, GroupName: 'readers' });
  return made;
}

async function makeReader(pool, username) {
  await confirmedUser(cenote, pool, username);
  await pool.api.adminAddUserToGroup({ UserPoolId: pool.poolId, Username: username, GroupName: 'readers' });
}

/** The verifier of an API for readers. */
const verifierOf = (pool, members) => makeVerifier(cenote, pool, { groups: 'readers', ...members });

const start = (pool, AuthFlow, AuthParameters) =>
  pool.api.initiateAuth({ ClientId: pool.clientId, AuthFlow, AuthParameters });

/** Answers what was asked. */
const answer = (pool, { ChallengeName, Session }, USERNAME, responses) =>
  pool.api.respondToAuthChallenge({
    ClientId: pool.clientId, ChallengeName, Session, ChallengeResponses: { USERNAME, ...responses },
  });

const byPassword = (pool, USERNAME) => start(pool, 'USER_PASSWORD_AUTH', { USERNAME, PASSWORD });

/** By SRP, with the device that the library remembers. */
const bySrp = (pool, Username) =>
  new Promise((resolve, onFailure) => {
    const Pool = new CognitoUserPool({ UserPoolId: pool.poolId, ClientId: pool.clientId, endpoint: `${cenote.url}/` });
    const onSuccess = (session) => resolve({
      AuthenticationResult: {
        IdToken: session.getIdToken().getJwtToken(), AccessToken: session.getAccessToken().getJwtToken(),
        RefreshToken: session.getRefreshToken().getToken(),
      },
    });
    const details = new AuthenticationDetails({ Username, Password: PASSWORD });
    new CognitoUser({ Username, Pool }).authenticateUser(details, { onSuccess, onFailure });
  });

/** How users come to tokens. */
const SIGN_INS = {
  'a password': byPassword,
  'a password, by an administrator': ({ api, poolId, clientId }, USERNAME) =>
    api.adminInitiateAuth({
      UserPoolId: poolId, ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters: { USERNAME, PASSWORD },
    }),
  'a proof of the password': bySrp,
  'a new device': bySrp,
  'a remembered device': async (pool, username) => {
    await bySrp(pool, username);
    return bySrp(pool, username);
  },
  'a new password': async (pool, Username) => {
    await pool.api.adminSetUserPassword({ UserPoolId: pool.poolId, Username, Password: PASSWORD, Permanent: false });
    return answer(pool, await byPassword(pool, Username), Username, { NEW_PASSWORD });
  },
  'a code by mail': async (pool, USERNAME) => {
    const asked = await start(pool, 'USER_AUTH', { USERNAME, PREFERRED_CHALLENGE: 'EMAIL_OTP' });
    const { code } = await cenote.message('Authentication', { pool: pool.poolId, to: `${USERNAME}@example.com` });
    return answer(pool, asked, USERNAME, { EMAIL_OTP_CODE: code });
  },
  'a chosen password': async (pool, USERNAME) =>
    answer(pool, await start(pool, 'USER_AUTH', { USERNAME }), USERNAME, { ANSWER: 'PASSWORD', PASSWORD }),
  'a password and an app': async (pool, username) => {
    const { AccessToken } = (await byPassword(pool, username)).AuthenticationResult;
    const { SecretCode } = await pool.api.associateSoftwareToken({ AccessToken });
    await pool.api.verifySoftwareToken({ AccessToken, UserCode: totp(SecretCode) });
    await pool.api.setUserMFAPreference({ AccessToken, SoftwareTokenMfaSettings: { Enabled: true } });
    return answer(pool, await byPassword(pool, username), username, { SOFTWARE_TOKEN_MFA_CODE: totp(SecretCode, 1) });
  },
  'the question of a function': async (pool, USERNAME) =>
    answer(pool, await start(pool, 'CUSTOM_AUTH', { USERNAME }), USERNAME, { ANSWER: '5' }),
};

/** What tokens of one sign-in have in common, however often they are refreshed. */
const kept = ({ sub, origin_jti, event_id, auth_time }) => ({ sub, origin_jti, event_id, auth_time });

for (const [kind, signIn] of Object.entries(SIGN_INS)) test(`${kind}, and a refresh`, async () => {
  const pool = kind.endsWith('device') ? pools.tracking : pools.plain;
  const username = kind.replaceAll(/\W/g, '-');
  await makeReader(pool, username);
  const { verifier, fetched } = verifierOf(pool);
  const { IdToken, AccessToken, RefreshToken } = (await signIn(pool, username)).AuthenticationResult;
  const id = await verifier.verify(IdToken, { tokenUse: 'id' });
  const access = await verifier.verify(AccessToken, { tokenUse: 'access', scope: SCOPE });
  assert.deepEqual([id['cognito:username'], access.username], [username, username]);
  assert.equal(access.scope, SCOPE);
  assert.deepEqual(kept(id), kept(access));
  assert.equal(Boolean(access.device_key), pool === pools.tracking);
  const { AuthenticationResult: refreshed } = await pool.api.getTokensFromRefreshToken({
    ClientId: pool.clientId, RefreshToken, DeviceKey: access.device_key,
  });
  assert.deepEqual(kept(await verifier.verify(refreshed.IdToken, { tokenUse: 'id' })), kept(id));
  assert.deepEqual(kept(await verifier.verify(refreshed.AccessToken, { tokenUse: 'access', scope: SCOPE })), kept(id));
  assert.equal(fetched.length, 1);
});

test('the code of a sign-up', async () => {
  const pool = pools.plain;
  const { api, clientId: ClientId, poolId } = pool;
  const Username = 'vera';
  const UserAttributes = [{ Name: 'email', Value: 'vera@example.com' }];
  await api.signUp({ ClientId, Username, Password: PASSWORD, UserAttributes });
  const { code: ConfirmationCode } = await cenote.message('SignUp', { pool: poolId, to: 'vera@example.com' });
  const { Session } = await api.confirmSignUp({ ClientId, Username, ConfirmationCode });
  const { AuthenticationResult: { IdToken, AccessToken } } =
    await api.initiateAuth({ ClientId, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: Username }, Session });
  const { verifier } = verifierOf(pool, { groups: null });
  const claims = [await verifier.verify(IdToken, { tokenUse: 'id' }), await verifier.verify(AccessToken, { tokenUse: 'access' })];
  assert.deepEqual(kept(claims[0]), kept(claims[1]));
  // Who is in no group is in none of those asked for.
  await assert.rejects(verifierOf(pool).verifier.verify(AccessToken), /Cognito group/);
});

test('another group, scope, use, client, pool or signature is refused', async () => {
  const pool = pools.plain;
  await makeReader(pool, 'wanda');
  const { IdToken, AccessToken } = (await byPassword(pool, 'wanda')).AuthenticationResult;
  const { verifier } = verifierOf(pool);
  for (const token of [IdToken, AccessToken]) {
    await verifier.verify(token, { groups: ['writers', 'readers'], clientId: ['other', pool.clientId] });
    await assert.rejects(verifier.verify(token, { groups: 'writers' }), /Cognito group/);
    await assert.rejects(verifier.verify(token, { clientId: pools.tracking.clientId }), /Client ID/);
    await assert.rejects(verifierOf(pools.tracking).verifier.verify(token), /issuer not configured/);
    const [head, payload, signature] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url'));
    const forged = Buffer.from(JSON.stringify({ ...claims, 'cognito:groups': ['writers'] })).toString('base64url');
    await assert.rejects(verifier.verify(`${head}.${forged}.${signature}`), /signature/i);
  }
  await verifier.verify(AccessToken, { scope: ['other/read', SCOPE] });
  await assert.rejects(verifier.verify(AccessToken, { scope: 'other/read' }), /Scope/);
  await assert.rejects(verifier.verify(IdToken, { scope: SCOPE }), /Scope/);
  await assert.rejects(verifier.verify(IdToken, { tokenUse: 'access' }), /Token use/);
  await assert.rejects(verifier.verify(AccessToken, { tokenUse: 'id' }), /Token use/);
});

test('after a rotation of keys, and with the newer issuer, the same verifier goes on', async () => {
  const pool = await makeBigPool();
  const { api, poolId: UserPoolId } = pool;
  await makeReader(pool, 'xenia');
  const { verifier, fetched } = verifierOf(pool);
  const tokens = async () => (await byPassword(pool, 'xenia')).AuthenticationResult;
  const check = async ({ IdToken, AccessToken }) => {
    const { iss } = await verifier.verify(IdToken, { tokenUse: 'id' });
    assert.equal((await verifier.verify(AccessToken, { tokenUse: 'access', scope: SCOPE })).iss, iss);
    return new URL(iss).host;
  };
  const old = await tokens();
  assert.equal(await check(old), `cognito-idp.${REGION}.amazonaws.com`);
  execFileSync(BINARY, [
    'keys', 'rotate', '--pool', UserPoolId, '--json', '--at-once',
    '--set', `store.url=sqlite:${cenote.data}/cenote.db`, '--set', `keys.master_key_file=${cenote.data}/master.key`,
  ]);
  const kid = ({ IdToken }) => JSON.parse(Buffer.from(IdToken.split('.')[0], 'base64url')).kid;
  const fresh = await waitFor(async () => {
    const made = await tokens();
    return kid(made) !== kid(old) && made;
  }, 'token by the new key');
  await check(fresh);
  await check(old);
  assert.equal(fetched.length, 2);

  await api.updateUserPool({ UserPoolId, IssuerConfiguration: { Type: 'UPDATED' } });
  const moved = await waitFor(async () => {
    const made = await tokens();
    return verifierOf(pool).verifier.verify(made.IdToken).then(({ iss }) => iss.includes('issuer-cognito') && made);
  }, 'token of the newer issuer');
  assert.equal(await check(moved), `issuer-cognito-idp.${REGION}.amazonaws.com`);
  await check(fresh);
  // Each token is of the user, whatever the issuer is called.
  for (const { AccessToken } of [old, fresh, moved]) assert.equal((await api.getUser({ AccessToken })).Username, 'xenia');
});
