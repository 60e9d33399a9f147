/**
 * Makes the starting points in `assets/starters/` anew: trains them with the command line in a library of its own, and writes
 * their averages in half precision. Takes about five minutes each on two processor cores; the same seed gives the same weights
 * on the same machine.
 *
 *   npm run build && node scripts/starters.mjs digits
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawColourShapes, npyOf } from './draw-shapes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each is trained on, and how. */
const RECIPES = {
  digits: {
    source: () => 'sample',
    // As the preset is, so that a training with it can start from these weights.
    settings: ['--preset', 'tiny', '--seed', '0'],
  },
  shapes: {
    source(folder) {
      const file = join(folder, 'shapes.npy');
      writeFileSync(file, npyOf(drawColourShapes(8000), 8000, [32, 32, 3]));
      return file;
    },
    // In colour the adversarial term leaves patterns.
    settings: [
      ...['--preset', 'tiny', '--set', 'objective.adversarial=null'],
      ...['--steps', '4000', '--seed', '1'],
    ],
  },
};

function make(name) {
  const recipe = RECIPES[name];
  if (recipe === undefined)
    throw new Error(`There is no recipe "${name}"; take one of ${Object.keys(RECIPES).join(', ')}.`);
  const folder = mkdtempSync(join(tmpdir(), 'covae-starter-'));
  const covae = (...args) =>
    execFileSync(
      process.execPath,
      [join(root, 'bin', 'covae.mjs'), ...args, '--home', join(folder, 'home')],
      {
        stdio: 'inherit',
      },
    );
  try {
    covae('data', 'import', recipe.source(folder), '--name', name);
    covae('train', '--data', name, '--name', name, ...recipe.settings);
    const out = join(root, 'assets', 'starters', `${name}.safetensors`);
    covae('weights', 'export', name, '--dtype', 'float16', '--out', out, '--force', '--no-card');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(RECIPES)) make(name);
