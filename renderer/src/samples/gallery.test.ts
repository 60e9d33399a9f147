// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallParams, DrawMeasures, KeptDraw, PixelParams } from '../../../main/ipc/contract.ts';
import { standIns } from '../test-studio/render.ts';
import { blackImages, finishedRun, keptDraw } from '../test-studio/run.ts';
import { testStudio } from '../test-studio/studio.ts';
import { Gallery, STARRED } from './gallery.svelte.ts';

standIns();
const marked = vi.fn<(params: CallParams<'draws.mark'>) => void>();
const read = vi.fn<(params: PixelParams<'draws.images'>) => void>();
beforeEach(() => vi.clearAllMocks());

const measures: DrawMeasures = {
  dataset: 'x',
  closeness: { image: [9, 8, 7, 6], distance: [0.4, 0.1, 0.3, 0.2] },
  classes: { classifier: 'c', names: ['a', 'b'], label: [1, 0, 1, 0], probability: [0.6, 0.5, 0.9, 0.7] },
};

async function setup(draws: KeptDraw[], { full = false } = {}) {
  const test = testStudio(
    {
      'draws.list': () => ({ draws, problems: ['A draw is damaged.'] }),
      'draws.mark': (params) => {
        marked(params);
        if (full) throw new Error('The disk is full.');
        return { starred: [], removed: [], notes: {}, note: '' };
      },
      'draws.remove': () => ({}),
      'draws.bringBack': () => ({}),
      'draws.measure': () => measures,
      'draws.save': ({ indices }) => ({ path: `/home/me/${indices.join('-')}.png` }),
    },
    {
      'draws.images': (params) => {
        read(params);
        return blackImages(params.indices.length);
      },
    },
  );
  const { studio } = test;
  studio.library.runs = [finishedRun('one'), finishedRun('two', { name: 'Two' })];
  studio.draws.start();
  studio.draws.follow('one');
  await vi.waitFor(() => expect(studio.draws.known).toBe(true));
  const gallery = new Gallery(studio, () => 'one');
  gallery.followListing();
  /** The samples that are shown, as draw and place. */
  const shown = () =>
    Array.from({ length: gallery.listing?.count ?? 0 }, (_, place) => {
      const { draw, index } = gallery.at(place)!;
      return `${draw.id}/${index}`;
    });
  return { ...test, gallery, shown };
}

const two = () => [keptDraw('b', { count: 4, asked: 4 }), keptDraw('a', { count: 2, asked: 2, seed: 7 })];

describe('the gallery', () => {
  it('shows the newest draw until another is chosen, and tells of those that cannot be read', async () => {
    const { gallery, shown, studio } = await setup(two());
    expect(shown()).toEqual(['b/0', 'b/1', 'b/2', 'b/3']);
    gallery.look('a');
    expect(shown()).toEqual(['a/0', 'a/1']);
    expect(gallery.words(1)).toBe('Sample 1');
    expect(gallery.drawWords(gallery.draw!)).toBe('seed 7, 1 pass, step 10');
    expect(studio.notices.list[0]?.text).toBe('A draw is damaged.');
  });

  it('stars, notes and deletes what is meant, at once, with a way back', async () => {
    const { gallery, shown, studio } = await setup(two());
    gallery.select(1, false);
    gallery.select(3, true);
    expect(gallery.meant()).toEqual([1, 2, 3]);
    gallery.select(2, false);
    await gallery.star(gallery.meant());
    expect(marked).toHaveBeenLastCalledWith({ runId: 'one', id: 'b', change: { star: [1, 3] } });
    expect([0, 1, 2, 3].map((place) => gallery.marks?.starred(place))).toEqual([false, true, false, true]);
    await gallery.star([1, 3]);
    expect(marked).toHaveBeenLastCalledWith({ runId: 'one', id: 'b', change: { unstar: [1, 3] } });
    await gallery.note(2, 'round');
    expect(gallery.words(2)).toBe('Sample 2, round');
    expect(gallery.marks?.noted(2)).toBe(true);

    await gallery.remove(gallery.meant());
    expect(shown()).toEqual(['b/0', 'b/2']);
    expect(studio.notices.list.at(-1)?.text).toBe('2 samples are deleted.');
    studio.notices.list.at(-1)?.action?.run();
    expect(shown()).toEqual(['b/0', 'b/1', 'b/2', 'b/3']);
    gallery.active = 0;
    await gallery.remove(gallery.meant());
    gallery.show = 'removed';
    expect(shown()).toEqual(['b/0']);
    await gallery.remove([0]);
    expect(marked).toHaveBeenLastCalledWith({ runId: 'one', id: 'b', change: { bringBack: [0] } });
  });

  it('takes back what could not be written', async () => {
    const { gallery, studio } = await setup(two(), { full: true });
    await gallery.star([0]);
    expect(gallery.marks?.starred(0)).toBe(false);
    expect(studio.notices.list.at(-1)?.text).toBe('The disk is full.');
  });

  it('gathers the starred of all draws, and fetches them together', async () => {
    const draws = two();
    draws[0]!.marks = { starred: [3], removed: [], notes: {}, note: '' };
    draws[1]!.marks = { starred: [0, 1], removed: [1], notes: {}, note: '' };
    const { gallery, shown } = await setup(draws);
    expect(gallery.starredCount).toBe(2);
    gallery.look(STARRED);
    expect(shown()).toEqual(['b/3', 'a/0']);
    gallery.followListing();
    gallery.source?.want(0, 2);
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(2));
    expect(read.mock.calls.map(([params]) => params)).toEqual([
      { runId: 'one', id: 'b', indices: [3] },
      { runId: 'one', id: 'a', indices: [0] },
    ]);
    expect(gallery.words(1)).toBe('Sample 0, seed 7, 1 pass, step 10');
  });

  it('is sorted by what was measured', async () => {
    const draws = two();
    draws[0]!.marks = { starred: [], removed: [3], notes: {}, note: '' };
    const { gallery, shown } = await setup(draws);
    await gallery.sortBy('closeness');
    expect(shown()).toEqual(['b/1', 'b/2', 'b/0']);
    expect(gallery.words(0)).toBe('Sample 1, 0.1 from image 8, taken for a');
    await gallery.sortBy('class');
    expect(shown()).toEqual(['b/1', 'b/2', 'b/0']);
    await gallery.sortBy('drawn');
    expect(shown()).toEqual(['b/0', 'b/1', 'b/2']);
    expect(gallery.measuring).toBeNull();
  });

  it('grows while it is drawn, keeps its source, and asks for no more than what has come', async () => {
    const draws = two();
    const { gallery, studio, tell } = await setup(draws);
    const before = gallery.source;
    before?.want(0, 4);
    await vi.waitFor(() => expect(read).toHaveBeenCalledOnce());
    tell('draws.progress', {
      ...{ runId: 'one', orderId: 'o', id: 'b', done: 6, total: 64, perSecond: 1, secondsLeft: 58 },
    });
    expect(studio.draws.all[0]?.count).toBe(6);
    gallery.followListing();
    expect(gallery.source).toBe(before);
    expect(before?.count).toBe(6);
    before?.want(0, 6);
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(2));
    expect(read.mock.lastCall?.[0].indices).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('shows the same places of draws of two runs beside each other', async () => {
    const { gallery, shown } = await setup(two());
    const other = keptDraw('c', { run: 'two', count: 3 });
    await gallery.putBeside(gallery.draw!, () => Promise.resolve(other));
    expect(gallery.drawsBeside).toBe(false);
    expect(shown()).toEqual(['b/0', 'c/0', 'b/1', 'c/1', 'b/2', 'c/2']);
    expect(gallery.words(1)).toBe('Sample 0, Two, seed 0, 1 pass, step 10');
    gallery.followListing();
    expect(gallery.source?.origin(1)).toMatchObject({ runId: 'two', checkpoint: 10, index: 0, seed: 0 });
  });

  it('saves samples, and takes one to the board', async () => {
    const { gallery, studio } = await setup(two());
    await gallery.save([2, 0], 'grid');
    expect(studio.notices.list.at(-1)?.text).toBe('2 samples written to /home/me/2-0.png.');
    const point = { kind: 'drawn', draw: 'b', index: 2 };
    gallery.toBoard(2, 'around');
    expect(studio.settings.get('explore').board).toMatchObject({ tab: 'around', subject: point });
    expect(studio.settings.get('navigation').view).toBe('explore');
    gallery.toBoard(2, 'first');
    expect(studio.settings.get('explore').board).toMatchObject({ tab: 'path', points: [point, {}] });
    for (let i = 0; i < 12; i++) gallery.toBoard(2, 'next');
    expect(studio.notices.list.at(-1)?.text).toMatch(/The path has 12 points already/);
    expect(studio.settings.get('run').id).toBe('one');
  });

  it('is of the next draw when one is deleted, and has it back', async () => {
    const { gallery, studio, calls } = await setup(two());
    await studio.draws.remove(gallery.draw!);
    expect(gallery.draw?.id).toBe('a');
    studio.notices.list.at(-1)?.action?.run();
    await vi.waitFor(() => expect(calls).toHaveBeenCalledWith('draws.bringBack', { runId: 'one', id: 'b' }));
  });
});
