// Amplify's Auth category, unmodified, in a page: passkeys by Chromium's virtual authenticator, devices, and what it keeps
// between visits.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { makePoolWithPasskeys, openBrowser, openPageWithAuthenticator, startOtherSite } from '../../support/browser.js';
import { totp } from '../../support/authenticator-app.js';
import { bundle } from '../../support/bundle.js';
import { PASSWORD, confirmedUser, makePool, startCenote } from '../../support/cenote.js';

const DONE = { isSignedIn: true, nextStep: { signInStep: 'DONE' } };
const authFlowType = 'USER_AUTH';

let cenote;
let browser;
let site;
let amplify;
before(async () => {
  [cenote, browser, site, amplify] = await Promise.all([
    startCenote(), openBrowser(), startOtherSite(), bundle('aws-amplify', 'aws-amplify/auth'),
  ]);
});
after(async () => {
  await browser?.close();
  site?.stop();
  await cenote?.stop();
});

/** Loads Amplify into a page, for a pool; what it returns calls its functions. */
async function load(page, { poolId, clientId }) {
  const Cognito = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: cenote.url };
  await page.addScriptTag({ content: amplify });
  await page.evaluate((Cognito) => library.Amplify.configure({ Auth: { Cognito } }), Cognito);
  return async (name, input) => {
    const { failure, result } = await page.evaluate(async ([name, input]) => {
      try {
        return { result: await library[name](input) };
      } catch (error) {
        return { failure: { name: error.name, message: error.message } };
      }
    }, [name, input]);
    if (failure) throw Object.assign(new Error(failure.message), failure);
    return result;
  };
}

test('a passkey is made, listed, used and given up', async () => {
  const pool = await makePoolWithPasskeys(cenote, 'required');
  await confirmedUser(cenote, pool, 'rosa');
  const page = await openPageWithAuthenticator(browser, site);
  const call = await load(page, pool);
  const byPassword = { username: 'rosa', password: PASSWORD, options: { authFlowType: 'USER_PASSWORD_AUTH' } };
  assert.deepEqual(await call('signIn', byPassword), DONE);
  await call('associateWebAuthnCredential');
  const { credentials: [passkey, ...others] } = await call('listWebAuthnCredentials');
  assert.deepEqual(others, []);
  assert.equal(passkey.relyingPartyId, 'localhost');
  assert.equal(passkey.authenticatorAttachment, 'platform');
  assert.ok(Math.abs(Date.now() - passkey.createdAt) < 300_000);
  await assert.rejects(call('associateWebAuthnCredential'), { name: 'PasskeyAlreadyExists' });
  await call('signOut');

  const preferred = { username: 'rosa', options: { authFlowType, preferredChallenge: 'WEB_AUTHN' } };
  assert.deepEqual(await call('signIn', preferred), DONE);
  assert.equal((await call('getCurrentUser')).signInDetails.loginId, 'rosa');
  await call('signOut');

  const { nextStep } = await call('signIn', { username: 'rosa', options: { authFlowType } });
  assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION');
  assert.deepEqual(nextStep.availableChallenges.toSorted(), ['PASSWORD', 'PASSWORD_SRP', 'WEB_AUTHN']);
  assert.deepEqual(await call('confirmSignIn', { challengeResponse: 'WEB_AUTHN' }), DONE);
  await call('deleteWebAuthnCredential', { credentialId: passkey.credentialId });
  assert.deepEqual((await call('listWebAuthnCredentials')).credentials, []);
  await call('signOut');
  const left = await call('signIn', preferred);
  assert.deepEqual(left.nextStep.availableChallenges.toSorted(), ['PASSWORD', 'PASSWORD_SRP']);
  await page.close();
});

test('who does not verify the user is refused, and the password still signs in', async () => {
  const pool = await makePoolWithPasskeys(cenote, 'preferred');
  await confirmedUser(cenote, pool, 'sven');
  const page = await openPageWithAuthenticator(browser, site, { hasUserVerification: false, isUserVerified: false });
  const call = await load(page, pool);
  const password = { username: 'sven', password: PASSWORD, options: { authFlowType, preferredChallenge: 'PASSWORD_SRP' } };
  assert.deepEqual(await call('signIn', password), DONE);
  await call('associateWebAuthnCredential');
  await call('signOut');
  const WebAuthnConfiguration = { RelyingPartyId: 'localhost', UserVerification: 'required' };
  await pool.api.setUserPoolMfaConfig({ UserPoolId: pool.poolId, WebAuthnConfiguration });
  const options = { authFlowType, preferredChallenge: 'WEB_AUTHN' };
  await assert.rejects(call('signIn', { username: 'sven', options }), { name: /^Passkey|NotAllowed/ });
  assert.deepEqual(await call('signIn', password), DONE);
  await page.close();
});

test('a session lasts from visit to visit, is refreshed, and ends everywhere', async () => {
  const pool = await makePoolWithPasskeys(cenote, 'preferred');
  await confirmedUser(cenote, pool, 'tilda');
  const page = await openPageWithAuthenticator(browser, site);
  const first = await load(page, pool);
  const options = { authFlowType: 'USER_PASSWORD_AUTH' };
  assert.deepEqual(await first('signIn', { username: 'tilda', password: PASSWORD, options }), DONE);
  await page.reload();
  const call = await load(page, pool);
  assert.equal((await call('getCurrentUser')).username, 'tilda');
  const accessToken = () => page.evaluate(async () => (await library.fetchAuthSession()).tokens.accessToken.toString());
  const before = await accessToken();
  await call('fetchAuthSession', { forceRefresh: true });
  const AccessToken = await accessToken();
  assert.notEqual(AccessToken, before);
  assert.equal((await pool.api.getUser({ AccessToken })).Username, 'tilda');
  await call('signOut', { global: true });
  await assert.rejects(call('getCurrentUser'), { name: 'UserUnAuthenticatedException' });
  await assert.rejects(pool.api.getUser({ AccessToken }), { name: 'NotAuthorizedException' });
  await page.close();
});

for (const authFlowType of ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH']) test(`a device spares the second factor, ${authFlowType}`, async () => {
  const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true };
  const pool = await makePool(cenote, { pool: { DeviceConfiguration } });
  await confirmedUser(cenote, pool, 'gina');
  const { api, poolId: UserPoolId } = pool;
  await api.setUserPoolMfaConfig({
    UserPoolId, MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true },
  });
  const page = await openPageWithAuthenticator(browser, site);
  const call = await load(page, pool);
  const start = () => call('signIn', { username: 'gina', password: PASSWORD, options: { authFlowType } });
  const devices = async () => (await call('fetchDevices')).map(({ id }) => id);

  assert.deepEqual(await start(), DONE);
  const { sharedSecret } = await call('setUpTOTP');
  await call('verifyTOTPSetup', { code: totp(sharedSecret) });
  await call('updateMFAPreference', { totp: 'PREFERRED' });
  await call('signOut');

  // The library has confirmed the device; its user has not yet said to remember it.
  const asked = { isSignedIn: false, nextStep: { signInStep: 'CONFIRM_SIGN_IN_WITH_TOTP_CODE' } };
  assert.deepEqual(await start(), asked);
  assert.deepEqual(await call('confirmSignIn', { challengeResponse: totp(sharedSecret, 1) }), DONE);
  assert.deepEqual(await devices(), []);
  await call('rememberDevice');
  const [device, ...others] = await devices();
  assert.deepEqual(others, []);
  await call('signOut');

  assert.deepEqual(await start(), DONE);
  assert.deepEqual(await devices(), [device]);
  await call('fetchAuthSession', { forceRefresh: true });
  const key = await page.evaluate(async () => (await library.fetchAuthSession()).tokens.accessToken.payload.device_key);
  assert.equal(key, device);
  await call('signOut');

  // Forgotten elsewhere: the library forgets it too, and starts over.
  await api.adminForgetDevice({ UserPoolId, Username: 'gina', DeviceKey: device });
  await api.adminSetUserMFAPreference({ UserPoolId, Username: 'gina', SoftwareTokenMfaSettings: { Enabled: false } });
  assert.deepEqual(await start(), DONE);
  await call('rememberDevice');
  const [other] = await devices();
  assert.ok(other && other !== device);
  await call('forgetDevice');
  assert.deepEqual(await devices(), []);
  await page.close();
});
