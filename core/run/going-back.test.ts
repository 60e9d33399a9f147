import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type CheckpointContents,
  listCheckpoints,
  readNewestCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { bringBack, setAsideAfter, wentBackClause } from './going-back.ts';
import { openMetricsLog, readMetrics } from './run-folder.ts';
import { openRunLog, readAlarms } from './run-log.ts';
import { readSetAside } from './set-aside-files.ts';

let run: string;
beforeEach(async () => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-going-back-'));
  fs.mkdirSync(path.join(run, 'samples'));
  const log = openMetricsLog(run, 0);
  const runLog = openRunLog(run, 0);
  for (let step = 1; step <= 30; step++) {
    log.append(metrics(step, 1));
    if (step % 10 !== 0) continue;
    await writeCheckpoint(run, step, contents(step));
    fs.writeFileSync(path.join(run, 'samples', `step-${String(step).padStart(8, '0')}.png`), `grid ${step}`);
    runLog.alarms.append({ ...ALARM, step });
  }
  log.close();
  runLog.close();
  fs.writeFileSync(path.join(run, 'samples', 'draw-step-00000030-seed-1.png'), 'mine');
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(run, { recursive: true, force: true });
});

const ALARM = {
  ...{ kind: 'divergence' as const, name: 'Loss rose suddenly', value: 9, bound: 3, t: 0.5 },
  ...{ advice: 'Go on.', goOn: null },
};

function metrics(step: number, loss: number) {
  return {
    ...{ step, loss, recLoss: 1, denoiserLoss: null, klLoss: 0, gradNorm: 1, learningRate: 1e-3 },
    ...{ intervals: 2, stepsPerSecond: 1, seconds: step },
  };
}

function contents(value: number): CheckpointContents {
  const tensors = { w: { shape: [1], data: Float32Array.of(value) } };
  return { model: tensors, ema: tensors, optimizer: tensors, state: { value } };
}

/** Every file of the run with its content, the trash's too. */
function everything(): Record<string, string> {
  const names = fs.readdirSync(run, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names
      .filter((name) => fs.statSync(path.join(run, name)).isFile())
      .map((name) => [name, fs.readFileSync(path.join(run, name), 'latin1')]),
  );
}

const steps = async (): Promise<number[]> => (await listCheckpoints(run)).map(({ step }) => step);

/** Steps without saving, as a training does that is killed. */
function trainUnsaved(from: number, to: number): void {
  const log = openMetricsLog(run, from);
  for (let step = from + 1; step <= to; step++) log.append(metrics(step, 2));
  log.close();
  fs.writeFileSync(path.join(run, 'samples', `step-${String(to).padStart(8, '0')}.png`), 'another');
}

describe('going back', () => {
  it('sets aside what came after the step, and nothing of the person', async () => {
    expect(await setAsideAfter(run, 10)).toEqual({ step: 10, checkpoints: [20, 30] });
    expect(await steps()).toEqual([10]);
    expect((await readNewestCheckpoint(run))?.step).toBe(10);
    expect(fs.readdirSync(path.join(run, 'samples')).sort()).toEqual([
      'draw-step-00000030-seed-1.png',
      'step-00000010.png',
    ]);
    expect(wentBackClause({ step: 10, checkpoints: [20, 30] })).toBe(
      'Went back to step 10; the later checkpoints, of steps 20 and 30, are kept until the run saves again',
    );
  });

  it('to the newest step sets nothing aside', async () => {
    const before = everything();
    expect(await setAsideAfter(run, 30)).toBeNull();
    expect(everything()).toEqual(before);
    await expect(bringBack(run)).rejects.toThrow(/There is nothing to bring back/);
  });

  it('to the start leaves only weights of step 0', async () => {
    await writeCheckpoint(run, 0, contents(0), { keep: 9 });
    await setAsideAfter(run, 0);
    expect(await steps()).toEqual([0]);
  });

  it('is undone to the last byte, also after steps that were not saved', async () => {
    const before = everything();
    await setAsideAfter(run, 10);
    trainUnsaved(10, 15);
    expect((await readMetrics(run)).at(-1)).toMatchObject({ step: 15, loss: 2 });
    expect(await bringBack(run)).toEqual({ step: 10, checkpoints: [20, 30] });
    expect(everything()).toEqual(before);
    expect((await readAlarms(run)).map(({ step }) => step)).toEqual([10, 20, 30]);
  });

  it('twice is undone at once', async () => {
    const before = everything();
    await setAsideAfter(run, 20);
    trainUnsaved(20, 24);
    expect(await setAsideAfter(run, 10)).toMatchObject({ step: 10, checkpoints: [20, 30] });
    trainUnsaved(10, 12);
    await bringBack(run);
    expect(everything()).toEqual(before);
  });

  it('cannot be undone once the run has saved again', async () => {
    await setAsideAfter(run, 20);
    expect((await readSetAside(run))?.checkpoints).toEqual([30]);
    fs.mkdirSync(path.join(run, '.trash-0a1b2c3d.tmp'));
    await writeCheckpoint(run, 25, contents(2));
    // Nor what a kill has left of emptying it before.
    expect(fs.readdirSync(run).filter((name) => name.startsWith('.'))).toEqual([]);
    await expect(bringBack(run)).rejects.toThrow(/it has saved a checkpoint since/);
    expect(await steps()).toEqual([10, 20, 25]);
  });

  it('cannot be undone either when the program ended between saving and emptying the trash', async () => {
    await setAsideAfter(run, 20);
    fs.cpSync(path.join(run, '.trash'), path.join(run, 'copy'), { recursive: true });
    await writeCheckpoint(run, 30, contents(2));
    fs.renameSync(path.join(run, 'copy'), path.join(run, '.trash'));
    await expect(bringBack(run)).rejects.toThrow(/it has saved a checkpoint since/);
    // The next time that it goes back, that is what can be undone.
    expect(await setAsideAfter(run, 20)).toMatchObject({ checkpoints: [30] });
    await bringBack(run);
    expect((await readNewestCheckpoint(run))?.state).toEqual({ value: 2 });
  });

  it.each([1, 2, 3])('that the system refuses at rename %i changes nothing', async (at) => {
    const before = everything();
    const rename = fsp.rename.bind(fsp);
    let count = 0;
    vi.spyOn(fsp, 'rename').mockImplementation(async (from, to) => {
      // Of checkpoints, that is; those of the way back go well.
      if (String(from).includes(`${path.sep}checkpoints${path.sep}step`) && ++count === at) {
        throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
      }
      return rename(from, to);
    });
    const failed = setAsideAfter(run, 0);
    await expect(failed).rejects.toThrow(/could not be moved aside .*; nothing has changed/);
    vi.restoreAllMocks();
    expect(everything()).toEqual(before);
  });

  it('that was cut short at any rename is undone, or gone on with', async () => {
    const before = everything();
    const rename = fsp.rename.bind(fsp);
    for (let killedAt = 1; ; killedAt++) {
      let count = 0;
      const ended = { done: false };
      await new Promise<void>((resolve) => {
        vi.spyOn(fsp, 'rename').mockImplementation((from, to) => {
          if (++count < killedAt) return rename(from, to);
          // What a kill leaves behind: everything before it, and nothing after.
          resolve();
          return new Promise(() => undefined);
        });
        void setAsideAfter(run, 10).then(() => {
          ended.done = true;
          resolve();
        });
      });
      vi.restoreAllMocks();
      expect((await readNewestCheckpoint(run))?.step).toBeGreaterThanOrEqual(10);
      if ((await readSetAside(run)) === null) {
        expect(await steps()).toEqual([10, 20, 30]);
      } else {
        await bringBack(run);
      }
      expect(await steps()).toEqual([10, 20, 30]);
      expect((await readMetrics(run)).map(({ step }) => step)).toHaveLength(30);
      fs.rmSync(path.join(run, '.trash'), { recursive: true, force: true });
      if (ended.done) break;
    }
    for (const name of Object.keys(everything())) {
      if (name.endsWith('.tmp')) fs.rmSync(path.join(run, name));
    }
    expect(everything()).toEqual(before);
  });
});
