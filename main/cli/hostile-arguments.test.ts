/** Whatever is typed gives one sentence. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { printable } from '../../core/printable.ts';
import { covae, root } from './test-cli.ts';

const at = (name: string): string => path.join(root, name);
const home = at('home');
const LONG = 'x'.repeat(100_000);

beforeAll(() => {
  fs.mkdirSync(home);
  fs.mkdirSync(at('images'));
  fs.writeFileSync(at('file'), 'text');
  fs.writeFileSync(at('images/a.png'), 'no image');
  execFileSync('mkfifo', [at('fifo'), at('fifo.json')]);
  fs.mkdirSync(at('cases'));
  execFileSync('mkfifo', [at('cases/a.json'), at('cases/a.safetensors')]);
});

/** One sentence on stderr, nothing on stdout but what machines asked for. */
async function refuses(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await covae(...args);
  const shown = args.map((arg) => JSON.stringify(arg.slice(0, 40))).join(' ');
  // How far an import was.
  const told = stdout.replace(/^looking for images\n/, '');
  expect({ shown, code, told }).toEqual({ shown, code: 1, told: '' });
  const lines = stderr.trimEnd().split('\n');
  const sentence = lines[0] ?? '';
  expect(sentence, shown).toMatch(/^(?:covae|error): .+[.)]?$/);
  // Commander's suggestion.
  expect(lines.slice(1).join(''), shown).toMatch(/^(?:\(Did you mean .*\))?$/);
  expect(sentence, shown).not.toMatch(
    /something went wrong|the system reported|\bat .*:\d+:\d+|undefined|\[object/,
  );
  expect(printable(stderr.trimEnd().replaceAll('\n', ' '))).toBe(stderr.trimEnd().replaceAll('\n', ' '));
  expect(sentence.length, shown).toBeLessThan(4000);
}

const NO_WHOLE_NUMBER = [
  ...[
    '',
    ' ',
    '1e999',
    '-0',
    '-1',
    '+1',
    '0x10',
    '1_000',
    '1e3',
    '1.5',
    '18446744073709551616',
    '9'.repeat(400),
  ],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
    '１２',
    '5\n',
    '\0',
    '5\0',
    '\ud800',
    '\u202e5',
    LONG,
    '--',
    '[5]',
    'true',
  ],
];
const NO_NUMBER = [
  ...[
    '',
    ' ',
    '1e999',
    '-1',
    '0x10',
    '1_000',
    '1,5',
    'NaN',
    'Infinity',
    '-Infinity',
    '１',
    '5\0',
    '\ud800',
    LONG,
    '--',
  ],
];

describe('a number that is none', () => {
  const whole: string[][] = [
    ...['--count', '--start', '--seed', '--passes', '--scale'].map((option) => ['sample', option]),
    ...['--from', '--to', '--frames'].map((option) => ['interpolate', option]),
    ...['--start', '--count'].map((option) => ['reconstruct', option]),
    ...['--count', '--columns', '--loop'].map((option) => ['export', option]),
    ...['--seed', '--steps', '--batch'].map((option) => ['train', '--data', 'x', option]),
    ['resume', '--from'],
    ...['--size', '--tile', '--stride', '--min-side', '--limit'].map((option) => [
      'data',
      'import',
      'x',
      option,
    ]),
    ...['--step', '--seed'].map((option) => ['weights', 'import', 'x', option]),
    ['experiment', 'x', '--seed'],
  ];
  it.each(whole)('%s %s %s %s', async (...command) => {
    for (const value of NO_WHOLE_NUMBER) await refuses(...command.filter(Boolean), value, '--home', home);
  });

  const real: string[][] = [
    ['sample', '--temperature'],
    ['sample', '--guidance'],
    ['train', '--data', 'x', '--lr'],
    ['resume', '--lr'],
    ['data', 'import', 'x', '--hold-out'],
  ];
  it.each(real)('%s %s %s %s', async (...command) => {
    for (const value of NO_NUMBER) await refuses(...command.filter(Boolean), value, '--home', home);
  });
});

const NO_NAME = [
  '',
  ' ',
  '.',
  '..',
  '../x',
  'a/b',
  '\0',
  'x\0y',
  '\ud800',
  '\u001b[2J',
  'x\ny',
  LONG,
  '-',
  'CON:',
  '~',
];

describe('a name that is none', () => {
  it.each([
    ['data', 'show'],
    ['data', 'remove'],
    ['data', 'restore'],
    ['sample'],
    ['interpolate'],
    ['reconstruct'],
    ['export'],
    ['resume'],
    ['weights', 'export'],
    ['settings'],
    ['train', '--data'],
    ['train', '--data', 'x', '--name'],
    ['data', 'export', '--to', at('out'), '--'],
    ['data', 'rename', 'x', '--'],
  ])('covae %s %s %s', async (...command) => {
    const words = command.filter(Boolean);
    for (const name of NO_NAME) {
      // Nothing asked for is all of them.
      if (words[0] === 'settings' && name === '') continue;
      const options = words[0] === 'settings' ? [] : ['--home', home];
      const dashes = words.at(-1) === '--';
      await refuses(
        ...words.slice(0, 1),
        ...words.slice(1, dashes ? -1 : undefined),
        ...(dashes ? options : []),
        ...(dashes ? ['--'] : []),
        name,
        ...(dashes ? [] : options),
      );
    }
  });
});

describe('a file that is none', () => {
  const NO_FILE = [
    '',
    '\0',
    at('nothing\0'),
    at('nothing'),
    at('file/below'),
    `/${LONG}`,
    at('fifo'),
    '/dev/null',
    '\ud800/x',
    root,
  ];

  it.each([
    ['data', 'import'],
    ['train', '--data', 'x', '--preset'],
    ['weights', 'import'],
    ['weights', 'import', 'x', '--config'],
  ])('covae %s %s %s %s', async (...command) => {
    for (const file of NO_FILE) {
      // A folder that images may lie in.
      if (command[1] === 'import' && command[0] === 'data' && file === root) continue;
      await refuses(...command.filter(Boolean), file, '--home', home);
    }
  });

  it('of presets, recipes, labels and cases, and a pipe is not waited for', { timeout: 30_000 }, async () => {
    await refuses('describe', at('fifo.json'));
    await refuses('experiment', at('fifo.json'), '--home', home);
    await refuses('train', '--data', 'x', '--preset', at('fifo.json'), '--home', home);
    await refuses('weights', 'import', at('file'), '--config', at('fifo.json'), '--home', home);
    await refuses('data', 'import', at('images'), '--labels', at('fifo'), '--home', home);
    await refuses('data', 'import', at('fifo'), at('file'), '--home', home);
    await refuses('data', 'import', at('fifo'), '--kind', 'tiles', '--home', home);
    await refuses('data', 'import', at('fifo'), '--kind', 'files', '--home', home);
    for (const dataset of ['piped']) {
      fs.mkdirSync(path.join(home, 'datasets', dataset), { recursive: true });
      execFileSync('mkfifo', [path.join(home, 'datasets', dataset, 'dataset.json')]);
      await refuses('data', 'show', dataset, '--home', home);
      await refuses('train', '--data', dataset, '--home', home);
      fs.rmSync(path.join(home, 'datasets'), { recursive: true });
    }
  });
});

describe('a place to write that is none', () => {
  it.each([
    ['sample', '--out'],
    ['sample', '--singles', '--out'],
    ['sample', '--dump-graph'],
    ['interpolate', '--out'],
    ['reconstruct', '--out'],
    ['export', '--as', 'npz', '--out'],
    ['weights', 'export', '--out'],
    ['data', 'export', 'x', '--to'],
  ])('covae %s %s %s %s', async (...command) => {
    for (const place of ['', '\0', 'a\0b', at('file/below'), `/${LONG}`, at('fifo'), '/dev/sda', '\ud800']) {
      await refuses(...command.filter(Boolean), place, '--home', home);
    }
  });
});

describe('a library that is none', () => {
  it.each([
    ['sample'],
    ['resume'],
    ['weights', 'export'],
    ['data', 'show', 'x'],
    ['train', '--data', 'x'],
    ['data', 'import', 'sample'],
  ])('covae %s %s %s', async (...command) => {
    for (const place of [
      '',
      '\0',
      at('file'),
      at('file/below'),
      `/${LONG}`,
      at('fifo'),
      '/dev/null',
      '/proc/nothing',
    ]) {
      await refuses(...command.filter(Boolean), '--home', place);
    }
  });
});

describe('a setting that is none', () => {
  it('is refused by its key', async () => {
    fs.mkdirSync(path.join(home, 'datasets'), { recursive: true });
    for (const setting of [
      '',
      '=',
      'x',
      '=1',
      'training.steps=',
      '__proto__.x=1',
      'constructor.prototype=1',
      'training=1',
      LONG,
      '\0=1',
      'training.steps=\0',
    ]) {
      await refuses('bench', '--set', setting);
    }
    for (const value of [
      '1e999',
      '-0',
      '-1',
      'NaN',
      '9007199254740993',
      '"5"',
      '[]',
      '{}',
      'null',
      'true',
      '1e308',
      '0.5',
      LONG,
    ]) {
      await refuses('bench', '--set', `training.steps=${value}`);
      await refuses('bench', '--set', `network.modelChannels=${value}`);
    }
  });
});

describe('a command that is none', () => {
  it('is refused', async () => {
    for (const words of [
      [LONG],
      ['\0'],
      ['sample', '--nothing'],
      ['data', 'nothing'],
      ['data', 'import'],
      ['sample', 'a', 'b'],
      ['\u202esample'],
      ['sample', `--${LONG}`],
    ]) {
      await refuses(...words);
    }
  });
});
