/** For tests: runs and pixels as main answers with them. */
import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { CallResult, KeptDraw } from '../../../main/ipc/contract.ts';

/** A run that has finished. */
export function finishedRun(
  id: string,
  more: Partial<CallResult<'runs.list'>[number]> = {},
): CallResult<'runs.list'>[number] {
  return {
    id,
    name: id,
    createdAt: '2026-01-01T00:00:00.000Z',
    preset: 'tiny',
    dataset: 'digits',
    seed: 0,
    steps: 10,
    step: 10,
    drawable: true,
    lastLoss: 1,
    checkpoints: [],
    best: null,
    ...{ tags: [], note: '', variant: 'covae' as const, differs: [], seconds: 60, bytes: 1e6 },
    lastMeasured: null,
    imageSize: 28,
    channels: 1,
    parameters: 5,
    damage: null,
    problem: null,
    outcome: { state: 'finished', collapsed: [] },
    ...more,
  };
}

/** Black images of one pixel. */
export function blackImages(count: number): ImageBatch {
  return { count, height: 1, width: 1, channels: 1, data: new Uint8Array(count) };
}

/** A draw that is kept. */
export function keptDraw(id: string, more: Partial<KeptDraw> = {}): KeptDraw {
  return {
    ...{ format: 'covae-draw', version: 1, id, run: 'one', step: 10, createdAt: '2026-01-02T00:00:00.000Z' },
    ...{ asked: 64, count: 64, height: 1, width: 1, channels: 1, seed: 0, passes: 1 },
    marks: { starred: [], removed: [], notes: {}, note: '' },
    ...more,
  };
}
