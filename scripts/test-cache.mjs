import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './setup/paths.mjs';

const GRAPHS = 'graphs';
/** What only the tests themselves have made. */
const NOT_TAKEN = [GRAPHS, 'step-times'];

/**
 * Vitest's global set-up: a cache folder for all tests of one run, with what set-up downloaded. Graphs that one test
 * had recorded are there for the others, as they are for people; none outlives the run or comes from another.
 */
export default function setUpCache(project) {
  const own = cacheFolder();
  const folder = mkdtempSync(join(tmpdir(), 'covae-test-cache-'));
  for (const name of existsSync(own) ? readdirSync(own) : []) {
    if (!NOT_TAKEN.includes(name)) symlinkSync(join(own, name), join(folder, name));
  }
  const before = process.env.COVAE_CACHE;
  process.env.COVAE_CACHE = folder;
  // The sources have changed.
  project.onTestsRerun(() => rmSync(join(folder, GRAPHS), { recursive: true, force: true }));
  return () => {
    if (before === undefined) delete process.env.COVAE_CACHE;
    else process.env.COVAE_CACHE = before;
    rmSync(folder, { recursive: true, force: true });
  };
}
