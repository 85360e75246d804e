// Amplify's Auth category, unmodified, with the flow in which the user chooses.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Amplify } from 'aws-amplify';
import { autoSignIn, confirmSignIn, confirmSignUp, getCurrentUser, signIn, signOut, signUp } from 'aws-amplify/auth';

import { PASSWORD, confirmedUser, makePool, startCenote } from '../../support/cenote.js';

const DONE = { isSignedIn: true, nextStep: { signInStep: 'DONE' } };
const authFlowType = 'USER_AUTH';

let cenote;
let pool;
before(async () => {
  cenote = await startCenote();
  pool = await makePool(cenote, {
    pool: {
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] } },
      SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms', ExternalId: 'tests' },
    },
    client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
  });
  const Cognito = { userPoolId: pool.poolId, userPoolClientId: pool.clientId, userPoolEndpoint: cenote.url };
  Amplify.configure({ Auth: { Cognito } });
});
after(() => cenote?.stop());

/** Runs it with timers that keep nobody waiting: after a sign-up Amplify has one of three minutes. */
async function unwaited(run) {
  const { setTimeout: wait } = globalThis;
  globalThis.setTimeout = (...how) => wait(...how).unref();
  try {
    return await run();
  } finally {
    globalThis.setTimeout = wait;
  }
}

const code = async (to) => (await cenote.message('Authentication', { pool: pool.poolId, to })).code;

test('a code by mail that is preferred', async () => {
  const to = await confirmedUser(cenote, pool, 'rosa');
  const options = { authFlowType, preferredChallenge: 'EMAIL_OTP' };
  const { nextStep } = await signIn({ username: 'rosa', options });
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE');
  assert.equal(nextStep.codeDeliveryDetails.destination, 'r***@e***');
  const right = await code(to);
  const wrong = right === '00000000' ? '00000001' : '00000000';
  await assert.rejects(confirmSignIn({ challengeResponse: wrong }), { name: 'CodeMismatchException' });
  assert.deepEqual(await confirmSignIn({ challengeResponse: right }), DONE);
  assert.equal((await getCurrentUser()).username, 'rosa');
  await signOut();
});

for (const preferredChallenge of ['PASSWORD', 'PASSWORD_SRP']) test(`${preferredChallenge} that is preferred`, async () => {
  const username = `sven-${preferredChallenge}`;
  await confirmedUser(cenote, pool, username);
  const options = { authFlowType, preferredChallenge };
  await assert.rejects(signIn({ username, password: 'Wrong-horse-1', options }), { name: 'NotAuthorizedException' });
  assert.deepEqual(await signIn({ username, password: PASSWORD, options }), DONE);
  await signOut();
});

for (const chosen of ['PASSWORD', 'PASSWORD_SRP', 'EMAIL_OTP']) test(`${chosen} that is chosen`, async () => {
  const username = `tilda-${chosen}`;
  const to = await confirmedUser(cenote, pool, username);
  const { nextStep } = await signIn({ username, options: { authFlowType } });
  assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION');
  assert.deepEqual([...nextStep.availableChallenges].sort(), ['EMAIL_OTP', 'PASSWORD', 'PASSWORD_SRP']);
  const asked = await confirmSignIn({ challengeResponse: chosen });
  const expected = chosen === 'EMAIL_OTP' ? 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE' : 'CONFIRM_SIGN_IN_WITH_PASSWORD';
  assert.equal(asked.nextStep.signInStep, expected);
  const challengeResponse = chosen === 'EMAIL_OTP' ? await code(to) : PASSWORD;
  assert.deepEqual(await confirmSignIn({ challengeResponse }), DONE);
  await signOut();
});

test('a code by text message that is preferred', async () => {
  await confirmedUser(cenote, pool, 'wanda');
  const to = '+12065551234';
  const UserAttributes = [{ Name: 'phone_number', Value: to }];
  await pool.api.adminUpdateUserAttributes({ UserPoolId: pool.poolId, Username: 'wanda', UserAttributes });
  const options = { authFlowType, preferredChallenge: 'SMS_OTP' };
  const { nextStep } = await signIn({ username: 'wanda', options });
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_SMS_CODE');
  assert.equal(nextStep.codeDeliveryDetails.destination, '+*******1234');
  assert.deepEqual(await confirmSignIn({ challengeResponse: await code(to) }), DONE);
  await signOut();
});

test('a sign-up without a password, and the sign-in by its code', async () => {
  const [username, email] = ['ulla', 'ulla@example.com'];
  const options = { userAttributes: { email }, autoSignIn: { authFlowType } };
  const signedUp = await unwaited(() => signUp({ username, options }));
  assert.equal(signedUp.nextStep.signUpStep, 'CONFIRM_SIGN_UP');
  const { code: confirmationCode } = await cenote.message('SignUp', { pool: pool.poolId, to: email });
  const confirmed = await confirmSignUp({ username, confirmationCode });
  assert.equal(confirmed.nextStep.signUpStep, 'COMPLETE_AUTO_SIGN_IN');
  assert.deepEqual(await autoSignIn(), DONE);
  assert.equal((await getCurrentUser()).username, username);
  await signOut();
});
