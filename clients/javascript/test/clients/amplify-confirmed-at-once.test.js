// Amplify's Auth category, unmodified, where the pool's function confirms whoever signs up. By itself: of two automatic sign-ins in
// one third of a second Amplify drops the second.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Amplify } from 'aws-amplify';
import { autoSignIn, getCurrentUser, signOut, signUp } from 'aws-amplify/auth';

import { PASSWORD, makePool, startCenote } from '../../support/cenote.js';
import { ARN, startFunctions } from '../../support/functions.js';

let lambda;
let cenote;
before(async () => {
  lambda = await startFunctions({ PreSignUp_SignUp: () => ({ autoConfirmUser: true }) });
  cenote = await startCenote('--lambda-endpoint', lambda.url);
});
after(async () => {
  await cenote?.stop();
  lambda?.stop();
});

test('a sign-up that needs no confirmation, and the sign-in after it', async () => {
  const { poolId, clientId } = await makePool(cenote, {
    pool: { LambdaConfig: { PreSignUp: ARN } },
    client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
  });
  const Cognito = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: cenote.url };
  Amplify.configure({ Auth: { Cognito } });
  const username = 'vito';
  const options = {
    userAttributes: { email: 'vito@example.com' },
    autoSignIn: { authFlowType: 'USER_AUTH', preferredChallenge: 'PASSWORD' },
  };
  const signedUp = await signUp({ username, password: PASSWORD, options });
  assert.equal(signedUp.nextStep.signUpStep, 'COMPLETE_AUTO_SIGN_IN');
  assert.deepEqual(await autoSignIn(), { isSignedIn: true, nextStep: { signInStep: 'DONE' } });
  assert.equal((await getCurrentUser()).username, username);
  await signOut();
});
