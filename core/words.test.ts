import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { countOf, listOf, plural } from './words.ts';

it('one is told from none and several', () => {
  expect([0, 1, 2, 12_000].map((count) => countOf(count, 'image'))).toEqual([
    '0 images',
    '1 image',
    '2 images',
    '12,000 images',
  ]);
  expect(countOf(2, 'class', 'classes')).toBe('2 classes');
  expect(plural(1, 'is', 'are')).toBe('is');
  expect(listOf(['a', 'b', 'c'])).toBe('a, b and c');
});

/** Things that sentences count. Not seconds, pixels of a side and the like, which come as units. */
const COUNTED =
  'arrays|averages|bytes|cases|channels|characters|checkpoints|classes|columns|copies|cores|datasets|digits|dimensions|' +
  'duplicates|entries|examples|files|folders|frames|groups|halvings|images|imports|intervals|labels|levels|lines|' +
  'operations|pages|parameters|parts|passes|pictures|places|points|rows|runs|samples|seeds|sets|shards|steps|tensors|' +
  'things|threads|tiles|times|values';
/** A value at once before a plural; `28 × ${side} pixels` and `${rate} images/s` are units. */
const SUSPECT = new RegExp(
  String.raw`(?<!× )(?:\$\{(?![A-Z_]+\})[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|(?<![$\w"'=])\{[^{}]*\}) (?:of (?:them|these) (?:are|were|have|do)|(?:(?:other|data|further|more) )*(?:${COUNTED}))\b(?!/s|[-\w]*[=:(])`,
  'g',
);

/** Sentences that never have a single one, each with the reason. */
const NEVER_ONE: readonly string[] = [
  // Fixed limits, in capitals below, are more than one; so are these:
  '${allOf(rows.length)} runs', // one alone has a sentence of its own
  '${allOf(total)} seeds',
  '${2 ** (total - 1)} cases',
  '${told} values', // of a type, such as uint8
  '${of} files', // of a kind, such as .json
  '${formatParameters(parameters)} parameters', // a rounded text
];

function sourcesOf(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter(
      (file) => !/\.test\.ts$|node_modules|testdata|[/\\](dev|test-[a-z-]+)[/\\]|test-[\w-]+\.ts$/.test(file),
    );
}

it('no sentence has "1 images"', () => {
  const root = path.resolve(import.meta.dirname, '..');
  const found: string[] = [];
  for (const file of ['core', 'main', 'renderer/src'].flatMap((name) => sourcesOf(path.join(root, name)))) {
    const text = fs
      .readFileSync(file, 'utf8')
      // A sentence in several lines is one.
      .replace(/[`'] \+\s+[`']/g, '')
      // Defects of the program and comments are read by those who mend them.
      .replace(/new (?:Range|Type)?Error\([^]*?\);/g, '')
      .replace(/^\s*(?:\/?\*|\/\/).*$/gm, '');
    for (const [hit] of text.matchAll(SUSPECT)) {
      if (!NEVER_ONE.includes(hit)) found.push(`${path.relative(root, file)}: ${hit}`);
    }
  }
  expect(found).toEqual([]);
});
