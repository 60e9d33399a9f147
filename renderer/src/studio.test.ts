// @vitest-environment jsdom
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CatalogueDatabase } from './library/database.ts';
import { testStudio } from './test-studio/studio.ts';

const LOST = /^The window’s own records .* are made anew; data sets and runs are as they were\.$/;

let database: CatalogueDatabase;
let sentences: string[];
let startedBefore: boolean;

beforeEach(() => {
  database = new CatalogueDatabase(`start-${Math.random()}`);
  sentences = [];
  startedBefore = false;
});
afterEach(() => database.delete());

function start() {
  const info = () => ({
    ...{ version: '0', home: '/library', folder: '/library', electron: '0', startedBefore },
    trainer: { state: 'ready' as const, reason: null, device: null },
    training: { phase: 'idle' as const, runId: null, detail: null },
  });
  const made = testStudio(
    {
      'app.info': info,
      'app.notices': () => sentences.splice(0),
      'datasets.list': () => [],
      'datasets.imports': () => [],
      'datasets.trash': () => [],
      'evaluations.jobs': () => [],
      'exports.jobs': () => [],
      'runs.list': () => [],
    },
    {},
    database,
  );
  const told = () => made.studio.notices.list.map(({ text }) => text);
  return { ...made, told };
}

describe('the catalogue at the start', () => {
  it('is new at the first start, and nothing is said', async () => {
    const { studio, told } = start();
    await studio.start();
    expect(told()).toEqual([]);
  });

  it('is said to be lost once, when it was there before', async () => {
    startedBefore = true;
    const first = start();
    await first.studio.start();
    expect(first.told()).toEqual([expect.stringMatching(LOST)]);
    await expect.poll(() => database.settings.get('library')).toBeDefined();
    const second = start();
    await second.studio.start();
    expect(second.told()).toEqual([]);
  });
});

describe('sentences of main', () => {
  it('are shown, those from before the page was there too', async () => {
    sentences = ['The log could not be written.'];
    const { studio, tell, told } = start();
    await studio.start();
    await expect.poll(told).toEqual(['The log could not be written.']);
    sentences = ['Another library was not opened.'];
    tell('app.noticed', {});
    await expect.poll(told).toEqual(['The log could not be written.', 'Another library was not opened.']);
  });
});
