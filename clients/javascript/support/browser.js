// Headless Chromium, the one that is installed.

import { createServer } from 'node:http';
import { once } from 'node:events';

import { chromium } from 'playwright-core';

import { makePool } from './cenote.js';

const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CENOTE_CHROMIUM ?? '/usr/bin/chromium',
    // Chromium's own sandbox does not work for root, which is who runs tests in containers.
    args: process.getuid() === 0 ? [...QUIET, '--no-sandbox'] : QUIET,
  });
}

/** A web site of another origin than Cenote's: one empty page. */
export async function startOtherSite() {
  const server = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end('<!doctype html><title>Another site</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop: () => { server.close(); server.closeAllConnections(); },
  };
}

/** A page at localhost, with an authenticator that answers at once. */
export async function openPageWithAuthenticator(browser, site, options = {}) {
  const page = await browser.newPage();
  await page.goto(site.url.replace('127.0.0.1', 'localhost'));
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true, ...options,
    },
  });
  return page;
}

/** A pool whose users may sign in by passkeys made for localhost. */
export async function makePoolWithPasskeys(cenote, UserVerification) {
  const pool = await makePool(cenote, {
    pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
    client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
  });
  const WebAuthnConfiguration = { RelyingPartyId: 'localhost', UserVerification };
  await pool.api.setUserPoolMfaConfig({ UserPoolId: pool.poolId, WebAuthnConfiguration });
  return pool;
}
