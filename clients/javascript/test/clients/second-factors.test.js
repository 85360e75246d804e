// Second factors with amazon-cognito-identity-js and Amplify, unmodified.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import identity from 'amazon-cognito-identity-js';
import { Amplify } from 'aws-amplify';
import {
  confirmSignIn, fetchMFAPreference, setUpTOTP, signIn, signOut, updateMFAPreference, verifyTOTPSetup,
} from 'aws-amplify/auth';

import { totp } from '../../support/authenticator-app.js';
import { PASSWORD, makePool, startCenote } from '../../support/cenote.js';

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = identity;
const PHONE = '+12065551234';

let cenote;
before(async () => { cenote = await startCenote(); });
after(() => cenote?.stop());

/** A pool whose administrators reset passwords, so that every contact may be a factor. */
async function poolWith(MfaConfiguration, factors) {
  const made = await makePool(cenote, {
    pool: { AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] } },
  });
  const sms = { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms', ExternalId: 'tests' } };
  await made.api.setUserPoolMfaConfig({
    UserPoolId: made.poolId,
    MfaConfiguration,
    SoftwareTokenMfaConfiguration: factors.includes('totp') ? { Enabled: true } : undefined,
    SmsMfaConfiguration: factors.includes('sms') ? sms : undefined,
    EmailMfaConfiguration: factors.includes('email') ? {} : undefined,
  });
  return made;
}

async function makeUser({ api, poolId }, Username, attributes = {}) {
  const UserAttributes = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
  await api.adminCreateUser({ UserPoolId: poolId, Username, MessageAction: 'SUPPRESS', UserAttributes });
  await api.adminSetUserPassword({ UserPoolId: poolId, Username, Password: PASSWORD, Permanent: true });
}

/** Starts a sign-in and answers which callback came, with its arguments. */
function asked(run) {
  return new Promise((resolve, reject) => {
    const names = ['onSuccess', 'mfaSetup', 'totpRequired', 'mfaRequired', 'selectMFAType', 'associateSecretCode'];
    const callbacks = Object.fromEntries(names.map((name) => [name, (...values) => resolve([name, ...values])]));
    run({ ...callbacks, onFailure: reject });
  });
}

test('amazon-cognito-identity-js sets an app up on the way in, and chooses between factors', async () => {
  for (const flow of ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH']) {
    const pool = await poolWith('ON', ['totp', 'sms']);
    await makeUser(pool, 'rosa');
    const library = new CognitoUserPool({
      UserPoolId: pool.poolId, ClientId: pool.clientId, endpoint: `${cenote.url}/`,
    });
    const start = async () => {
      const user = new CognitoUser({ Username: 'rosa', Pool: library });
      user.setAuthenticationFlowType(flow);
      const details = new AuthenticationDetails({ Username: 'rosa', Password: PASSWORD });
      return [user, await asked((callbacks) => user.authenticateUser(details, callbacks))];
    };
    let [user, [challenge]] = await start();
    assert.equal(challenge, 'mfaSetup');
    const [, secret] = await asked((callbacks) => user.associateSoftwareToken(callbacks));
    const [finished, session] = await asked((callbacks) =>
      user.verifySoftwareToken(totp(secret), 'phone', callbacks));
    assert.equal(finished, 'onSuccess');
    assert.equal(session.getAccessToken().payload.username, 'rosa');

    [user, [challenge]] = await start();
    assert.equal(challenge, 'totpRequired');
    const send = (code, type) => asked((callbacks) => user.sendMFACode(code, callbacks, type));
    await assert.rejects(send(totp(secret, -5), 'SOFTWARE_TOKEN_MFA'), { code: 'CodeMismatchException' });
    assert.equal((await send(totp(secret, 1), 'SOFTWARE_TOKEN_MFA'))[0], 'onSuccess');

    await pool.api.adminUpdateUserAttributes({
      UserPoolId: pool.poolId, Username: 'rosa', UserAttributes: [{ Name: 'phone_number', Value: PHONE }],
    });
    await pool.api.adminSetUserMFAPreference({
      UserPoolId: pool.poolId, Username: 'rosa', SMSMfaSettings: { Enabled: true },
    });
    let parameters;
    [user, [challenge, , parameters]] = await start();
    assert.equal(challenge, 'selectMFAType');
    assert.deepEqual(JSON.parse(parameters.MFAS_CAN_CHOOSE), ['SMS_MFA', 'SOFTWARE_TOKEN_MFA']);
    [challenge, , parameters] = await asked((callbacks) => user.sendMFASelectionAnswer('SMS_MFA', callbacks));
    assert.equal(challenge, 'mfaRequired');
    assert.equal(parameters.CODE_DELIVERY_DESTINATION, '+*******1234');
    const { code } = await cenote.message('Authentication', { pool: pool.poolId, to: PHONE });
    assert.equal((await send(code, 'SMS_MFA'))[0], 'onSuccess');
  }
});

function configure(pool) {
  const Cognito = { userPoolId: pool.poolId, userPoolClientId: pool.clientId, userPoolEndpoint: cenote.url };
  Amplify.configure({ Auth: { Cognito } });
}

test('Amplify sets an app up, prefers it, and chooses between factors', async () => {
  const pool = await poolWith('OPTIONAL', ['totp', 'sms', 'email']);
  await makeUser(pool, 'rosa', { email: 'rosa@example.com', phone_number: PHONE });
  configure(pool);
  const start = () => signIn({ username: 'rosa', password: PASSWORD });
  assert.equal((await start()).isSignedIn, true);
  const { sharedSecret } = await setUpTOTP();
  await assert.rejects(verifyTOTPSetup({ code: totp(sharedSecret, -5) }), { name: 'EnableSoftwareTokenMFAException' });
  await verifyTOTPSetup({ code: totp(sharedSecret) });
  await updateMFAPreference({ totp: 'PREFERRED', sms: 'ENABLED', email: 'ENABLED' });
  const { enabled, preferred } = await fetchMFAPreference();
  assert.deepEqual([enabled.sort(), preferred], [['EMAIL', 'SMS', 'TOTP'], 'TOTP']);
  await signOut();

  assert.equal((await start()).nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE');
  await assert.rejects(confirmSignIn({ challengeResponse: totp(sharedSecret, -5) }), { name: 'CodeMismatchException' });
  assert.equal((await confirmSignIn({ challengeResponse: totp(sharedSecret, 1) })).isSignedIn, true);
  await updateMFAPreference({ totp: 'NOT_PREFERRED' });
  await signOut();

  for (const [choice, step, to] of [
    ['SMS', 'CONFIRM_SIGN_IN_WITH_SMS_CODE', PHONE],
    ['EMAIL', 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE', 'rosa@example.com'],
  ]) {
    const { nextStep } = await start();
    assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_MFA_SELECTION');
    assert.deepEqual(nextStep.allowedMFATypes, ['SMS', 'TOTP', 'EMAIL']);
    assert.equal((await confirmSignIn({ challengeResponse: choice })).nextStep.signInStep, step);
    const { code } = await cenote.message('Authentication', { pool: pool.poolId, to });
    assert.equal((await confirmSignIn({ challengeResponse: code })).isSignedIn, true);
    await signOut();
  }
});

test('Amplify sets an address up on the way in', async () => {
  const pool = await poolWith('ON', ['email']);
  await makeUser(pool, 'sven');
  configure(pool);
  const { nextStep } = await signIn({ username: 'sven', password: PASSWORD });
  assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_EMAIL_SETUP');
  const sent = await confirmSignIn({ challengeResponse: 'sven@example.com' });
  assert.equal(sent.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE');
  const { code } = await cenote.message('Authentication', { pool: pool.poolId, to: 'sven@example.com' });
  assert.equal((await confirmSignIn({ challengeResponse: code })).isSignedIn, true);
  await signOut();
});

test('Amplify sets an app up on the way in', async () => {
  const pool = await poolWith('ON', ['totp']);
  await makeUser(pool, 'tove');
  configure(pool);
  const { nextStep } = await signIn({ username: 'tove', password: PASSWORD });
  assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP');
  const { sharedSecret } = nextStep.totpSetupDetails;
  await assert.rejects(confirmSignIn({ challengeResponse: totp(sharedSecret, -5) }), { name: 'EnableSoftwareTokenMFAException' });
  assert.equal((await confirmSignIn({ challengeResponse: totp(sharedSecret) })).isSignedIn, true);
  await signOut();
});

test('Amplify lets a user choose what to set up on the way in', async () => {
  const pool = await poolWith('ON', ['totp', 'email']);
  const UserPoolId = pool.poolId;
  for (const choice of ['TOTP', 'EMAIL']) {
    const username = `ulla-${choice}`;
    await pool.api.adminCreateUser({ UserPoolId, Username: username, MessageAction: 'SUPPRESS', TemporaryPassword: 'Temporary-1' });
    configure(pool);
    let { nextStep } = await signIn({ username, password: 'Temporary-1' });
    assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED');
    ({ nextStep } = await confirmSignIn({ challengeResponse: PASSWORD }));
    assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION');
    assert.deepEqual(nextStep.allowedMFATypes.toSorted(), ['EMAIL', 'TOTP']);
    ({ nextStep } = await confirmSignIn({ challengeResponse: choice }));
    let code;
    if (choice === 'TOTP') {
      code = totp(nextStep.totpSetupDetails.sharedSecret);
    } else {
      const challengeResponse = `${username}@example.com`;
      ({ nextStep } = await confirmSignIn({ challengeResponse }));
      assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE');
      ({ code } = await cenote.message('Authentication', { pool: UserPoolId, to: challengeResponse }));
    }
    assert.equal((await confirmSignIn({ challengeResponse: code })).isSignedIn, true);
    await signOut();
  }
});
