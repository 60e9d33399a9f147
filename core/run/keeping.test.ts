/** What people do with runs that lie in the library: name, tag and note them, prune their checkpoints, remove them. */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { lockRun } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import { changeAbout, readAbout, renameRun } from './about.ts';
import { againCommand } from './again-command.ts';
import { listRuns } from './catalogue.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { checkpointsFolder } from './checkpoint-files.ts';
import { openEvaluationLog } from './evaluations.ts';
import type { RunManifest } from './manifest.ts';
import { planPrune, pruneRun } from './prune.ts';
import { createRunFolder } from './run-folder.ts';
import { testEvaluation } from './test-evaluation.ts';
import { emptyRunTrash, listTrashedRuns, removeRun, restoreRun } from './trash.ts';

const ID = 'digits-abc234';
let home: string;
let manifest: RunManifest;

beforeEach(async () => {
  home = await fsp.mkdtemp(path.join(os.tmpdir(), 'covae-keeping-'));
  const { config } = await loadPreset('tiny');
  manifest = {
    ...{ format: 'covae-run', version: 1, id: ID, name: 'digits', createdAt: '2026-01-01T00:00:00.000Z' },
    ...{ preset: 'tiny', seed: 3, dataset: { name: 'digits', fingerprint: 'sha256:0', count: 10 } },
    ...{ config: { ...config, training: { ...config.training, checkpointEvery: 10 } }, parameters: 1 },
    versions: { app: '0', tensorflow: '0', tfjs: '0' },
  };
  await createRunFolder(home, manifest);
});
afterEach(() => fsp.rm(home, { recursive: true, force: true }));

const contents = { model: {}, ema: {}, optimizer: {}, state: {} };
const steps = (): number[] =>
  fs
    .readdirSync(checkpointsFolder(runFolder(home, ID)))
    .map((name) => Number(name.slice(5)))
    .sort((a, b) => a - b);

describe('what is said of a run', () => {
  it('is kept beside it, also while it is trained, and lists show it', async () => {
    const lock = lockRun(home, ID, 'is being trained');
    await renameRun(home, ID, 'first digits');
    await changeAbout(home, ID, { add: ['paper', 'good', 'paper '], note: 'Learns quickly.' });
    await changeAbout(home, ID, { remove: ['good'], add: ['kept'] });
    lock.release();
    expect(await readAbout(runFolder(home, ID))).toEqual({
      tags: ['paper', 'kept'],
      note: 'Learns quickly.',
    });
    const [run] = await listRuns(home);
    expect(run).toMatchObject({ name: 'first digits', tags: ['paper', 'kept'], note: 'Learns quickly.' });
  });

  it('is refused where it is none', async () => {
    await expect(changeAbout(home, ID, { add: ['a, b'] })).rejects.toThrow(/1 to 40 signs and no comma/);
    await expect(changeAbout(home, ID, { note: 'x'.repeat(10_001) })).rejects.toThrow(/10,000 signs at most/);
    await expect(renameRun(home, ID, 'a/b')).rejects.toThrow(/name/);
    await expect(changeAbout(home, 'digits-zzz999', { note: '' })).rejects.toThrow();
  });
});

describe('lists', () => {
  it('say in what a run differs from its preset, and see every change at once', async () => {
    const [first] = await listRuns(home);
    expect(first).toMatchObject({
      variant: 'covae',
      differs: [{ key: 'training.checkpointEvery', value: 10 }],
    });
    expect((await listRuns(home))[0]).toBe(first);
    fs.writeFileSync(path.join(runFolder(home, ID), 'samples', 'picture.png'), 'x'.repeat(5000));
    const [second] = await listRuns(home);
    expect(second!.bytes).toBe(first!.bytes + 5000);
    await writeCheckpoint(runFolder(home, ID), 10, contents);
    expect((await listRuns(home))[0]).toMatchObject({ step: 10, drawable: true });
    const ema = path.join(checkpointsFolder(runFolder(home, ID)), 'step-00000010', 'ema.safetensors');
    fs.appendFileSync(ema, 'x');
    expect((await listRuns(home))[0]?.problem).toMatch(/ema/);
  });
});

describe('pruning', () => {
  beforeEach(async () => {
    for (const step of [5, 10, 20, 30, 40, 45]) {
      await writeCheckpoint(runFolder(home, ID), step, contents, { keep: 100 });
    }
  });

  it('keeps what it is told to and the newest, and says what it frees', async () => {
    const planned = await planPrune(home, ID, { every: 2 });
    expect(planned.keep.map(({ step }) => step)).toEqual([20, 40, 45]);
    expect(steps()).toEqual([5, 10, 20, 30, 40, 45]);
    const pruned = await pruneRun(home, ID, { every: 2 });
    expect(pruned).toEqual(planned);
    expect(pruned.before - pruned.after).toBe(pruned.remove.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(steps()).toEqual([20, 40, 45]);
    // The same once more removes nothing.
    expect((await pruneRun(home, ID, { every: 2 })).remove).toEqual([]);
  });

  it('keeps the last, or the best', async () => {
    const log = openEvaluationLog(runFolder(home, ID), 45);
    for (const [step, value] of [
      [10, 3],
      [30, 1],
      [45, 2],
    ] as const) {
      log.append(testEvaluation(step, value));
    }
    log.close();
    expect((await planPrune(home, ID, { last: 2 })).keep.map(({ step }) => step)).toEqual([40, 45]);
    await pruneRun(home, ID, { best: true });
    expect(steps()).toEqual([30, 45]);
  });

  it('never takes the checkpoint in use, and asks what to keep', async () => {
    const newest = path.join(checkpointsFolder(runFolder(home, ID)), 'step-00000045', 'state.json');
    fs.writeFileSync(newest, '[]');
    expect((await planPrune(home, ID, { last: 1 })).keep.map(({ step }) => step)).toEqual([40, 45]);
    await expect(pruneRun(home, ID, {})).rejects.toThrow(/Say which checkpoints/);
    const lock = lockRun(home, ID, 'is being trained');
    await expect(pruneRun(home, ID, { last: 1 })).rejects.toMatchObject({ code: 'busy' });
    lock.release();
  });
});

describe('removing', () => {
  it('can be undone until the trash is emptied', async () => {
    const token = await removeRun(home, ID);
    expect(await listRuns(home)).toEqual([]);
    expect(await listTrashedRuns(home)).toMatchObject([{ token, id: ID }]);
    expect(await restoreRun(home, token)).toBe(ID);
    expect(await listRuns(home)).toHaveLength(1);
    const again = await removeRun(home, ID);
    await createRunFolder(home, manifest);
    await expect(restoreRun(home, again)).rejects.toThrow(/again; the removed one stays/);
    expect(await emptyRunTrash(home)).toBe(1);
    await expect(restoreRun(home, again)).rejects.toThrow(/removed for good/);
    expect(await listTrashedRuns(home)).toEqual([]);
  });

  it('is refused while the run is trained', async () => {
    const lock = lockRun(home, ID, 'is being trained');
    await expect(removeRun(home, ID)).rejects.toMatchObject({ code: 'busy' });
    lock.release();
  });
});

it('says the command that starts it again', async () => {
  expect(await againCommand(home, manifest)).toBe(
    'npx covae train --data digits --preset tiny --name digits --seed 3 --set training.checkpointEvery=10',
  );
  expect(await againCommand(home, { ...manifest, preset: null })).toBeNull();
});
