// Calls from a web page of another origin.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { openBrowser, startOtherSite } from '../../support/browser.js';
import { NEW_PASSWORD, PASSWORD, confirmedUser, makePool, startCenote } from '../../support/cenote.js';

let cenote;
let browser;
let site;
let page;
before(async () => {
  [cenote, browser, site] = await Promise.all([startCenote(), openBrowser(), startOtherSite()]);
  page = await browser.newPage();
  await page.goto(site.url);
});
after(async () => {
  await browser?.close();
  site?.stop();
  await cenote?.stop();
});

/** Calls an operation from the page, as the clients in browsers do. */
const call = (operation, body) =>
  page.evaluate(
    async ([url, operation, body]) => {
      const answer = await fetch(`${url}/`, {
        method: 'POST',
        mode: 'cors',
        cache: 'no-store',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
          'x-amz-user-agent': 'aws-amplify/6',
          'cache-control': 'no-store',
        },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: await answer.json(), headers: Object.fromEntries(answer.headers) };
    },
    [cenote.url, operation, body],
  );

test('a page of another origin signs a user up and reads answers and errors', async () => {
  const { clientId } = await makePool(cenote);
  const request = {
    ClientId: clientId, Username: 'rosa', Password: PASSWORD, UserAttributes: [{ Name: 'email', Value: 'rosa@example.com' }],
  };
  const signedUp = await call('SignUp', request);
  assert.equal(signedUp.status, 200);
  assert.equal(signedUp.body.UserConfirmed, false);
  assert.match(signedUp.headers['x-amzn-requestid'], /^[0-9a-f-]{36}$/);
  const again = await call('SignUp', request);
  assert.equal(again.status, 400);
  assert.deepEqual(again.body, { __type: 'UsernameExistsException', message: 'User already exists' });
  assert.equal(again.headers['x-amzn-errortype'], 'UsernameExistsException:');
  assert.equal(again.headers['x-amzn-errormessage'], 'User already exists');
});

test('amazon-cognito-identity-js resets a password from a page', async () => {
  const pool = await makePool(cenote);
  await confirmedUser(cenote, pool, 'sven');
  await page.addScriptTag({
    path: createRequire(import.meta.url).resolve('amazon-cognito-identity-js/dist/amazon-cognito-identity.min.js'),
  });
  const open = { UserPoolId: pool.poolId, ClientId: pool.clientId, endpoint: `${cenote.url}/` };
  await page.evaluate((open) => {
    const { CognitoUser, CognitoUserPool } = AmazonCognitoIdentity;
    window.user = new CognitoUser({ Username: 'sven', Pool: new CognitoUserPool(open) });
    return new Promise((done, onFailure) =>
      user.forgotPassword({ onFailure, onSuccess: done, inputVerificationCode: done }));
  }, open);
  const { code } = await cenote.message('ForgotPassword', { pool: pool.poolId });
  const name = await page.evaluate(async ([code, password]) => {
    await new Promise((onSuccess, onFailure) => user.confirmPassword(code, password, { onSuccess, onFailure }));
    user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
    const { AuthenticationDetails } = AmazonCognitoIdentity;
    const details = new AuthenticationDetails({ Username: 'sven', Password: password });
    const session = await new Promise((onSuccess, onFailure) =>
      user.authenticateUser(details, { onSuccess, onFailure: (error) => onFailure(new Error(error.message)) }));
    return session.getIdToken().payload['cognito:username'];
  }, [code, NEW_PASSWORD]);
  assert.equal(name, 'sven');
});

test('a page of another origin can neither read nor empty the inbox', async () => {
  const pool = await makePool(cenote);
  await confirmedUser(cenote, pool, 'rosa');
  const attempt = (method) =>
    page.evaluate(
      ([url, method]) => fetch(url, { method }).then((answer) => answer.text(), (error) => `refused: ${error.name}`),
      [`${cenote.url}/_cenote/inbox.json`, method],
    );
  assert.equal(await attempt('GET'), 'refused: TypeError');
  assert.equal(await attempt('DELETE'), 'refused: TypeError');
  const { messages } = await (await fetch(`${cenote.url}/_cenote/inbox.json?pool=${pool.poolId}`)).json();
  assert.equal(messages.length, 1);
});
