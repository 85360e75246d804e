// amazon-cognito-identity-js, unmodified, by SRP as it does unless told otherwise, and with the password itself.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import identity from 'amazon-cognito-identity-js';

import { NEW_PASSWORD, PASSWORD, confirmedUser, makePool, startCenote } from '../../support/cenote.js';

const { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool } = identity;

let cenote;
before(async () => { cenote = await startCenote(); });
after(() => cenote?.stop());

/** The library's callbacks as a promise. */
const call = (run) =>
  new Promise((resolve, reject) => run((error, result) => (error ? reject(error) : resolve(result))));

const FLOWS = ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH'];

function signIn(user, Username, Password) {
  return new Promise((onSuccess, onFailure) =>
    user.authenticateUser(new AuthenticationDetails({ Username, Password }), { onSuccess, onFailure }));
}

for (const flow of FLOWS) test(`sign-up, confirmation, forgotten password, ${flow}, refresh, sign-out`, async () => {
  const { poolId, clientId } = await makePool(cenote);
  const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: `${cenote.url}/` });
  const email = new CognitoUserAttribute({ Name: 'email', Value: 'rosa@example.com' });
  const signedUp = await call((done) => pool.signUp('rosa', PASSWORD, [email], [], done));
  assert.equal(signedUp.userConfirmed, false);
  assert.equal(signedUp.codeDeliveryDetails.Destination, 'r***@e***');

  const user = () => {
    const user = new CognitoUser({ Username: 'rosa', Pool: pool });
    user.setAuthenticationFlowType(flow);
    return user;
  };
  await assert.rejects(signIn(user(), 'rosa', PASSWORD), { code: 'UserNotConfirmedException' });
  const { code: confirmation } = await cenote.message('SignUp', { pool: poolId });
  assert.equal(await call((done) => user().confirmRegistration(confirmation, true, done)), 'SUCCESS');

  const asked = await new Promise((onSuccess, onFailure) =>
    user().forgotPassword({ onFailure, onSuccess: () => {}, inputVerificationCode: onSuccess }));
  assert.equal(asked.CodeDeliveryDetails.DeliveryMedium, 'EMAIL');
  const { code } = await cenote.message('ForgotPassword', { pool: poolId });
  const redeem = (code) => new Promise((onSuccess, onFailure) =>
    user().confirmPassword(code, NEW_PASSWORD, { onSuccess, onFailure }));
  await assert.rejects(redeem(code === '000000' ? '000001' : '000000'), { code: 'CodeMismatchException' });
  assert.equal(await redeem(code), 'SUCCESS');

  await assert.rejects(signIn(user(), 'rosa', PASSWORD), {
    code: 'NotAuthorizedException', message: 'Incorrect username or password.',
  });
  const signedIn = user();
  const session = await signIn(signedIn, 'rosa', NEW_PASSWORD);
  assert.ok(session.isValid());
  assert.equal(session.getIdToken().payload.email, 'rosa@example.com');
  const attributes = await call((done) => signedIn.getUserAttributes(done));
  assert.deepEqual(attributes.map((one) => one.getName()).sort(), ['email', 'email_verified', 'sub']);
  const refreshed = await call((done) => signedIn.refreshSession(session.getRefreshToken(), done));
  assert.notEqual(refreshed.getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken());
  await call((done) => signedIn.changePassword(NEW_PASSWORD, PASSWORD, done));
  await new Promise((onSuccess, onFailure) => signedIn.globalSignOut({ onSuccess, onFailure }));
  const late = user();
  await assert.rejects(call((done) => late.refreshSession(session.getRefreshToken(), done)), {
    code: 'NotAuthorizedException',
  });
});

for (const flow of FLOWS) test(`a temporary password leads to the question for a new one, ${flow}`, async () => {
  const { api, poolId, clientId } = await makePool(cenote);
  await api.adminCreateUser({
    UserPoolId: poolId, Username: 'sven', TemporaryPassword: PASSWORD, MessageAction: 'SUPPRESS',
  });
  const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: `${cenote.url}/` });
  const user = new CognitoUser({ Username: 'sven', Pool: pool });
  user.setAuthenticationFlowType(flow);
  const session = await new Promise((onSuccess, onFailure) =>
    user.authenticateUser(new AuthenticationDetails({ Username: 'sven', Password: PASSWORD }), {
      onFailure,
      onSuccess: () => onFailure(new Error('a temporary password was enough')),
      newPasswordRequired: () => user.completeNewPasswordChallenge(NEW_PASSWORD, {}, { onSuccess, onFailure }),
    }));
  assert.equal(session.getAccessToken().payload.username, 'sven');
});

test('users who sign in by their address prove their password under their sub', async () => {
  const { api, poolId, clientId } = await makePool(cenote, { pool: { UsernameAttributes: ['email'] } });
  const email = await confirmedUser(cenote, { api, poolId, clientId }, 'tove');
  const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: `${cenote.url}/` });
  const user = new CognitoUser({ Username: email, Pool: pool });
  const session = await signIn(user, email, PASSWORD);
  const { payload } = session.getAccessToken();
  assert.equal(payload.username, payload.sub);
  await assert.rejects(signIn(new CognitoUser({ Username: email, Pool: pool }), email, NEW_PASSWORD), {
    code: 'NotAuthorizedException', message: 'Incorrect username or password.',
  });
});

test('a device is confirmed, takes part in sign-ins, and is replaced once it is forgotten', async () => {
  const always = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false };
  const { api, poolId, clientId } = await makePool(cenote, { pool: { DeviceConfiguration: always } });
  await confirmedUser(cenote, { api, poolId, clientId }, 'ulla');
  const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: `${cenote.url}/` });
  const user = () => new CognitoUser({ Username: 'ulla', Pool: pool });
  const devices = async () => {
    const { Devices } = await api.adminListDevices({ UserPoolId: poolId, Username: 'ulla' });
    return Devices.map((device) => device.DeviceKey);
  };
  await signIn(user(), 'ulla', PASSWORD);
  const [key, ...others] = await devices();
  assert.deepEqual(others, []);
  const again = user();
  const session = await signIn(again, 'ulla', PASSWORD);
  assert.equal(session.getAccessToken().payload.device_key, key);
  assert.deepEqual(await devices(), [key]);
  const refreshed = await call((done) => again.refreshSession(session.getRefreshToken(), done));
  assert.equal(refreshed.getAccessToken().payload.device_key, key);
  await api.adminForgetDevice({ UserPoolId: poolId, Username: 'ulla', DeviceKey: key });
  const later = await signIn(user(), 'ulla', PASSWORD);
  assert.deepEqual(await devices(), [later.getAccessToken().payload.device_key]);
});
