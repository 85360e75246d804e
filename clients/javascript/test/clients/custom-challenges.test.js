// amazon-cognito-identity-js and Amplify, unmodified, where the pool's functions decide what a user is asked.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import identity from 'amazon-cognito-identity-js';
import { Amplify } from 'aws-amplify';
import { confirmSignIn, getCurrentUser, signIn as signInByAmplify, signOut } from 'aws-amplify/auth';

import { PASSWORD, confirmedUser, makePool, startCenote } from '../../support/cenote.js';
import { ASKS_FOR_SUM, SUM, startFunctions } from '../../support/functions.js';

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = identity;

let lambda;
let cenote;
before(async () => {
  lambda = await startFunctions(SUM);
  cenote = await startCenote('--lambda-endpoint', lambda.url);
});
after(async () => {
  await cenote?.stop();
  lambda?.stop();
});

async function poolOf(name) {
  const pool = await makePool(cenote, {
    pool: { LambdaConfig: ASKS_FOR_SUM }, client: { ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH'] },
  });
  await confirmedUser(cenote, pool, name);
  return pool;
}

async function startUser(name) {
  const { poolId, clientId } = await poolOf(name);
  const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: `${cenote.url}/` });
  const user = new CognitoUser({ Username: name, Pool: pool });
  user.setAuthenticationFlowType('CUSTOM_AUTH');
  return user;
}

/** Starts a sign-in and gives these answers, one after the other. */
const signIn = (user, start, answers) =>
  new Promise((onSuccess, onFailure) => {
    const callbacks = {
      onSuccess,
      onFailure,
      customChallenge: ({ question }) => {
        assert.equal(question, '2 + 3');
        user.sendCustomChallengeAnswer(answers.shift(), callbacks);
      },
    };
    start(callbacks);
  });

test('questions alone', async () => {
  const user = await startUser('vera');
  const start = (callbacks) => user.initiateAuth(new AuthenticationDetails({ Username: 'vera' }), callbacks);
  const session = await signIn(user, start, ['4', '5']);
  assert.equal(session.getAccessToken().payload.username, 'vera');
  await assert.rejects(signIn(user, start, ['4', '6']), {
    code: 'NotAuthorizedException', message: 'Incorrect username or password.',
  });
});

test('a proof of the password, then questions', async () => {
  const user = await startUser('wanda');
  const start = (Password) => (callbacks) =>
    user.authenticateUser(new AuthenticationDetails({ Username: 'wanda', Password }), callbacks);
  const session = await signIn(user, start(PASSWORD), ['5']);
  assert.ok(session.isValid());
  await assert.rejects(signIn(user, start('Wrong-guess-1'), ['5']), {
    code: 'NotAuthorizedException', message: 'Incorrect username or password.',
  });
});

for (const authFlowType of ['CUSTOM_WITHOUT_SRP', 'CUSTOM_WITH_SRP']) test(`Amplify, ${authFlowType}`, async () => {
  const username = `xenia-${authFlowType}`;
  const { poolId, clientId } = await poolOf(username);
  const Cognito = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: cenote.url };
  Amplify.configure({ Auth: { Cognito } });
  const proves = authFlowType === 'CUSTOM_WITH_SRP';
  const start = (password) => signInByAmplify({ username, password: proves ? password : undefined, options: { authFlowType } });
  if (proves) await assert.rejects(start('Wrong-guess-1'), { name: 'NotAuthorizedException' });
  const asked = await start(PASSWORD);
  assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE');
  assert.equal(asked.nextStep.additionalInfo.question, '2 + 3');
  const again = await confirmSignIn({ challengeResponse: '4' });
  assert.equal(again.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE');
  assert.equal((await confirmSignIn({ challengeResponse: '5' })).isSignedIn, true);
  assert.equal((await getCurrentUser()).username, username);
  await signOut();
  await start(PASSWORD);
  await confirmSignIn({ challengeResponse: '4' });
  await assert.rejects(confirmSignIn({ challengeResponse: '6' }), {
    name: 'NotAuthorizedException', message: 'Incorrect username or password.',
  });
});
