import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import type { ExportOrder } from '../core/takeout/order.ts';
import type { Task } from './ipc/contract.ts';
import { exportKind, exportName } from './export-name.ts';
import { makeRun, RUN, testStudio } from './test-studio.ts';

const home = mkdtempSync(path.join(os.tmpdir(), 'covae-exports-'));
const order: ExportOrder = { what: 'samples', as: 'grid', step: 'newest', provenance: true };
const asked = { jobId: 'job', task: { kind: 'export' as const, runId: RUN, order } };
const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000 });

beforeEach(async () => {
  await makeRun(home).catch(() => undefined);
});

describe('an export of the window', () => {
  it('is not begun when the person cancels the dialog', async () => {
    const { studio, exporter } = testStudio(home);
    expect(await studio.calls['exports.start'](asked)).toBeNull();
    expect(studio.exports.queue.jobs).toEqual([]);
    expect(exporter.asked).toEqual([]);
  });

  it('goes to the file that was chosen, with its ending, and may be shown in its folder', async () => {
    const choosePath = vi.fn(async () => '/exported/grid');
    const { studio, exporter, emit, showInFolder } = testStudio(home, { choosePath });
    const target = path.resolve('/exported/grid.png');
    expect(await studio.calls['exports.start'](asked)).toEqual({ path: target });
    expect(choosePath).toHaveBeenCalledWith({ name: `${RUN}-64-samples-seed-0-passes-1`, kind: 'png' });
    await until(() =>
      expect(emit).toHaveBeenCalledWith('exports.done', {
        ...{ jobId: 'job', sentence: '64 samples written to /exported/grid.png.' },
        ...{ files: ['/exported/grid.png'], remarks: [] },
      }),
    );
    expect(exporter.asked[0]).toMatchObject({ kind: 'task.run', params: { ...asked, path: target } });
    await studio.calls['app.reveal']({ path: target });
    expect(showInFolder).toHaveBeenCalledWith(target);
  });

  it('keeps its run from being removed', async () => {
    const { studio, exporter } = testStudio(home, { choosePath: async () => '/exported/grid.png' });
    delete exporter.answers['task.run'];
    await studio.calls['exports.start'](asked);
    await expect(studio.calls['runs.remove']({ runId: RUN })).rejects.toThrow(
      'This run is being exported; stop the export first.',
    );
    exporter.tell('export.progress', {
      jobId: 'job',
      progress: { phase: 'Writing', unit: 'images', done: 3, total: 64, perSecond: 1, secondsLeft: 61 },
    });
    await until(() => expect(studio.exports.queue.jobs[0]?.progress).toMatchObject({ done: 3 }));
  });
});

describe('another task of the window', () => {
  it.each([
    [{ kind: 'archive', runId: RUN }, RUN, 'zip', '/chosen/run.zip'],
    [
      { kind: 'model', runId: RUN, as: 'onnx', step: 'best', weights: 'ema' },
      ...[`${RUN}-best-onnx`, 'model', '/chosen/run'],
    ],
    [
      { kind: 'model', runId: RUN, as: 'safetensors', step: 5, weights: 'raw' },
      ...[`${RUN}-step-5`, 'safetensors', '/chosen/run.safetensors'],
    ],
    [{ kind: 'move' }, 'covae-studio', 'library', '/chosen/run'],
  ] as [Task, string, string, string][])(
    '%j asks where to, and goes there',
    async (task, name, kind, path) => {
      const choosePath = vi.fn(async () => '/chosen/run');
      const { studio, exporter } = testStudio(home, { choosePath });
      expect(await studio.calls['exports.start']({ jobId: 'job', task })).toEqual({ path });
      expect(choosePath).toHaveBeenCalledWith({ name, kind });
      await until(() =>
        expect(exporter.asked[0]).toMatchObject({ kind: 'task.run', params: { task, path } }),
      );
    },
  );

  it('imports what was chosen, and says that there are other runs', async () => {
    const choose = vi.fn(async () => ['/chosen/run.zip']);
    const { studio, exporter, emit } = testStudio(home, { choose });
    const task = { kind: 'import' as const, from: 'file' as const };
    expect(await studio.calls['exports.start']({ jobId: 'job', task })).toEqual({ path: '/chosen/run.zip' });
    await until(() => expect(emit).toHaveBeenCalledWith('library.changed', { what: 'runs' }));
    expect(exporter.asked[0]).toMatchObject({ params: { task, path: '/chosen/run.zip' } });
  });
});

describe('the name of an export', () => {
  it.each([
    [order, 'run-64-samples-seed-0-passes-1', 'png'],
    [{ ...order, as: 'frames', what: 'film', step: 'best' }, 'run-best-film', 'folder'],
    [
      { ...order, as: 'npz', count: 3, seed: 7, passes: 2, start: 5, label: 'a/b', weights: 'raw', step: 9 },
      'run-step-9-3-samples-seed-7-passes-2-start-5-raw-label-a_b',
      'npz',
    ],
    [
      { ...order, as: 'gif', what: 'path', from: 2, to: 9, at: [{ t: 0.5 }] },
      'run-from-2-to-9-at-t=0.5',
      'gif',
    ],
  ] satisfies [ExportOrder, string, string][])('says how to draw it again', (asked, name, kind) => {
    expect(exportName('run', asked)).toBe(name);
    if (asked.as !== 'dataset') expect(exportKind(asked.as)).toBe(kind);
  });
});
