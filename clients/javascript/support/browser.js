// Headless Chromium, the one that is installed.

import { createServer } from 'node:http';
import { once } from 'node:events';

import { chromium } from 'playwright-core';

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
