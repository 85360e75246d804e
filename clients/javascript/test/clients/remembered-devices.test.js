// amazon-cognito-identity-js, unmodified: a code by text message, and a device that spares its user the second factor.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import identity from 'amazon-cognito-identity-js';

import { PASSWORD, confirmedUser, makePool, startCenote } from '../../support/cenote.js';
import { totp } from '../../support/authenticator-app.js';

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = identity;

let cenote;
before(async () => { cenote = await startCenote(); });
after(() => cenote?.stop());

const call = (run) =>
  new Promise((resolve, reject) => run((error, result) => (error ? reject(error) : resolve(result))));

/** The callbacks of the library as the name of what it asks for, and what came with it. */
const asked = (run) =>
  new Promise((resolve, onFailure) => {
    const names = ['mfaRequired', 'totpRequired'];
    const callbacks = names.map((name) => [name, (...parameters) => resolve({ asks: name, parameters })]);
    run({
      ...Object.fromEntries(callbacks),
      associateSecretCode: (secret) => resolve({ asks: 'code', secret }),
      onSuccess: (session) => resolve({ asks: 'nothing', session }),
      onFailure,
    });
  });

async function world(options, Username) {
  const pool = await makePool(cenote, options);
  await confirmedUser(cenote, pool, Username);
  const UserPool = new CognitoUserPool({ UserPoolId: pool.poolId, ClientId: pool.clientId, endpoint: `${cenote.url}/` });
  const user = () => new CognitoUser({ Username, Pool: UserPool });
  const details = new AuthenticationDetails({ Username, Password: PASSWORD });
  const signIn = (of) => asked((callbacks) => of.authenticateUser(details, callbacks));
  return { ...pool, user, signIn };
}

async function allowSoftwareTokens({ api, poolId }, MfaConfiguration) {
  await api.setUserPoolMfaConfig({
    UserPoolId: poolId, MfaConfiguration, SoftwareTokenMfaConfiguration: { Enabled: true },
  });
}

test('a code by text message', async () => {
  const pool = await world({ pool: { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } } }, 'cleo');
  await pool.api.setUserPoolMfaConfig({
    UserPoolId: pool.poolId, MfaConfiguration: 'OPTIONAL',
    SmsMfaConfiguration: { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } },
  });
  const to = '+4915112345678';
  await pool.api.adminUpdateUserAttributes({
    UserPoolId: pool.poolId, Username: 'cleo', UserAttributes: [{ Name: 'phone_number', Value: to }],
  });
  await pool.api.adminSetUserMFAPreference({
    UserPoolId: pool.poolId, Username: 'cleo', SMSMfaSettings: { Enabled: true, PreferredMfa: true },
  });
  const user = pool.user();
  const { asks, parameters } = await pool.signIn(user);
  assert.equal(asks, 'mfaRequired');
  assert.equal(parameters[1].CODE_DELIVERY_DESTINATION, '+*********5678');
  const { code } = await cenote.message('Authentication', { pool: pool.poolId, to });
  const { session } = await asked((callbacks) => user.sendMFACode(code, callbacks));
  assert.ok(session.isValid());
});

test('a remembered device is asked for instead of the second factor', async () => {
  const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true };
  const pool = await world({ pool: { DeviceConfiguration } }, 'gina');
  await allowSoftwareTokens(pool, 'OPTIONAL');
  const user = pool.user();
  const first = await pool.signIn(user);
  assert.equal(first.asks, 'nothing');
  const { secret } = await asked((callbacks) => user.associateSoftwareToken(callbacks));
  await asked((callbacks) => user.verifySoftwareToken(totp(secret), 'phone', callbacks));
  await call((done) => user.setUserMfaPreference(null, { PreferredMfa: true, Enabled: true }, done));
  assert.equal(await new Promise((onSuccess, onFailure) => user.setDeviceStatusRemembered({ onSuccess, onFailure })), 'SUCCESS');
  const devices = await new Promise((onSuccess, onFailure) => user.listDevices(10, null, { onSuccess, onFailure }));
  assert.equal(devices.Devices.length, 1);

  // The library keeps the device's key and password for this user, and proves them by itself.
  const again = pool.user();
  assert.equal((await pool.signIn(again)).asks, 'nothing');
  // From elsewhere the second factor is asked for.
  const elsewhere = pool.user();
  elsewhere.storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
  assert.equal((await pool.signIn(elsewhere)).asks, 'totpRequired');

  await new Promise((onSuccess, onFailure) => again.forgetDevice({ onSuccess, onFailure }));
  assert.equal((await pool.signIn(pool.user())).asks, 'totpRequired');
});
