import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (file) => readFileSync(join(root, file), 'utf8');

it.each([
  'README.md',
  'CONTRIBUTING.md',
  'docs/performance.md',
  'docs/differences.md',
  'docs/reliability.md',
])('the scripts and sources that %s names are there', (page) => {
  const named = [...read(page).matchAll(/`(?:python3? )?((?:bench|core|scripts|fuzz|main)\/[\w./-]+\.\w+)/g)];
  expect(named.map(([, file]) => file).filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

it('every npm script that a page tells of exists', () => {
  const { scripts } = JSON.parse(read('package.json'));
  for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/performance.md', 'docs/reliability.md']) {
    for (const [, name] of read(page).matchAll(/npm run ([\w:-]+)/g))
      expect(Object.keys(scripts), page).toContain(name);
  }
});

it('the benchmark’s own files are there', () => {
  const files = [
    'data-import.mjs',
    'profile/profile_graph.py',
    'pytorch/bench.py',
    'pytorch/check.py',
    'pytorch/features.py',
  ];
  expect(files.filter((file) => !existsSync(join(root, 'bench', file)))).toEqual([]);
});
