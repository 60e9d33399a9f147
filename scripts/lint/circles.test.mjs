import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { circleFrom, importsIn } from './circles.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('a way back to where it began', () => {
  const graph = { a: ['b', 'e'], b: ['c'], c: ['d'], d: ['b'], e: ['f'], f: ['a'], g: ['g'] };
  const from = (file) => circleFrom(file, graph[file], (other) => graph[other] ?? []);

  it('is found, the shortest first', () => {
    expect(from('a')).toEqual(['e', 'f']);
    expect(from('b')).toEqual(['c', 'd']);
    expect(from('f')).toEqual(['a', 'e']);
    expect(from('g')).toEqual([]);
  });

  it('is none where other files go round in a circle', () => {
    expect(circleFrom('x', ['b'], (other) => graph[other] ?? [])).toBeNull();
  });
});

describe('imports in a text', () => {
  it('are those of types, too, and of scripts in a component', () => {
    const text = `import type { A } from './a.ts';
      export { b } from '../b.ts';
      export type C = import('./c.ts').C;
      const d = () => import('./d.ts?worker');
      import { readFile } from 'node:fs/promises';`;
    const found = ['/x/y/a.ts', '/x/b.ts', '/x/y/c.ts', '/x/y/d.ts'];
    expect(importsIn('/x/y/z.ts', text)).toEqual(expect.arrayContaining(found));
    expect(importsIn('/x/y/z.ts', text)).toHaveLength(4);
    const component = `<script lang="ts">import { a } from './a.ts';</script>\n<p>import './b.ts'</p>`;
    expect(importsIn('/x/y/Z.svelte', component)).toEqual(['/x/y/a.ts']);
  });
});

describe('the lint', () => {
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: [
      { files: ['**/*.{ts,svelte}'], ...tseslint.configs.disableTypeChecked },
      { files: ['**/*.{ts,svelte}'], languageOptions: { parserOptions: { projectService: false } } },
    ],
  });

  async function complaints(file, text) {
    const [result] = await eslint.lintText(text, { filePath: join(root, file) });
    return result.messages.filter(({ ruleId }) => ruleId === 'rooms/circles').map(({ message }) => message);
  }

  it('refuses an import that leads back, also of types only', async () => {
    const back = 'This import leads back here: core/data/readers/open.ts.';
    const file = 'core/data/readers/source.ts';
    expect(await complaints(file, `import type { openSource } from './open.ts';`)).toEqual([back]);
    expect(await complaints(file, `export { openSource } from './open.ts';`)).toEqual([back]);
    expect(await complaints(file, `export type Open = typeof import('./open.ts').openSource;`)).toEqual([
      back,
    ]);
    expect(await complaints(file, `import type { RawImage } from '../decode/raw-image.ts';`)).toEqual([]);
  });

  it('finds none in what there is', () => {
    const files = ['core', 'main', 'renderer'].flatMap((room) =>
      readdirSync(join(root, room), { recursive: true })
        .filter((name) => /\.(?:ts|svelte)$/.test(name))
        .map((name) => join(root, room, name)),
    );
    expect(files.length).toBeGreaterThan(300);
    const graph = new Map(files.map((file) => [file, importsIn(file, readFileSync(file, 'utf8'))]));
    const circles = files.map((file) => circleFrom(file, graph.get(file), (other) => graph.get(other) ?? []));
    expect(circles.filter((circle) => circle !== null)).toEqual([]);
  });
});
