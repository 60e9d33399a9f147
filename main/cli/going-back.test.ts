/** Going back in a run, and damaged checkpoints: nothing is lost, and what is used instead is told once. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSession } from '../../core/train/open-session.ts';
import { readMetrics } from '../../core/run/run-folder.ts';
import { covae, makeImages, matching, root, withoutAlarms } from './test-cli.ts';

const trained = path.join(root, 'trained');
const home = path.join(root, 'home');
const run = 'noise-smoke';
let id: string;
let folder: string;

beforeAll(async () => {
  const images = path.join(root, 'images');
  await makeImages(images);
  const at = ['--home', trained];
  await covae('data', 'import', images, '--name', 'noise', '--size', '16', '--channels', '1', ...at);
  const done = await covae('train', '--data', 'noise', '--preset', 'smoke', '--name', run, ...at, '--json');
  expect(done.code).toBe(0);
  id = String(done.events.at(-1)?.['run']);
  folder = path.join(home, 'runs', id);
});
beforeEach(() => {
  fs.rmSync(home, { recursive: true, force: true });
  fs.cpSync(trained, home, { recursive: true });
});

const checkpoints = (): string[] => fs.readdirSync(path.join(folder, 'checkpoints')).sort();
const ALL = ['step-00000010', 'step-00000020', 'step-00000030'];

function flip(step: number, file = 'model.safetensors'): void {
  const target = path.join(folder, 'checkpoints', `step-000000${step}`, file);
  const bytes = fs.readFileSync(target);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
  fs.writeFileSync(target, bytes);
}

/** Every file of the run with its content. */
function everything(): Record<string, string> {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names
      .filter((name) => fs.statSync(path.join(folder, name)).isFile())
      .map((name) => [name, fs.readFileSync(path.join(folder, name), 'latin1')]),
  );
}

describe('going back', () => {
  it('that cannot be done leaves everything as it was', async () => {
    const before = everything();
    fs.renameSync(path.join(home, 'datasets', 'noise'), path.join(home, 'datasets', '.away'));
    const away = await covae('resume', id, '--from', '10', '--home', home);
    expect(away).toMatchObject({ code: 1, stderr: matching(/no data set "noise"/) });
    expect(everything()).toEqual(before);
    fs.renameSync(path.join(home, 'datasets', '.away'), path.join(home, 'datasets', 'noise'));

    flip(10);
    const damaged = everything();
    const refused = await covae('resume', id, '--from', '10', '--home', home);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /no usable checkpoint of step 10 in .* \(model\.safetensors: its content is not what was written\); there are those of steps 20, 30/,
    );
    expect(everything()).toEqual(damaged);
  });

  it('is undone by the command that it names, until the run has saved', async () => {
    const before = everything();
    // As if it was killed before its first step.
    const session = await openSession(home, id, undefined, { from: 10 });
    expect(session.setAside).toMatchObject({ step: 10, checkpoints: [20, 30] });
    session.dispose();
    expect(checkpoints()).toEqual(ALL.slice(0, 1));
    const back = await covae('runs', 'bring-back', run, '--home', home, '--json');
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect(back.events.at(-1)).toMatchObject({ event: 'result', run: id, step: 10, checkpoints: [20, 30] });
    expect(everything()).toEqual(before);

    const resumed = await covae('resume', id, '--from', '20', '--home', home);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain(
      `Went back to step 20; the later checkpoint, of step 30, is kept until the run saves again; bring it all back with: npx covae runs bring-back ${id} --home ${home}\n`,
    );
    expect(checkpoints()).toEqual(ALL);
    expect((await readMetrics(folder)).map(({ step }) => step)).toHaveLength(30);
    const late = await covae('runs', 'bring-back', id, '--home', home);
    expect(late.code).toBe(1);
    expect(late.stderr).toMatch(/nothing to bring back in .*it has saved a checkpoint since/);
  });
});

const TOLD =
  'The checkpoint of step 30 is damaged (ema.safetensors: its content is not what was written); that of step 20 is used instead.\n';

describe('a damaged newest checkpoint', () => {
  beforeEach(() => flip(30, 'ema.safetensors'));
  const out = path.join(root, 'out');

  it.each([
    [['sample', '--count', '1', '--out', path.join(out, 'a.png')]],
    [['interpolate', '--from', '1', '--to', '2', '--frames', '2', '--out', path.join(out, 'b.png')]],
    [['reconstruct', '--at', '1', '--out', path.join(out, 'c.png')]],
    [['weights', 'export', '--out', path.join(out, 'd.safetensors')]],
  ])('is told once where the one before is used: %j', async ([command = '', ...options]) => {
    fs.rmSync(out, { recursive: true, force: true });
    fs.mkdirSync(out);
    const told = await covae(
      command,
      ...(command === 'weights' ? [options.shift() ?? ''] : []),
      id,
      ...options,
      '--home',
      home,
    );
    expect(told).toMatchObject({ code: 0, stderr: TOLD });
  });

  it('of a finished run lets it go on from the one before', async () => {
    const resumed = await covae('resume', id, '--home', home, '--json');
    expect(resumed.code).toBe(0);
    expect(withoutAlarms(resumed.stderr, 30)).toBe(TOLD);
    expect(resumed.events.find(({ event }) => event === 'run')).toMatchObject({ step: 20, steps: 30 });
    expect(checkpoints()).toEqual(ALL);
    const again = await covae(
      'sample',
      id,
      '--count',
      '1',
      '--out',
      path.join(root, 'e.png'),
      '--home',
      home,
    );
    expect(again.stderr).toBe('');
    expect((await covae('resume', id, '--home', home)).stderr).toMatch(/has finished its 30 steps/);
  });

  it('is named in the list of runs when its size tells', async () => {
    fs.truncateSync(path.join(folder, 'checkpoints', 'step-00000030', 'state.json'), 3);
    const listed = await covae('runs', 'list', '--home', home);
    expect(listed.stdout).toMatch(/step 20 of 30/);
    expect(listed.stderr).toMatch(
      /: The checkpoint of step 30 is damaged \(state\.json: it has 3 bytes instead of/,
    );
  });
});

describe('a log that was cut short', () => {
  it('is told when the training goes on, and once', async () => {
    await openSession(home, id, undefined, { from: 20 }).then((session) => session.dispose());
    const log = path.join(folder, 'metrics.jsonl');
    fs.writeFileSync(log, fs.readFileSync(log, 'utf8').split('\n').slice(0, 5).join('\n') + '\n');
    const resumed = await covae('resume', id, '--home', home);
    expect(resumed.code).toBe(0);
    expect(withoutAlarms(resumed.stderr, 30)).toBe(
      'The logs of the run are not what was written (metrics.jsonl has 5 of 20 lines); they stay as they are, and the weights are not touched by it.\n',
    );
    expect(await covae('runs', 'verify', id, '--home', home)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('verifying', () => {
  it('finds nothing where nothing is', async () => {
    const runs = await covae('runs', 'verify', '--home', home, '--json');
    expect(runs).toMatchObject({ code: 0, stderr: '' });
    expect(runs.events.at(-1)).toMatchObject({ runs: [{ id, problems: [] }] });
    const data = await covae('data', 'verify', '--home', home, '--json');
    expect(data).toMatchObject({ code: 0, stderr: '' });
    expect(data.events.at(-1)).toMatchObject({ datasets: [{ name: 'noise', problems: [], notes: [] }] });
  });

  it('finds each damaged checkpoint, also an old one', async () => {
    flip(10);
    flip(30, 'optimizer.safetensors');
    const runs = await covae('runs', 'verify', run, '--home', home, '--json');
    expect(runs.code).toBe(1);
    expect(runs.events.at(-1)).toMatchObject({
      runs: [{ checkpoints: [{ step: 10, setAside: false }, { step: 20, problem: null }, { step: 30 }] }],
    });
    expect(runs.stderr.match(/is damaged: its content is not what was written/g)).toHaveLength(2);
  });

  it('finds altered pixels, and a training on them is refused with both fingerprints', async () => {
    const pixels = path.join(home, 'datasets', 'noise', 'pixels.u8');
    const bytes = fs.readFileSync(pixels);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    fs.writeFileSync(pixels, bytes);
    const before = everything();
    const data = await covae('data', 'verify', 'noise', '--home', home);
    expect(data.code).toBe(1);
    expect(data.stderr).toMatch(
      /pixels\.u8 is not what was imported, in images 0 to 39: its fingerprint is sha256:/,
    );
    const both = /its fingerprint is sha256:\w{64} instead of sha256:\w{64}; put the old file back/;
    const resumed = await covae('resume', id, '--from', '20', '--home', home);
    expect(resumed).toMatchObject({ code: 1, stderr: matching(both) });
    expect(everything()).toEqual(before);
    const runs = fs.readdirSync(path.join(home, 'runs'));
    const started = await covae('train', '--data', 'noise', '--preset', 'smoke', '--home', home);
    expect(started).toMatchObject({ code: 1, stderr: matching(both) });
    expect(fs.readdirSync(path.join(home, 'runs'))).toEqual(runs);
  });
});
