// The real binary as a process, on a free port in a folder of its own, and what tests need around it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';

const START_MS = 60_000;
const WAIT_MS = 20_000;
export const BINARY = process.env.CENOTE_BINARY ?? fileURLToPath(new URL('../../../target/debug/cenote', import.meta.url));

export const REGION = 'eu-central-1';
export const PASSWORD = 'Correct-horse-1';
export const NEW_PASSWORD = 'Battery-staple-2';

/** Starts `cenote dev`; `stop` ends it and removes its data. */
export async function startCenote(...options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'cenote-'));
  const log = path.join(folder, 'cenote.log');
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|CENOTE)_/.test(name)));
  const child = spawn(BINARY, ['dev', '--listen', '127.0.0.1:0', '--data-dir', path.join(folder, 'data'), ...options], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', openSync(log, 'a')],
  });
  const ended = once(child, 'exit');
  const url = await Promise.race([
    listeningOn(child.stdout),
    ended.then(([code]) => { throw new Error(`cenote exited with ${code}:\n${readFileSync(log)}`); }),
    pause(START_MS, undefined, { ref: false }).then(() => { throw new Error(`cenote did not start:\n${readFileSync(log)}`); }),
  ]);
  return {
    url,
    /** Its data folder. */
    data: path.join(folder, 'data'),
    /** An AWS SDK client for it. */
    client: () =>
      new CognitoIdentityProvider({
        endpoint: url,
        region: REGION,
        credentials: { accessKeyId: 'AKIAANYTHINGGOES0000', secretAccessKey: 'any secret goes' },
        maxAttempts: 1,
      }),
    /** The newest message of a purpose, waited for. */
    message: (purpose, filters) =>
      waitFor(async () => {
        const answer = await fetch(`${url}/_cenote/inbox.json?${new URLSearchParams(filters)}`);
        return (await answer.json()).messages.find((message) => message.purpose === purpose);
      }, `a ${purpose} message for ${JSON.stringify(filters)}`),
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await ended;
      rmSync(folder, { recursive: true });
      if (code !== 0) throw new Error(`cenote exited with ${code}`);
    },
  };
}

async function listeningOn(stream) {
  for await (const line of readline.createInterface({ input: stream })) {
    if (line.startsWith('listening on ')) {
      stream.resume();
      return line.slice('listening on '.length);
    }
  }
  return new Promise(() => {});
}

/** What `find` returns, as soon as it is neither undefined nor false. */
export async function waitFor(find, what, milliseconds = WAIT_MS) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const found = await find();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`no ${what} within ${milliseconds} ms`);
    await pause(50);
  }
}

/** A pool that verifies addresses, with a client without a secret that takes passwords. */
export async function makePool(cenote, { pool = {}, client = {} } = {}) {
  const api = cenote.client();
  const { UserPool } = await api.createUserPool({ PoolName: 'tests', AutoVerifiedAttributes: ['email'], ...pool });
  const { UserPoolClient } = await api.createUserPoolClient({
    UserPoolId: UserPool.Id,
    ClientName: 'tests',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'],
    ...client,
  });
  return { api, poolId: UserPool.Id, clientId: UserPoolClient.ClientId };
}

/** A user who signed up and redeemed the code from the mail; its address. */
export async function confirmedUser(cenote, { api, poolId, clientId }, name) {
  const email = `${name}@example.com`;
  const { UserPool } = await api.describeUserPool({ UserPoolId: poolId });
  const Username = UserPool.UsernameAttributes?.includes('email') ? email : name;
  await api.signUp({
    ClientId: clientId, Username, Password: PASSWORD, UserAttributes: [{ Name: 'email', Value: email }],
  });
  const { code } = await cenote.message('SignUp', { pool: poolId, to: email });
  await api.confirmSignUp({ ClientId: clientId, Username, ConfirmationCode: code });
  return email;
}
