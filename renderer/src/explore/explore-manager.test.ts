// @vitest-environment jsdom
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeyPoint } from '../../../core/explore/view.ts';
import type { PixelParams } from '../../../main/ipc/contract.ts';
import { CatalogueDatabase } from '../library/database.ts';
import { standIns } from '../test-studio/render.ts';
import { blackImages, finishedRun } from '../test-studio/run.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import { USUAL_BOARD } from './board.ts';
import { withEnd } from './restore-board.ts';
import { ExploreManager } from './explore-manager.svelte.ts';
import { keptBoard, keptPoint } from './kept.svelte.ts';
import { Player } from './player.svelte.ts';

const asked = vi.fn<(params: PixelParams<'explore.draw'>) => void>();
standIns();
beforeEach(() => vi.clearAllMocks());

const image = (index: number): KeyPoint => ({ kind: 'image', index });
const component = {
  ...{ name: 'component-1', kind: 'component' as const, words: '', run: 'one', step: 1, t: 1 },
  ...{ weights: 'ema' as const, images: 50, deviation: 1, explained: 0.2, change: 0.1, createdAt: '' },
};

async function setup() {
  const database = new CatalogueDatabase(`explore-${Math.random()}`);
  const test = testStudio(
    {
      'runs.drawing': () => ({
        timeSteps: [0, 0.1, 0.5, 1, 3],
        middle: 2,
        classes: [],
        temperature: true,
        fittable: true,
        latent: [2],
      }),
      'explore.directions': () => ({ directions: [component], problems: [] }),
      'explore.neighbours': ({ count }) =>
        Array.from({ length: count }, (_, index) => ({ index, distance: index })),
      'explore.latent': () => ({ values: [1, 2], shape: [2], t: 0.5, step: 3 }),
      'explore.makeDirections': () => ({ directions: [component], activeDimensions: 3, dimensions: 4 }),
      'explore.removeDirection': () => ({}),
      'explore.direction': () => ({ ...component, createdAt: '2026-01-01T00:00:00.000Z', values: [1, 2] }),
      'explore.addDirection': () => ({}),
      'explore.exportSaved': () => ({ files: ['/saved.json', '/saved.safetensors'] }),
      'explore.importSaved': () => ({
        ...{ file: '/saved.json', problems: [] },
        things: [
          {
            ...{ kind: 'point', name: 'imported', run: 'one', shape: [2], picture: null },
            ...{ createdAt: '2026-01-01T00:00:00.000Z', value: { kind: 'values', values: [1, 2], t: 1 } },
          },
        ],
      }),
      'explore.export': () => ({ path: '/walk.gif' }),
    },
    {
      'explore.draw': (params) => {
        asked(params);
        return blackImages(1);
      },
    },
    database,
  );
  const { studio } = test;
  studio.library.runs = [finishedRun('one'), finishedRun('bare', { dataset: null })];
  studio.library.datasets = [datasetEntry('digits', { count: 50 })];
  const manager = new ExploreManager(studio);
  manager.followRun();
  await vi.waitFor(() => expect(manager.info).not.toBeNull());
  await vi.waitFor(() => expect(manager.directions).toHaveLength(1));
  return { ...test, manager, database };
}

/** Views of a kind that were asked for. */
const views = (kind: string) =>
  asked.mock.calls.map(([{ view }]) => view).filter((view) => view.kind === kind);

describe('the board', () => {
  it('asks for what the open tab shows, and for nothing twice', async () => {
    const { manager } = await setup();
    manager.show();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(4));
    expect(views('path').map((view) => view.kind === 'path' && view.positions.length)).toEqual([1, 12]);
    expect(views('times')[0]).toMatchObject({ times: [1, 2, 3, 4].map((timeIndex) => ({ timeIndex })) });
    expect(asked.mock.calls[0]?.[0].look).toEqual({ at: { timeIndex: 2 } });
    manager.show();
    manager.position = 0.25;
    manager.show();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(5));
    expect(asked.mock.calls[4]?.[0].view).toMatchObject({ kind: 'path', positions: [0.25] });
    manager.openTab('plane');
    manager.show();
    await vi.waitFor(() => expect(views('plane')).toHaveLength(2));
  });

  it('has points put, added, moved and removed, and undone', async () => {
    const { manager } = await setup();
    manager.picking = { of: 'points', index: 1 };
    manager.put({ of: 'points', index: 1 }, image(7));
    expect([manager.picking, manager.board.points]).toEqual([null, [image(0), image(7)]]);
    manager.removePoint(0);
    manager.addPoint(image(9));
    manager.movePoint(2, 0);
    manager.movePoint(0, 5);
    expect(manager.board.points).toEqual([image(9), image(0), image(7)]);
    manager.undo();
    expect(manager.board.points).toEqual([image(0), image(7), image(9)]);
    manager.removePoint(1);
    expect(manager.board.points).toEqual([image(0), image(9)]);
    for (let i = 0; i < 20; i++) manager.addPoint(manager.randomPoint());
    expect(manager.board.points).toHaveLength(12);
    manager.putFile({ of: 'subject' }, new File([], 'me.png'));
    expect(manager.board.subject).toEqual({ kind: 'file', file: '/dropped/me.png' });
  });

  it('is remembered, and has points that the run has', async () => {
    const { manager, studio } = await setup();
    manager.change({ points: [image(700), image(3)], place: 99 });
    expect(manager.board.points).toEqual([image(49), image(3)]);
    expect(manager.place).toBe(4);
    expect(new ExploreManager(studio).history.now.points).toEqual([image(700), image(3)]);
    const foreign: KeyPoint = {
      kind: 'varied',
      of: { kind: 'values', values: [1], t: 1 },
      strength: 1,
      seed: 0,
    };
    manager.change({ points: [foreign, { kind: 'values', values: [1, 2], t: 1 }] });
    // Latents of another shape are none of this run's.
    expect(manager.board.points).toEqual([image(0), { kind: 'values', values: [1, 2], t: 1 }]);
    manager.undo();
    studio.settings.set('run', { id: 'bare' });
    // Without a data set its draws stand for images.
    expect(manager.board.points.map(({ kind }) => kind)).toEqual(['seed', 'seed']);
    expect(manager.randomPoint().kind).toBe('seed');
    studio.settings.set('explore', { board: { points: 'nothing', frames: -1, tab: 'around' } });
    expect(new ExploreManager(studio).history.now).toEqual({ ...USUAL_BOARD, tab: 'around' });
    expect(withEnd({ points: [image(1), image(2), image(3)] }, 'b', 8).points[2]).toEqual(image(8));
  });

  it('tells the command that draws what is seen, and exports it', async () => {
    const { manager, calls, studio } = await setup();
    expect(manager.commands[0]?.command).toBe('covae walk one --from 0 --to 1 --frames 12 --at 2');
    manager.change({ noise: true, radius: 0.4, space: 'z', passes: 1, passPlace: 3 });
    expect(manager.commands[0]?.command).toBe(
      'covae walk one --around 0 --radius 0.4 --noise-seed 0 --frames 12 --at 2 --space z --again 3',
    );
    await manager.export('gif');
    expect(calls).toHaveBeenCalledWith(
      'explore.export',
      expect.objectContaining({ runId: 'one', as: 'gif' }),
    );
    expect(studio.notices.list.at(-1)?.text).toBe('Written to /walk.gif.');
    manager.openTab('saved');
    expect([manager.commands, manager.shownView]).toEqual([[], null]);
  });

  it('moves a picture along directions, and forgets one that is removed', async () => {
    const { manager } = await setup();
    manager.openTab('directions');
    manager.setAmount('component-1', 1);
    manager.setAmount('component-1', 2);
    manager.show();
    const moved = { kind: 'moved', of: image(0), by: [{ direction: 'component-1', amount: 2 }] };
    await vi.waitFor(() => expect(views('points')).toContainEqual({ kind: 'points', points: [moved] }));
    manager.undo();
    expect(manager.board.amounts).toEqual({});
    manager.redo();
    await manager.makeDirections({ kind: 'components', count: 8 }, 'component');
    await manager.removeDirection('component-1');
    expect(manager.board.amounts).toEqual({});
  });

  it('breeds from those that are chosen, and walks back', async () => {
    const { manager } = await setup();
    manager.openTab('around');
    await manager.breeding.breed();
    const first = manager.breeding.offspring;
    expect(first).toHaveLength(9);
    manager.breeding.toggle(2);
    manager.breeding.toggle(4);
    manager.breeding.toggle(4);
    manager.breeding.toggle(5);
    await manager.breeding.breed();
    expect(manager.breeding.offspring[0]).toMatchObject({ kind: 'child', parents: [first[2], first[5]] });
    expect(manager.breeding.parents).toEqual([]);
    manager.undo();
    expect(manager.breeding.offspring).toEqual(first);
    manager.show();
    await vi.waitFor(() => expect(manager.neighbours).toHaveLength(8));
  });

  it('keeps pictures as latents, and boards, by name', async () => {
    const { manager, database } = await setup();
    expect(await manager.saved.keepPoint(image(3), 'three')).toBe(true);
    manager.change({ frames: 33 });
    expect(await manager.saveBoard('mine')).toBe(true);
    const again = new ExploreManager(testStudio({}, {}, database).studio);
    await again.saved.kept.load();
    const [board, point] = [...again.saved.kept.all].sort((a, b) => a.name.localeCompare(b.name));
    expect(keptBoard(board!)?.frames).toBe(33);
    expect(keptPoint(point!)).toEqual({ kind: 'values', values: [1, 2], t: 0.5 });
    expect([keptPoint(board!), keptBoard(point!)]).toEqual([null, null]);
    await again.saved.kept.remove(point!);
    expect(await database.kept.count()).toBe(1);
  });

  it('keeps with a board what its own tab shows, also when it is saved from the tab of what is saved', async () => {
    const { manager } = await setup();
    const seenOf = async (tab: 'directions' | 'map'): Promise<unknown> => {
      manager.openTab(tab);
      manager.openTab('saved');
      expect(await manager.saveBoard(tab)).toBe(true);
      const value = manager.saved.kept.all.find(({ name }) => name === tab)?.value;
      return (JSON.parse(JSON.stringify(value)) as { seen: unknown }).seen;
    };
    expect(await seenOf('directions')).toMatchObject({ view: { kind: 'points' } });
    expect(await seenOf('map')).toBeNull();
  });

  it('uses what is saved in its own run at once, in another after a question, and of another shape never', async () => {
    const { manager, studio } = await setup();
    const go = vi.fn();
    const entry = {
      kind: 'point' as const,
      name: 'x',
      runId: 'one',
      value: image(1),
      picture: null,
      createdAt: 0,
    };
    manager.saved.use({ ...entry, shape: [2] }, go);
    expect([go.mock.calls.length, manager.saved.question]).toEqual([1, null]);
    manager.saved.use({ ...entry, runId: 'bare', shape: [2] }, go);
    expect(manager.saved.question?.text).toContain('was saved from bare');
    expect(manager.saved.question?.text).toContain('those of another data set');
    expect(go).toHaveBeenCalledTimes(1);
    manager.saved.question?.go();
    expect(go).toHaveBeenCalledTimes(2);
    manager.saved.use({ ...entry, shape: [7, 7, 1] }, go);
    expect(studio.notices.list.at(-1)?.text).toContain('latents of the shape 7 × 7 × 1, but those of');
    expect(go).toHaveBeenCalledTimes(2);
  });

  it('keeps paths and directions, exports all of it and takes it in again', async () => {
    const { manager, calls } = await setup();
    manager.change({ frames: 5, loop: true });
    expect(await manager.savePath('my way')).toBe(true);
    await manager.saved.keepDirection('component-1', null);
    await manager.saveBoard('all of it');
    await manager.saved.export(manager.saved.kept.all);
    const sent: unknown = calls.mock.calls.find(([channel]) => channel === 'explore.exportSaved')?.[1];
    expect(sent).toMatchObject({
      things: [
        {
          kind: 'board',
          name: 'all of it',
          value: { board: { frames: 5 }, seen: { view: { kind: 'path' } } },
        },
        { kind: 'direction', name: 'component-1', value: { values: [1, 2] } },
        { kind: 'path', name: 'my way', shape: [2], value: { view: { loop: true } } },
      ],
    });
    await manager.saved.import();
    expect(manager.saved.kept.all.map(({ name }) => name)).toContain('imported');
    expect(manager.saved.kept.all).toHaveLength(4);
    const direction = manager.saved.kept.all.find(({ kind }) => kind === 'direction');
    await manager.runDirections.add(direction!);
    expect(calls).toHaveBeenCalledWith(
      'explore.addDirection',
      expect.objectContaining({ name: 'component-1-2' }),
    );
  });

  it('paints on the numbers of a vector, and looks at parts of the plane', async () => {
    const { manager } = await setup();
    expect(manager.painted).toBe(manager.board.subject);
    manager.openTab('paint');
    manager.change({ nudges: { 1: [1.5] } });
    manager.show();
    const nudged = { kind: 'nudged', of: image(0), channel: 1, amount: 3, mask: [0.5] };
    await vi.waitFor(() =>
      expect(views('points')).toContainEqual({ kind: 'points', points: [image(0), image(1), nudged] }),
    );
    expect(manager.commands[0]?.command).toContain('"kind":"nudged"');
    manager.openTab('plane');
    manager.plane.zoom(0.5);
    manager.plane.pan(0.5, 0);
    expect(manager.board.area).toEqual([0.5, 0.25, 1, 0.75]);
    manager.plane.put([0, 1]);
    manager.plane.move(0.1, 0.5);
    expect(manager.plane.spot.map((value) => Number(value.toFixed(6)))).toEqual([0.55, 0.75]);
    manager.change({ free: true });
    expect(manager.commands[0]?.command).toContain('--right component-1 --down component-1 --range 2 --area');
    manager.undo();
    manager.undo();
    expect(manager.board.area).toEqual([0, 0, 1, 1]);
  });

  it('tells how far a data set is encoded, and draws anew while its run learns', async () => {
    const { manager, tell } = await setup();
    const stop = manager.followTraining();
    tell('explore.progress', { runId: 'one', done: 5, total: 10 });
    expect(manager.progress).toEqual({ done: 5, total: 10 });
    tell('explore.progress', { runId: 'one', done: 10, total: 10 });
    expect(manager.progress).toBeNull();
    manager.show();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(4));
    tell('training.samples', { runId: 'one', step: 9 });
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(8));
    stop();
  });
});

describe('Player', () => {
  it('goes there and back, or around', () => {
    vi.useFakeTimers();
    const player = new Player();
    const seen = (closed: boolean): (number | null)[] => {
      player.play(
        () => 3,
        () => closed,
      );
      return Array.from({ length: 5 }, () => {
        vi.advanceTimersByTime(100);
        return player.frame;
      });
    };
    expect(seen(false)).toEqual([1, 2, 1, 0, 1]);
    expect(seen(true)).toEqual([1, 2, 0, 1, 2]);
    player.stop();
    expect(player.playing).toBe(false);
    vi.useRealTimers();
  });
});
