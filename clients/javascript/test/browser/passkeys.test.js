// Passkeys by Chromium's virtual authenticator, through the AWS SDK; their tokens by aws-jwt-verify.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { makePoolWithPasskeys, openBrowser, openPageWithAuthenticator, startOtherSite } from '../../support/browser.js';
import { PASSWORD, confirmedUser, startCenote } from '../../support/cenote.js';
import { makeVerifier } from '../../support/verifier.js';

let cenote;
let browser;
let site;
before(async () => {
  [cenote, browser, site] = await Promise.all([startCenote('--set', 'aws.issuer=aws'), openBrowser(), startOtherSite()]);
});
after(async () => {
  await browser?.close();
  site?.stop();
  await cenote?.stop();
});

const create = (page, options) =>
  page.evaluate(async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return (await navigator.credentials.create({ publicKey })).toJSON();
  }, options);

const get = (page, options) =>
  page.evaluate(async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    return (await navigator.credentials.get({ publicKey })).toJSON();
  }, options);

async function tokenOf({ api, clientId }, USERNAME) {
  const { AuthenticationResult } = await api.initiateAuth({
    ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME, PASSWORD },
  });
  return AuthenticationResult.AccessToken;
}

test('a browser makes a passkey, signs in by it again and again, and gives it up', async () => {
  const pool = await makePoolWithPasskeys(cenote, 'required');
  const { api, clientId } = pool;
  await confirmedUser(cenote, pool, 'rosa');
  const AccessToken = await tokenOf(pool, 'rosa');
  const page = await openPageWithAuthenticator(browser, site);
  const { CredentialCreationOptions } = await api.startWebAuthnRegistration({ AccessToken });
  const Credential = await create(page, CredentialCreationOptions);
  await api.completeWebAuthnRegistration({ AccessToken, Credential });
  const { Credentials } = await api.listWebAuthnCredentials({ AccessToken });
  assert.equal(Credentials.length, 1);
  assert.equal(Credentials[0].CredentialId, Credential.id);
  assert.equal(Credentials[0].RelyingPartyId, 'localhost');
  assert.equal(Credentials[0].AuthenticatorAttachment, 'platform');
  assert.deepEqual(Credentials[0].AuthenticatorTransports, ['internal']);

  // The same authenticator makes no second one.
  const again = await api.startWebAuthnRegistration({ AccessToken });
  await assert.rejects(create(page, again.CredentialCreationOptions), /InvalidStateError/);

  const { verifier } = makeVerifier(cenote, pool);
  const AuthParameters = { USERNAME: 'rosa', PREFERRED_CHALLENGE: 'WEB_AUTHN' };
  for (let time = 0; time < 3; time += 1) {
    const asked = await api.initiateAuth({ ClientId: clientId, AuthFlow: 'USER_AUTH', AuthParameters });
    assert.equal(asked.ChallengeName, 'WEB_AUTHN');
    const proof = await get(page, JSON.parse(asked.ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS));
    const answer = {
      ClientId: clientId, ChallengeName: 'WEB_AUTHN', Session: asked.Session,
      ChallengeResponses: { USERNAME: 'rosa', CREDENTIAL: JSON.stringify(proof) },
    };
    const { AuthenticationResult } = await api.respondToAuthChallenge(answer);
    assert.equal((await api.getUser({ AccessToken: AuthenticationResult.AccessToken })).Username, 'rosa');
    assert.equal((await verifier.verify(AuthenticationResult.AccessToken, { tokenUse: 'access' })).username, 'rosa');
    assert.equal((await verifier.verify(AuthenticationResult.IdToken, { tokenUse: 'id' }))['cognito:username'], 'rosa');
    await assert.rejects(api.respondToAuthChallenge(answer), { name: 'NotAuthorizedException' });
  }
  await api.deleteWebAuthnCredential({ AccessToken, CredentialId: Credential.id });
  const after = await api.initiateAuth({ ClientId: clientId, AuthFlow: 'USER_AUTH', AuthParameters });
  assert.equal(after.ChallengeName, 'SELECT_CHALLENGE');
  assert.deepEqual(after.AvailableChallenges.toSorted(), ['PASSWORD', 'PASSWORD_SRP']);
  await page.close();
});

test('a page that asks less of an authenticator than it was told is refused', async () => {
  const pool = await makePoolWithPasskeys(cenote, 'preferred');
  const { api, clientId, poolId } = pool;
  await confirmedUser(cenote, pool, 'sven');
  const AccessToken = await tokenOf(pool, 'sven');
  const page = await openPageWithAuthenticator(browser, site, { hasUserVerification: false, isUserVerified: false });
  const { CredentialCreationOptions } = await api.startWebAuthnRegistration({ AccessToken });
  const Credential = await create(page, CredentialCreationOptions);
  await api.completeWebAuthnRegistration({ AccessToken, Credential });

  const signIn = async () => {
    const asked = await api.initiateAuth({
      ClientId: clientId, AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: 'sven', PREFERRED_CHALLENGE: 'WEB_AUTHN' },
    });
    const options = JSON.parse(asked.ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS);
    const proof = await get(page, { ...options, userVerification: 'discouraged' });
    const { AuthenticationResult } = await api.respondToAuthChallenge({
      ClientId: clientId, ChallengeName: 'WEB_AUTHN', Session: asked.Session,
      ChallengeResponses: { USERNAME: 'sven', CREDENTIAL: JSON.stringify(proof) },
    });
    assert.ok(AuthenticationResult.AccessToken);
  };
  const configure = (UserVerification) =>
    api.setUserPoolMfaConfig({
      UserPoolId: poolId, WebAuthnConfiguration: { RelyingPartyId: 'localhost', UserVerification },
    });
  await signIn();
  await configure('required');
  await assert.rejects(signIn(), { name: 'NotAuthorizedException' });
  await configure('preferred');
  await signIn();
  await page.close();
});
