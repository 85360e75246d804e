// Libraries as a page loads them: all their modules in one script.

import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

/** A script that sets `library` to what these modules export. */
export async function bundle(...modules) {
  const { outputFiles: [script] } = await build({
    stdin: {
      contents: modules.map((name) => `export * from '${name}';`).join('\n'),
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true, format: 'iife', globalName: 'library', platform: 'browser', define: { global: 'globalThis' }, write: false,
  });
  return script.text;
}
