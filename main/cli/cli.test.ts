import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { presetsFolder } from '../../core/config/presets.ts';
import { covae, matching, root } from './test-cli.ts';

describe('help', () => {
  it.each([
    [[], ['doctor', 'data', 'train', 'resume', 'sample', 'interpolate', 'demo']],
    [['doctor'], ['--home', '--json']],
    [['data'], ['import', 'list']],
    [
      ['data', 'import'],
      ['--name', '--size', '--channels', '--home', '--json'],
    ],
    [
      ['data', 'list'],
      ['--home', '--json'],
    ],
    [['train'], ['--data', '--preset', '--name', '--seed', '--steps', '--batch', '--lr', '--home', '--json']],
    [['resume'], ['[run]', '--home', '--json']],
    [['sample'], ['[run]', '--count', '--seed', '--passes', '--out', '--singles', '--home', '--json']],
    [['interpolate'], ['[run]', '--from', '--to', '--frames', '--out', '--home', '--json']],
    [['demo'], ['--out', '--preset', '--steps', '--json']],
  ])('of covae %s names what there is', async (args, words) => {
    const { code, stdout, stderr } = await covae(...args, '--help');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const word of words) expect(stdout).toContain(word);
  });

  it('comes to stderr with exit code 1 when no command is given', async () => {
    const { code, stderr } = await covae();
    expect(code).toBe(1);
    expect(stderr).toContain('Usage: covae');
  });

  it('says the version', async () => {
    expect(await covae('--version')).toMatchObject({
      code: 0,
      stdout: matching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('a wrong command line', () => {
  const home = (): string => path.join(root, 'nothing');
  it.each<[string, () => string[], RegExp]>([
    ['an unknown command', () => ['trian'], /unknown command 'trian'\n.*train/],
    ['an unknown option', () => ['train', '--data', 'x', '--stepz', '3'], /unknown option '--stepz'/],
    ['no data set', () => ['train'], /Name the data set to train on with --data/],
    [
      'a seed that is no number',
      () => ['train', '--data', 'x', '--seed', 'a'],
      /whole number from 0 to 4294967295/,
    ],
    ['a negative rate', () => ['train', '--data', 'x', '--lr', '-1'], /number above 0 and up to 1/],
    ['a name with a slash', () => ['train', '--data', 'x', '--name', 'a/b'], /A name has 1 to 64/],
    ['two channels', () => ['data', 'import', 'x', '--channels', '2'], /Allowed choices are 1, 3/],
    ['a missing path', () => ['data', 'import'], /missing required argument 'paths'/],
    ['an argument too many', () => ['data', 'list', 'x'], /too many arguments/],
    [
      'a data set that is not there',
      () => ['train', '--data', 'x', '--home', home()],
      /^covae: There is no data set "x"/,
    ],
    [
      'a preset that is not there',
      () => ['train', '--data', 'x', '--preset', 'huge', '--home', home()],
      /^covae: There is no preset "huge"; choose one of .*smoke/,
    ],
    [
      'a folder that is not there',
      () => ['data', 'import', home(), '--home', home()],
      /^covae: .*nothing does not exist/,
    ],
    [
      'an empty library',
      () => ['sample', '--home', home()],
      /^covae: There is no run in .*nothing; start one with/,
    ],
    [
      'a run that is not there',
      () => ['resume', 'x', '--home', home()],
      /^covae: There is no run "x" .*there are none/,
    ],
    ['an empty path', () => ['data', 'import', ''], /The path is empty; give a file or a folder/],
    ['an empty target', () => ['sample', '--out', ''], /The path is empty/],
    ['an empty library folder', () => ['data', 'list', '--home', ''], /The path is empty/],
    [
      'an empty run',
      () => ['sample', '', '--home', home()],
      /^covae: The name of the run is empty; give its id, or leave it out for the newest\.\n$/,
    ],
    ...['sample', 'interpolate', 'reconstruct'].map((command): [string, () => string[], RegExp] => [
      `a JPEG file to ${command} to`,
      () => [command, '--out', 'x.jpg', '--home', home()],
      /^covae: x\.jpg has the name of a \.jpg file, but images are written as PNG; give a name that ends in \.png\.\n$/,
    ]),
    [
      'a file for single pictures',
      () => ['sample', '--singles', '--out', 'x.png', '--home', home()],
      /^covae: x\.png has the name of a \.png file, but a folder is written; give a folder\.\n$/,
    ],
    [
      'a file for a report',
      () => ['experiment', 'mnist-baseline', '--out', 'x.pdf', '--home', home()],
      /^covae: x\.pdf has the name of a \.pdf file/,
    ],
    ['a file for a demo', () => ['demo', '--out', 'x.png'], /^covae: x\.png has the name of a \.png file/],
    [
      'another archive to export to',
      () => ['data', 'export', 'x', '--to', path.join(root, 'x.zip'), '--home', home()],
      /x\.zip has the name of a \.zip file, .*; give a folder, or a file that ends in \.npz\.\n$/,
    ],
    ['one frame', () => ['interpolate', '--frames', '1'], /whole number from 2 to 256/],
  ])('with %s gets one sentence and exit code 1', async (_, args, message) => {
    const { code, stdout, stderr } = await covae(...args());
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(fs.existsSync(home())).toBe(false);
  });

  it('with a preset of a wrong key names key and file', async () => {
    const file = path.join(root, 'mine.json');
    const text = fs.readFileSync(path.join(presetsFolder(), 'smoke.json'), 'utf8');
    fs.writeFileSync(file, text.replace('"batchSize"', '"batchsize"'));
    const { code, stderr } = await covae('train', '--data', 'x', '--preset', file, '--home', home());
    expect(code).toBe(1);
    expect(stderr).toBe(`covae: ${file}: key "config.training.batchsize" is not known (and 1 more).\n`);
  });
});

describe('covae doctor', () => {
  it('finds everything that a training needs', async () => {
    const { code, events, stderr } = await covae('doctor', '--json', '--home', path.join(root, 'new'));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const result = events.at(-1);
    expect(result).toMatchObject({ event: 'result', ok: true });
    const found = new Map(events.filter((e) => e['event'] === 'check').map((e) => [e['what'], e]));
    expect(found.get('TensorFlow')?.['detail']).toMatch(/^\d+\.\d+\.\d+.*tfjs-node/);
    expect(found.get('Device')?.['detail']).toMatch(/^computes on .*\d+ GB/);
    expect(found.get('Trial computation')?.['detail']).toMatch(/right result/);
    expect(found.get('Presets')?.['detail']).toMatch(/smoke, tiny/);
  });

  it('ends with 1 when the library cannot be written', async () => {
    const file = path.join(root, 'a file');
    fs.writeFileSync(file, '');
    const { code, stdout } = await covae('doctor', '--home', path.join(file, 'home'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED {2}Library .*a part of the path is a file/);
    expect(stdout).toMatch(/One thing a training needs is broken: Library\.\n$/);
  });
});
