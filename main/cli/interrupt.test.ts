import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readNewestCheckpoint } from '../../core/run/checkpoint.ts';
import { readMetrics } from '../../core/run/run-folder.ts';
import { interruptible, unlessInterrupted } from './interrupt.ts';
import { bundleCli } from './test-bundle.ts';
import { covae, makeImages, type Outcome, parseObject, root } from './test-cli.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

afterEach(() => vi.restoreAllMocks());

describe('Ctrl-C', () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = await bundleCli();
  });
  afterAll(() => fs.rmSync(path.dirname(bundle), { recursive: true, force: true }));

  /** Runs until step `until` is done, then presses Ctrl-C the way npm passes it on: twice at once. */
  async function interrupted(args: string[], until: number): Promise<Outcome> {
    const child = spawn(process.execPath, [bundle, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let pressed = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const steps = [...stdout.matchAll(/"event":"progress".*"step":(\d+)/g)].map((match) =>
        Number(match[1]),
      );
      if (!pressed && Math.max(0, ...steps) >= until) {
        pressed = true;
        child.kill('SIGINT');
        child.kill('SIGINT');
      }
    });
    await once(child, 'close');
    return { code: child.exitCode ?? -1, stdout, stderr, events: stdout.trim().split('\n').map(parseObject) };
  }

  it.runIf(fs.existsSync('/dev/full'))('a full disk for the output is told in one sentence', async () => {
    const home = path.join(root, 'full');
    const images = path.join(root, 'full-images');
    await makeImages(images);
    const set = ['--size', '16', '--channels', '1', '--name', 'few', '--home', home];
    expect(await covae('data', 'import', images, ...set)).toMatchObject({ code: 0 });
    const full = fs.openSync('/dev/full', 'w');
    for (const args of [
      ['data', 'list'],
      ['train', '--data', 'few', '--preset', 'smoke', '--steps', '100000'],
    ]) {
      const child = spawn(process.execPath, [bundle, ...args, '--home', home], {
        stdio: ['ignore', full, 'pipe'],
      });
      let stderr = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      await once(child, 'close');
      expect(child.exitCode).toBe(1);
      // TensorFlow itself writes lines of its own.
      const [sentence, ...more] = stderr.split('\n').filter((line) => /covae|^ +at /.test(line));
      expect(more).toEqual([]);
      expect(sentence).toMatch(
        /^covae: The output could not be written to standard output: the disk is full; free some space and try again(; what was under way is stopped as by Ctrl-C)?\.$/,
      );
    }
    fs.closeSync(full);
    // The run is whole and can be resumed.
    expect(fs.readdirSync(path.join(home, 'runs')).length).toBe(1);
  });

  it('stops, saves, says how to go on; resume goes on from there', async () => {
    const home = path.join(root, 'stopped');
    const images = path.join(root, 'few');
    await makeImages(images);
    expect(
      (
        await covae(
          'data',
          'import',
          images,
          '--size',
          '16',
          '--channels',
          '1',
          '--name',
          'few',
          '--home',
          home,
        )
      ).code,
    ).toBe(0);
    const first = await interrupted(
      ['train', '--data', 'few', '--preset', 'smoke', '--steps', '100000', '--home', home],
      11,
    );
    expect(first.code).toBe(75);
    const result = first.events.at(-1);
    const step = Number(result?.['step']);
    const runId = String(result?.['run']);
    expect(result).toMatchObject({ event: 'result', end: 'stopped', steps: 100_000, exitCode: 75 });
    expect(first.stderr).toContain(`Go on with: npx covae resume ${runId} --home ${home}\n`);
    const run = path.join(home, 'runs', runId);
    expect((await readNewestCheckpoint(run))?.step).toBe(step);
    expect(step).toBeGreaterThanOrEqual(11);

    // The newest checkpoint is damaged, without a change of its size: the one before it serves.
    const damaged = path.join(
      run,
      'checkpoints',
      `step-${String(step).padStart(8, '0')}`,
      'model.safetensors',
    );
    const bytes = fs.readFileSync(damaged);
    fs.writeFileSync(damaged, Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]));
    const before = Math.floor((step - 1) / 10) * 10;

    const second = await interrupted(['resume', runId.slice(0, -2), '--home', home], step + 2);
    expect(second.code).toBe(75);
    expect(second.stderr).toContain(
      `The checkpoint of step ${step} is damaged (model.safetensors: its content is not what was written); that of step ${before} is used instead.`,
    );
    expect(second.events.find((e) => e['event'] === 'run')).toMatchObject({ id: runId, step: before });
    expect(Number(second.events.at(-1)?.['step'])).toBeGreaterThanOrEqual(step + 2);
    const steps = (await readMetrics(run)).map((line) => line.step);
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1));
  });
});

describe('interruptible', () => {
  let now: number;
  beforeEach(() => {
    now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });

  it('asks the work to stop once, and ends the program at a second press only', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    const told = vi.fn();
    const result = await interruptible(async (signal) => {
      process.emit('SIGINT', 'SIGINT');
      expect(signal.aborted).toBe(true);
      now = 20;
      process.emit('SIGINT', 'SIGINT');
      expect(exit).not.toHaveBeenCalled();
      now = 3000;
      process.emit('SIGINT', 'SIGINT');
      expect(exit).toHaveBeenCalledWith(130);
      return 'done';
    }, told);
    expect(result).toBe('done');
    expect(told).toHaveBeenCalledTimes(1);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('leaves a second signal to the system, which ends us in the midst of a native call too', async () => {
    await interruptible(
      async () => {
        process.emit('SIGHUP', 'SIGHUP');
        expect(process.listenerCount('SIGHUP')).toBe(1);
        await sleep(1200);
        expect(SIGNALS.map((name) => process.listenerCount(name))).toEqual([0, 0, 0, 0]);
      },
      () => undefined,
    );
  });

  it('gives null for work that threw because of it, and throws everything else', async () => {
    const stopped = unlessInterrupted(
      async (signal) => {
        process.emit('SIGTERM', 'SIGTERM');
        signal.throwIfAborted();
        return 1;
      },
      () => undefined,
    );
    expect(await stopped).toBeNull();
    await expect(
      unlessInterrupted(
        () => Promise.reject(new Error('other')),
        () => undefined,
      ),
    ).rejects.toThrow('other');
  });
});
