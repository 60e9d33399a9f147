// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';
import { testStudio } from '../test-studio/studio.ts';
import { blackImages } from '../test-studio/run.ts';
import { Film, type GridFile } from './film.svelte.ts';
import { Playhead, shownAt } from './playhead.svelte.ts';

const one = (step: number): GridFile => ({ step, kind: 'passes-1' });
const two = (step: number): GridFile => ({ step, kind: 'passes-2' });
afterEach(() => void vi.useRealTimers());

async function setup(grids: GridFile[]) {
  const asked: number[] = [];
  const { studio, tell } = testStudio(
    { 'runs.grids': () => grids },
    {
      'run.grid': ({ step }) => {
        asked.push(step);
        return { ...blackImages(step + 1), columns: 8, times: [], images: [] };
      },
    },
  );
  const playhead = new Playhead();
  const film = new Film(studio.bridge, studio.pixels, 'r', playhead, (error) => {
    throw error;
  });
  const end = film.follow();
  await vi.waitFor(() => expect(film.known).toBe(true));
  const shows = async (step: number): Promise<void> => {
    film.fetch();
    await vi.waitFor(() => expect(film.shown?.step).toBe(step));
  };
  return { film, playhead, asked, end, shows, tell };
}

it('shows the newest picture, then the one of the step that is looked at, each asked for once', async () => {
  const { film, playhead, asked, shows, end } = await setup([one(0), one(16), one(32), two(32)]);
  await shows(32);
  playhead.hovered = 20;
  await shows(16);
  expect(film.shown?.count).toBe(17);
  playhead.hovered = null;
  await shows(32);
  playhead.chosen = 3;
  await shows(0);
  expect(asked).toEqual([32, 16, 0]);
  expect(film.kinds).toEqual(['passes-1', 'passes-2']);
  film.choose('passes-2');
  await shows(32);
  end();
});

it('follows what is drawn, and drops what came after a step that the run went back to', async () => {
  const { film, shows, tell, end } = await setup([one(0)]);
  await shows(0);
  tell('training.grid', { runId: 'r', ...one(10) });
  tell('training.grid', { runId: 'another', ...one(99) });
  tell('training.grid', { runId: 'r', ...two(10) });
  await shows(10);
  tell('training.grid', { runId: 'r', ...one(20) });
  expect(film.steps).toEqual([0, 10, 20]);
  tell('training.grid', { runId: 'r', ...one(5) });
  expect(film.grids).toEqual([one(0), one(5)]);
  end();
});

it('plays from the first picture to the last, and then follows the newest again', async () => {
  const { film, playhead, end } = await setup([one(0), one(10), one(20)]);
  vi.useFakeTimers();
  film.play();
  const seen = [playhead.chosen];
  for (let i = 0; i < 4; i++) {
    vi.advanceTimersByTime(130);
    seen.push(playhead.chosen);
  }
  expect(seen).toEqual([0, 10, null, null, null]);
  expect(film.playing).toBe(false);
  end();
});

it('finds the last picture that is not after a step', () => {
  expect([null, -1, 0, 9, 10, 25].map((step) => shownAt([0, 10, 20], step))).toEqual([2, 0, 0, 0, 1, 2]);
  expect(shownAt([], null)).toBe(-1);
  expect(shownAt([], 5)).toBe(-1);
});
