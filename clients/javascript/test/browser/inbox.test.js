// The inbox page in a browser.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { openBrowser } from '../../support/browser.js';
import { PASSWORD, makePool, startCenote, waitFor } from '../../support/cenote.js';

let cenote;
let browser;
let page;
before(async () => { [cenote, browser] = await Promise.all([startCenote(), openBrowser()]); });
after(async () => {
  await browser?.close();
  await cenote?.stop();
});
beforeEach(async () => {
  await fetch(`${cenote.url}/_cenote/inbox.json`, { method: 'DELETE' });
  page = await browser.newPage();
  page.setDefaultTimeout(10_000);
});
afterEach(() => page.close());

const signUp = ({ api, clientId }, Username, email = 'rosa@example.com') =>
  api.signUp({ ClientId: clientId, Username, Password: PASSWORD, UserAttributes: [{ Name: 'email', Value: email }] });

test('a new message appears by itself within three seconds, with its code', async () => {
  const pool = await makePool(cenote);
  await page.goto(`${cenote.url}/_cenote/inbox`);
  await page.getByText('No messages yet.').waitFor();
  await signUp(pool, 'rosa');
  const { code } = await cenote.message('SignUp', { pool: pool.poolId });
  const article = page.locator('article');
  await article.waitFor({ timeout: 3_000 });
  assert.equal(await article.locator('output').textContent(), code);
  assert.match(await article.textContent(), /rosa@example\.com/);
  assert.equal(await page.getByText('No messages yet.').isVisible(), false);

  await pool.api.resendConfirmationCode({ ClientId: pool.clientId, Username: 'rosa' });
  await page.locator('article >> nth=1').waitFor({ timeout: 3_000 });
  const second = await cenote.message('ResendCode', { pool: pool.poolId });
  assert.equal(await page.locator('article').first().locator('output').textContent(), second.code, 'newest first');
});

test('the filter shows only what contains its text', async () => {
  const pool = await makePool(cenote);
  await signUp(pool, 'rosa', 'rosa@example.com');
  await signUp(pool, 'sven', 'sven@example.com');
  await cenote.message('SignUp', { to: 'sven@example.com' });
  await page.goto(`${cenote.url}/_cenote/inbox`);
  await page.locator('article >> nth=1').waitFor();
  await page.getByPlaceholder('Filter').fill('sven@');
  await waitFor(async () => (await page.locator('article:visible').count()) === 1, 'filtered list');
  assert.match(await page.locator('article:visible').textContent(), /sven@example\.com/);
});

test('the button empties the inbox after a question', async () => {
  const pool = await makePool(cenote);
  await signUp(pool, 'rosa');
  await cenote.message('SignUp', { pool: pool.poolId });
  await page.goto(`${cenote.url}/_cenote/inbox`);
  await page.locator('article').waitFor();
  const questions = [];
  page.once('dialog', (dialog) => { questions.push(dialog.type()); return dialog.dismiss(); });
  await page.getByRole('button', { name: 'Empty' }).click();
  assert.deepEqual(questions, ['confirm']);
  assert.equal(await page.locator('article').count(), 1);
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Empty' }).click();
  await page.getByText('No messages yet.').waitFor();
  const left = await (await fetch(`${cenote.url}/_cenote/inbox.json`)).json();
  assert.deepEqual(left, { messages: [] });
});

// Each sets `pwned` or asks for /pwned, in this window and in the one around it.
const RUN = 'window.pwned=1;try{top.pwned=1}catch{};fetch("/pwned")';
const HOSTILE_NAME = `<img/src=x/onerror=${RUN}>`;
const HOSTILE_SUBJECT = '</h2><script>pwned=1</script><img src=x onerror="pwned=1;fetch(`/pwned`)">';
const HOSTILE_BODY = `Code {####}
  <script>${RUN}</script><img src=x onerror='${RUN}'><svg onload='${RUN}'></svg><iframe srcdoc="<script>top.pwned=1</script>"></iframe>
  <img src="/pwned"><link rel="stylesheet" href="/pwned"><meta http-equiv="refresh" content="0;url=/pwned">
  <form action="/pwned"><button>press</button></form></body></html><script>${RUN}</script><p id="end">the end of the mail</p>`;

test('nothing in a hostile subject, body or name runs or asks for anything', async () => {
  // What is hostile must be: on a page of its own it does what it is there for.
  const victim = await browser.newPage();
  await victim.setContent(HOSTILE_SUBJECT);
  await victim.waitForFunction(() => window.pwned === 1);
  await victim.close();

  const pool = await makePool(cenote, {
    pool: { VerificationMessageTemplate: { EmailSubject: HOSTILE_SUBJECT, EmailMessage: HOSTILE_BODY } },
  });
  await signUp(pool, HOSTILE_NAME);
  await cenote.message('SignUp', { pool: pool.poolId });
  const asked = [];
  const said = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  page.on('dialog', (dialog) => { said.push(dialog.message()); return dialog.dismiss(); });
  await page.goto(`${cenote.url}/_cenote/inbox`);
  const article = page.locator('article');
  await article.waitFor();
  assert.equal(await article.locator('h2').textContent(), HOSTILE_SUBJECT, 'shown as text');
  assert.ok((await article.textContent()).includes(HOSTILE_NAME));
  assert.equal(await article.locator('img, script, svg').count(), 0);

  await article.locator('summary').click();
  await article.frameLocator('iframe').locator('#end').waitFor();
  // The page polls once a second: by then, whatever the mail could start has started.
  const polls = asked.length;
  await waitFor(() => asked.length >= polls + 2, 'further polls');
  for (const frame of page.frames()) {
    assert.equal(await frame.evaluate(() => window.pwned).catch(() => undefined), undefined);
  }
  assert.deepEqual([...new Set(asked)].sort(), ['/_cenote/inbox', '/_cenote/inbox.json']);
  assert.deepEqual(said, []);
});

test('the link in a mail opens beside the inbox and confirms the user, once', async () => {
  const pool = await makePool(cenote, {
    pool: {
      VerificationMessageTemplate: {
        DefaultEmailOption: 'CONFIRM_WITH_LINK', EmailMessageByLink: 'Please {##confirm your address##}.',
      },
    },
  });
  const status = async () =>
    (await pool.api.adminGetUser({ UserPoolId: pool.poolId, Username: 'rosa' })).UserStatus;
  await signUp(pool, 'rosa');
  await cenote.message('SignUp', { pool: pool.poolId });
  await page.goto(`${cenote.url}/_cenote/inbox`);
  await page.locator('article summary').click();
  const link = page.frameLocator('article iframe').getByText('confirm your address');
  await link.waitFor();
  assert.equal(await status(), 'UNCONFIRMED');
  const [tab] = await Promise.all([page.waitForEvent('popup'), link.click()]);
  await tab.getByText('Your account is confirmed.').waitFor();
  assert.equal(await status(), 'CONFIRMED');
  const again = await tab.reload();
  assert.equal(await tab.getByText('Your account is confirmed.').count(), 0, await again.text());
  await tab.close();
});
