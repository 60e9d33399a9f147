// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';
import type { CallResult } from '../../../main/ipc/contract.ts';
import { finishedRun } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';

type Found = NonNullable<CallResult<'files.origin'>>;

function setup(asked: (Omit<Found, 'view'> & Partial<Found>) | null) {
  const found = asked && { view: null, ...asked };
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
      ...{
        seed: 7,
        count: 9,
        passes: 3,
        weights: 'raw',
        temperature: 1,
        laterTemperature: 1,
        label: null,
        places: [4, null],
      },
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

  const told = { run: 'one', here: true, stepHere: true };

  it('brings back the board of a view, with its settings', async () => {
    const view = {
      ...{ kind: 'path' as const, points: [4, 5, 6].map((index) => ({ kind: 'image' as const, index })) },
      ...{ path: 'cubic' as const, loop: true, easing: 'ends' as const, pace: 'pixels' as const },
      positions: [0, 0.25, 0.5, 0.75],
    };
    const look = { at: { timeIndex: 3 }, space: 'z' as const, again: [{ timeIndex: 2 }] };
    const studio = setup({ ...told, origin: { run: 'one', kind: 'path', step: 30 }, view: { view, look } });
    expect(await studio.restored.bringBack(file, importIt)).toBe(true);
    expect(studio.settings.get('navigation').view).toBe('explore');
    const { positions: _, kind: __, ...shown } = view;
    expect(studio.settings.get('explore').board).toMatchObject({
      ...{ tab: 'path', noise: false, frames: 4, place: 3, space: 'z', passes: 1, passPlace: 2, ...shown },
    });
  });

  it('brings back the plane of an export, and the picture of a reconstruction', async () => {
    const plane = { run: 'one', kind: 'plane', step: 30, corners: '3,8,1', frames: 36, at: '7' };
    const studio = setup({ ...told, origin: plane });
    await studio.restored.bringBack(file, importIt);
    expect(studio.settings.get('explore').board).toMatchObject({
      ...{ tab: 'plane', columns: 6, place: 7, plane: 'spherical' },
      corners: [3, 8, 1].map((index) => ({ kind: 'image', index })),
    });
    const one = {
      run: 'one',
      kind: 'reconstructions',
      step: 30,
      start: 10,
      count: 5,
      index: 12,
      at: 't=0.5',
    };
    const other = setup({ ...told, origin: one });
    await other.restored.bringBack(file, importIt);
    expect(other.settings.get('navigation').view).toBe('explore');
    expect(other.settings.get('explore').board).toMatchObject({
      ...{ tab: 'around', place: null, subject: { kind: 'image', index: 12 } },
    });
    const odd = setup({ ...told, origin: { ...plane, corners: '1,x,2' } });
    await odd.restored.bringBack(file, importIt);
    expect(odd.settings.get('navigation').view).toBe('train');
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
