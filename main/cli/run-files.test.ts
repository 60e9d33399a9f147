/** `covae runs export`, `import` and `report`: one small run between libraries. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { covae, makeImages, root } from './test-cli.ts';
import { pythonWith } from '../../core/test-python.ts';

const at = (...names: string[]): string => path.join(root, ...names);
const home = at('home');
const other = at('other');
let run = '';

beforeAll(async () => {
  await makeImages(at('images'));
  for (const [library, name] of [
    [home, 'set'],
    [other, 'same-images'],
  ] as const) {
    expect(await covae('data', 'import', at('images'), '--name', name, '--home', library)).toMatchObject({
      code: 0,
    });
  }
  const args = ['--data', 'set', '--preset', 'smoke', '--steps', '4', '--name', 'run'];
  const often = ['--set', 'training.checkpointEvery=2'];
  expect(await covae('train', ...args, ...often, '--home', home)).toMatchObject({ code: 0 });
  run = fs.readdirSync(path.join(home, 'runs')).find((name) => name.startsWith('run-')) ?? '';
  expect(await covae('runs', 'export', run, '--out', at('run.zip'), '--home', home)).toMatchObject({
    code: 0,
  });
});

const imports = (from: string, library = other) => covae('runs', 'import', from, '--home', library, '--json');
const draws = async (library: string, to: string): Promise<Buffer> => {
  const asked = ['export', run, '--as', 'npy', '--count', '3', '--out', at(to), '--home', library];
  expect(await covae(...asked)).toMatchObject({ code: 0 });
  return fs.readFileSync(at(to));
};
const runsOf = (library: string) => fs.readdirSync(path.join(library, 'runs'));

describe('a run in an archive', () => {
  it('comes to another library as it was, finds its data set by the pixels, and comes once only', async () => {
    const first = await imports(at('run.zip'));
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.events.at(-1)).toMatchObject({
      id: run,
      outcome: 'new',
      dataset: 'same-images',
      remark: null,
    });
    expect(await draws(other, 'theirs.npy')).toEqual(await draws(home, 'ours.npy'));
    expect((await imports(at('run.zip'))).events.at(-1)).toMatchObject({ outcome: 'there' });
    expect(runsOf(other)).toEqual([run]);
    expect(await covae('runs', 'verify', run, '--home', other)).toMatchObject({ code: 0 });
    // The same bytes again, and readable by others.
    expect(await covae('runs', 'export', run, '--out', at('twice.zip'), '--home', other)).toMatchObject({
      code: 0,
    });
    expect(fs.readFileSync(at('twice.zip')).equals(fs.readFileSync(at('run.zip')))).toBe(true);
    const interpreter = pythonWith('zipfile');
    if (interpreter !== null) {
      const script = `import zipfile; z = zipfile.ZipFile('run.zip'); print(z.testzip(), z.namelist()[-1])`;
      const said = execFileSync(interpreter, ['-c', script], { cwd: root, encoding: 'utf8' });
      expect(said.trim()).toBe('None covae-run.json');
    }
  });

  /** The run's folder as it was at step 2. */
  const shortened = (): string => {
    const folder = at('short', run);
    fs.cpSync(path.join(home, 'runs', run), folder, { recursive: true });
    fs.rmSync(path.join(folder, 'checkpoints/step-00000004'), { recursive: true });
    for (const name of fs.readdirSync(folder).filter((entry) => entry.endsWith('.jsonl'))) {
      const lines = fs.readFileSync(path.join(folder, name), 'utf8').split('\n');
      const kept = lines.filter((line) => line !== '' && (JSON.parse(line) as { step: number }).step <= 2);
      fs.writeFileSync(path.join(folder, name), kept.map((line) => `${line}\n`).join(''));
    }
    return folder;
  };

  it('gives way to a longer history, replaces a shorter one, and is refused when it went another way', async () => {
    const short = shortened();
    const third = at('third');
    expect((await imports(short, third)).events.at(-1)).toMatchObject({ outcome: 'new' });
    const longer = await imports(at('run.zip'), third);
    expect(longer.events.at(-1)).toMatchObject({ outcome: 'longer', dataset: null });
    expect(longer.stderr).toMatch(/The data set "set" .* is not here/);
    expect((await imports(short, third)).events.at(-1)).toMatchObject({ outcome: 'there' });
    expect(runsOf(third)).toEqual([run]);
    expect(await covae('runs', 'verify', run, '--home', third)).toMatchObject({ code: 0 });
    const sixth = at('sixth');
    expect(await covae('data', 'import', at('images'), '--name', 'set', '--home', sixth)).toMatchObject({
      code: 0,
    });
    await imports(short, sixth);
    expect(await covae('resume', run, '--home', sixth)).toMatchObject({ code: 0 });
    const refused = await imports(at('run.zip'), sixth);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/which went another way than that in .*run\.zip/);
  });

  it('may be a folder', async () => {
    const fourth = at('fourth');
    const folder = path.join(home, 'runs', run);
    expect((await imports(folder, fourth)).events.at(-1)).toMatchObject({ outcome: 'new' });
    expect(await covae('runs', 'verify', run, '--home', fourth)).toMatchObject({ code: 0 });
  });
});

describe('what cannot be imported is told in one sentence, and leaves nothing', () => {
  const bytes = () => fs.readFileSync(at('run.zip'));
  const cases: [string, () => Buffer, RegExp][] = [
    ['a file that is cut short', () => bytes().subarray(0, -100), /is damaged or no zip archive/],
    [
      'a changed weight',
      () => {
        const changed = bytes();
        // Amid the weights, which are the bulk of it.
        changed[Math.floor(changed.length / 2)]! ^= 1;
        return changed;
      },
      /is damaged/,
    ],
    ['something else', () => Buffer.from('no archive at all'), /is damaged or no zip archive/],
  ];
  it.each(cases)('%s', async (name, make, sentence) => {
    const file = at(`${name.replaceAll(' ', '-')}.zip`);
    fs.writeFileSync(file, make());
    const fifth = at('fifth');
    const { code, stderr } = await imports(file, fifth);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(fs.existsSync(path.join(fifth, 'runs')) ? runsOf(fifth) : []).toEqual([]);
  });

  it('an archive of names that lead elsewhere', async () => {
    const folder = at('hostile');
    fs.mkdirSync(folder);
    const file = { name: '../../../etc/passwd', size: 1, sha256: '0'.repeat(64) };
    const note = { format: 'covae-run-archive', version: 1, software: '', run: 'x', files: [file] };
    fs.writeFileSync(path.join(folder, 'covae-run.json'), JSON.stringify(note));
    const { code, stderr } = await imports(folder, at('fifth'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/names a file that no run has/);
  });

  it('a file that is not there, a folder without a run, a target that is taken', async () => {
    expect((await imports(at('nowhere.zip'))).stderr).toMatch(/does not exist/);
    expect((await imports(at('images'))).stderr).toMatch(/is no run; give an archive/);
    const taken = await covae('runs', 'export', run, '--out', at('run.zip'), '--home', home);
    expect(taken.stderr).toMatch(/exists already/);
  });
});

describe('a report', () => {
  it('is one page with its pictures in it, and fetches nothing', async () => {
    const file = at('report.html');
    const told = await covae('runs', 'report', run, '--out', file, '--home', home, '--json');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    const page = fs.readFileSync(file, 'utf8');
    expect(told.events.at(-1)).toMatchObject({ run, file, bytes: Buffer.byteLength(page) });
    expect(page.length).toBeLessThan(5_000_000);
    for (const part of ['Curves', 'Samples', 'Evaluations', 'Alarms', 'Settings', 'Where it comes from']) {
      expect(page).toContain(`<h2>${part}</h2>`);
    }
    expect(page).toContain('<svg');
    expect(page).toContain('src="data:image/png;base64,');
    expect(page).toContain('objective.sigmaMax');
    expect(page).toMatch(/sha256:[0-9a-f]{64}/);
    // Nothing that a browser would fetch.
    expect(page).toContain(`default-src 'none'`);
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)|@import|url\((?!#)/);
    const again = await covae('runs', 'report', run, '--out', file, '--home', home);
    expect(again.stderr).toMatch(/exists already/);
  });
});
