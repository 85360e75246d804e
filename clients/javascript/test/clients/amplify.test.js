// Amplify's Auth category, unmodified, by SRP as it does unless told otherwise, and with the password itself.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Amplify } from 'aws-amplify';
import {
  confirmResetPassword, confirmSignIn, confirmSignUp, fetchAuthSession, fetchUserAttributes, getCurrentUser, resetPassword, signIn,
  signOut, signUp,
} from 'aws-amplify/auth';

import { NEW_PASSWORD, PASSWORD, makePool, startCenote } from '../../support/cenote.js';

let cenote;
let pool;
before(async () => {
  cenote = await startCenote();
  pool = await makePool(cenote);
  const Cognito = { userPoolId: pool.poolId, userPoolClientId: pool.clientId, userPoolEndpoint: cenote.url };
  Amplify.configure({ Auth: { Cognito } });
});
after(() => cenote?.stop());

const FLOWS = ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH'];

for (const authFlowType of FLOWS) test(`sign-up, confirmation, reset, ${authFlowType}, refresh, sign-out`, async () => {
  const username = `rosa-${authFlowType}`;
  const to = `${username}@example.com`;
  const options = { userAttributes: { email: to } };
  const signedUp = await signUp({ username, password: PASSWORD, options });
  assert.equal(signedUp.nextStep.signUpStep, 'CONFIRM_SIGN_UP');
  const early = await signIn({ username, password: PASSWORD, options: { authFlowType } });
  assert.equal(early.nextStep.signInStep, 'CONFIRM_SIGN_UP');
  const { code: confirmationCode } = await cenote.message('SignUp', { pool: pool.poolId, to });
  assert.equal((await confirmSignUp({ username, confirmationCode })).isSignUpComplete, true);

  const asked = await resetPassword({ username });
  assert.equal(asked.nextStep.resetPasswordStep, 'CONFIRM_RESET_PASSWORD_WITH_CODE');
  assert.equal(asked.nextStep.codeDeliveryDetails.destination, 'r***@e***');
  const { code } = await cenote.message('ForgotPassword', { pool: pool.poolId, to });
  const redeem = (confirmationCode) => confirmResetPassword({ username, confirmationCode, newPassword: NEW_PASSWORD });
  await assert.rejects(redeem(code === '000000' ? '000001' : '000000'), { name: 'CodeMismatchException' });
  await redeem(code);

  await assert.rejects(signIn({ username, password: PASSWORD, options: { authFlowType } }), { name: 'NotAuthorizedException' });
  const signedIn = await signIn({ username, password: NEW_PASSWORD, options: { authFlowType } });
  assert.deepEqual(signedIn, { isSignedIn: true, nextStep: { signInStep: 'DONE' } });
  assert.equal((await getCurrentUser()).username, username);
  assert.deepEqual(Object.keys(await fetchUserAttributes()).sort(), ['email', 'email_verified', 'sub']);
  const first = await fetchAuthSession();
  assert.equal(first.tokens.idToken.payload.email, to);
  const { tokens } = await fetchAuthSession({ forceRefresh: true });
  assert.notEqual(tokens.accessToken.toString(), first.tokens.accessToken.toString());
  assert.equal(tokens.accessToken.payload.username, username);
  await signOut({ global: true });
  await assert.rejects(pool.api.getUser({ AccessToken: tokens.accessToken.toString() }), {
    name: 'NotAuthorizedException',
  });
});

for (const authFlowType of FLOWS) test(`a temporary password leads to the question for a new one, ${authFlowType}`, async () => {
  const username = `sven-${authFlowType}`;
  await pool.api.adminCreateUser({
    UserPoolId: pool.poolId, Username: username, TemporaryPassword: PASSWORD, MessageAction: 'SUPPRESS',
  });
  const started = await signIn({ username, password: PASSWORD, options: { authFlowType } });
  assert.equal(started.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED');
  assert.equal((await confirmSignIn({ challengeResponse: NEW_PASSWORD })).isSignedIn, true);
  await signOut();
});
