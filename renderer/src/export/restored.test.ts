// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { CallResult } from '../../../main/ipc/contract.ts';
import { finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';

function setup(found: CallResult<'files.origin'>) {
  const { studio } = testStudio({ 'files.origin': () => found });
  studio.library.runs = [finishedRun('one', { step: 30, checkpoints: [10, 20, 30] })];
  return studio;
}

const file = '/home/me/some picture.png';
const importIt = vi.fn();

describe('a file that says which run drew it', () => {
  it('brings back run, checkpoint, view and settings of samples', async () => {
    const origin = {
      run: 'one',
      kind: 'samples',
      step: 20,
      seed: 7,
      count: 9,
      passes: 3,
      weights: 'raw',
      reencodeAt: '4,t=0.5',
    };
    const studio = setup({ run: 'one', here: true, stepHere: true, origin });
    expect(await studio.restored.bringBack(file, importIt)).toBe(true);
    expect(studio.settings.get('navigation').view).toBe('samples');
    expect(studio.settings.get('run').id).toBe('one');
    expect(studio.settings.get('drawFrom')).toEqual({ run: 'one', checkpoint: 20 });
    expect(studio.settings.get('samples')).toMatchObject({
      ...{ seed: 7, count: 9, passes: 3, weights: 'raw', temperature: 1, label: null, places: [4, null] },
    });
    expect(studio.restored.times).toBe(1);
    expect(studio.notices.list.at(-1)?.text).toMatch(
      /^some picture\.png was drawn by “.*”, whose settings are back\.$/,
    );
  });

  it('brings back the ends of a path, and says when its checkpoint is gone', async () => {
    const origin = { run: 'one', kind: 'interpolation', step: 15, from: 3, to: 8, frames: 24, at: '5' };
    const studio = setup({ run: 'one', here: true, stepHere: false, origin });
    expect(await studio.restored.bringBack(file, importIt)).toBe(true);
    expect(studio.settings.get('navigation').view).toBe('explore');
    expect(studio.settings.get('explore').board).toMatchObject({
      tab: 'path',
      points: [
        { kind: 'image', index: 3 },
        { kind: 'image', index: 8 },
      ],
      ...{ frames: 24, place: 5, path: 'spherical', loop: false },
    });
    expect(studio.settings.get('drawFrom').checkpoint).toBe('newest');
    expect(studio.notices.list.at(-1)?.text).toContain(
      'Its checkpoint of step 15 is gone, so the newest draws instead.',
    );
  });

  it('names the run that is missing, and can be imported all the same', async () => {
    const studio = setup({ run: 'two', here: false, stepHere: false, origin: { run: 'two' } });
    expect(await studio.restored.bringBack(file, importIt)).toBe(true);
    expect(studio.notices.list[0]?.text).toBe(
      'some picture.png was drawn by the run two, which is not in this library; import that run on the Train page first.',
    );
    studio.notices.list.at(-1)?.action?.run();
    expect(importIt).toHaveBeenCalledOnce();
  });

  it('is another file otherwise, and nothing a file says is believed without a look', async () => {
    expect(await setup(null).restored.bringBack(file, importIt)).toBe(false);
    const studio = setup({
      run: 'one',
      here: true,
      stepHere: true,
      origin: { run: 'one', kind: 7, seed: 'x' },
    });
    expect(await studio.restored.bringBack(file, importIt)).toBe(true);
    expect(studio.settings.get('navigation').view).toBe('train');
  });
});
