import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import type { Alarm, Diagnostics } from './diagnostics.ts';
import { openRunLog, readAlarms, readDiagnostics } from './run-log.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-run-log-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function alarm(step: number): Alarm {
  return {
    kind: 'divergence',
    name: 'Loss not finite',
    step,
    value: null,
    bound: null,
    t: 0.5,
    advice: 'Go on with a lower learning rate.',
    goOn: { learningRate: 0.003, back: false },
  };
}

function diagnostics(step: number): Diagnostics {
  const moments = [
    { mean: 3, std: 1 },
    { mean: Number.MAX_VALUE, std: 0 },
  ];
  return {
    ...{ step, images: 64, t: [0.5, 3], kl: moments, imageError: moments, stepError: moments },
    ...{ mu: [1, 0], std: [0.1, 1], latentNorm: [7, 7], activeUnits: [1, 0.5], spread: 0.7 },
  };
}

describe('alarms.jsonl and diagnostics.jsonl', () => {
  it('come back as they were written', async () => {
    const log = openRunLog(folder, 0);
    log.alarms.append(alarm(3));
    for (let step = 1; step <= 9; step++) log.diagnostics.append(diagnostics(step));
    log.close();
    expect(await readAlarms(folder)).toEqual([alarm(3)]);
    expect((await readDiagnostics(folder))[8]).toEqual(diagnostics(9));
    expect((await readDiagnostics(folder, 3)).map(({ step }) => step)).toEqual([1, 5, 9]);
  });

  it('may be missing, as in runs of the version before', async () => {
    expect(await readAlarms(folder)).toEqual([]);
    expect(await readDiagnostics(folder)).toEqual([]);
  });

  it('lose what came after the step a training goes on from, but not why it stopped there', async () => {
    const first = openRunLog(folder, 0);
    for (const step of [10, 20, 30]) {
      first.alarms.append(alarm(step));
      first.diagnostics.append(diagnostics(step));
    }
    first.close();
    const second = openRunLog(folder, 20);
    second.alarms.append(alarm(20));
    second.diagnostics.append(diagnostics(25));
    second.close();
    expect((await readAlarms(folder)).map(({ step }) => step)).toEqual([10, 20, 20]);
    expect((await readDiagnostics(folder)).map(({ step }) => step)).toEqual([10, 20, 25]);
  });

  it('are read without a torn last line, which is repaired before the next', async () => {
    const whole = JSON.stringify(diagnostics(1));
    fs.writeFileSync(path.join(folder, 'diagnostics.jsonl'), `${whole}\n${whole.slice(0, 40)}`);
    fs.writeFileSync(path.join(folder, 'alarms.jsonl'), `${JSON.stringify(alarm(1))}\n{"kind":"di\n`);
    expect(await readDiagnostics(folder)).toEqual([diagnostics(1)]);
    expect(await readAlarms(folder)).toEqual([alarm(1)]);
    const log = openRunLog(folder, 5);
    log.alarms.append(alarm(2));
    log.diagnostics.append(diagnostics(2));
    log.close();
    expect(await readDiagnostics(folder)).toEqual([diagnostics(1), diagnostics(2)]);
    expect(await readAlarms(folder)).toEqual([alarm(1), alarm(2)]);
  });

  it.each([
    ['alarms.jsonl', (): Promise<unknown> => readAlarms(folder), JSON.stringify(alarm(1))],
    ['diagnostics.jsonl', (): Promise<unknown> => readDiagnostics(folder), JSON.stringify(diagnostics(1))],
  ])('with a damaged line name it: %s', async (name, read, good) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, `${good}\nrubbish\n${good}\n`);
    await expect(read()).rejects.toThrow(`${file}: line 2 is not valid JSON`);
    expect(() => openRunLog(folder, 9)).toThrow(UserError);
    fs.writeFileSync(file, `${good.replace('"step":1', '"step":"one"')}\n${good}\n`);
    await expect(read()).rejects.toThrow(`${file}, line 1: key "step" must be a number, not "one"`);
  });
});
