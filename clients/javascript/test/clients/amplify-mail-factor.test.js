// Amplify's Auth category, unmodified: a code by mail as second factor.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Amplify } from 'aws-amplify';
import { confirmSignIn, signIn } from 'aws-amplify/auth';

import { PASSWORD, confirmedUser, makePool, startCenote } from '../../support/cenote.js';

const EmailConfiguration = {
  EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:eu-central-1:123456789012:identity/example.com',
};

let cenote;
before(async () => { cenote = await startCenote(); });
after(() => cenote?.stop());

async function world(username, { pool: members = {}, client = {} } = {}) {
  const pool = await makePool(cenote, { pool: members, client });
  const email = await confirmedUser(cenote, pool, username);
  const Cognito = { userPoolId: pool.poolId, userPoolClientId: pool.clientId, userPoolEndpoint: cenote.url };
  Amplify.configure({ Auth: { Cognito } });
  return { ...pool, email };
}

const step = async (answer) => (await answer).nextStep;
const isDone = { signInStep: 'DONE' };

test('a code by mail as second factor', async () => {
  const { api, poolId, email } = await world('cleo', {
    pool: { EmailConfiguration, AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_phone_number', Priority: 1 }] } },
  });
  await api.setUserPoolMfaConfig({
    UserPoolId: poolId, MfaConfiguration: 'OPTIONAL', EmailMfaConfiguration: { Message: 'Your code: {####}', Subject: 'Code' },
  });
  await api.adminSetUserMFAPreference({
    UserPoolId: poolId, Username: 'cleo', EmailMfaSettings: { Enabled: true, PreferredMfa: true },
  });
  const asked = await step(signIn({ username: 'cleo', password: PASSWORD }));
  assert.equal(asked.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE');
  assert.equal(asked.codeDeliveryDetails.destination, 'c***@e***');
  const { code } = await cenote.message('Authentication', { pool: poolId, to: email });
  assert.deepEqual(await step(confirmSignIn({ challengeResponse: code })), isDone);
});
