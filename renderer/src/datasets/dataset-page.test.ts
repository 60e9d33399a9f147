// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PixelResult } from '../../../main/ipc/contract.ts';
import { button, renderIn, standIns } from '../test-studio/render.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import type { Known } from './filter.ts';
import ImageFacts from './ImageFacts.svelte';
import StatisticsTab from './StatisticsTab.svelte';

beforeAll(standIns);
afterEach(cleanup);

describe('ImageFacts', () => {
  const record = datasetEntry('faces').record!;
  const known: Known = {
    count: 100,
    labels: new Uint8Array(100).fill(1),
    classes: ['cat', 'dog'],
    flags: {
      nearConstant: { total: 1, images: [7] },
      duplicates: { total: 0, groups: [] },
      suspicious: { total: 0, images: [] },
    },
    heldOut: new Uint32Array(),
  };

  it('tells index, class, file and origin of an image, and what was noticed', async () => {
    const { studio } = testStudio({ 'datasets.origins': () => ['dogs/rex.png'] });
    renderIn(studio, ImageFacts, { record, known, index: 7 });
    expect(await screen.findByText('dogs/rex.png')).toBeTruthy();
    const terms = screen.getAllByRole('definition').map(({ textContent }) => textContent);
    expect(terms).toEqual([
      '7',
      'dog',
      'dogs/rex.png',
      '/home/me/Pictures/faces',
      'Nearly one colour all over.',
    ]);
    expect(button('Image A')).toHaveProperty('disabled', true);
  });

  it('hands the image to the Explore view, with a run of this data set', async () => {
    const { studio } = testStudio({ 'datasets.origins': () => [null] });
    const run = {
      ...{
        id: 'r1',
        name: 'r1',
        createdAt: '',
        preset: null,
        seed: 0,
        steps: 1,
        step: 1,
        lastLoss: null,
        checkpoints: [],
        best: null,
      },
      ...{ tags: [], note: '', variant: null, differs: [], seconds: null, bytes: 0, lastMeasured: null },
      ...{ imageSize: 28, channels: 1 as const, parameters: null, damage: null, problem: null },
      outcome: { state: 'finished' as const, collapsed: [] },
    };
    studio.library.runs = [
      { ...run, dataset: 'faces', drawable: true },
      { ...run, id: 'r2', dataset: 'other', drawable: true },
    ];
    studio.settings.set('run', { id: 'r2' });
    renderIn(studio, ImageFacts, { record, known, index: 42 });
    await fireEvent.click(button('Image B'));
    expect(studio.settings.get('explore').board).toMatchObject({
      tab: 'path',
      points: [
        { kind: 'image', index: 0 },
        { kind: 'image', index: 42 },
      ],
    });
    expect(studio.settings.get('run').id).toBe('r1');
    expect(studio.settings.get('navigation').view).toBe('explore');
  });
});

describe('StatisticsTab', () => {
  it('counts the classes and leads to their images', async () => {
    const { studio } = testStudio();
    const record = datasetEntry('faces', { classes: ['cat', 'dog'] }).record!;
    const known: Known = {
      count: 100,
      labels: null,
      classes: ['cat', 'dog'],
      flags: null,
      heldOut: new Uint32Array(),
    };
    const onclass = vi.fn();
    const measured: PixelResult<'dataset.measurements'> = {
      histogram: [new Array<number>(256).fill(1)],
      classCounts: [70, 30],
      meanImage: { count: 1, height: 2, width: 2, channels: 1, data: new Uint8Array(4) },
      flags: {
        nearConstant: { total: 0, images: [] },
        duplicates: { total: 0, groups: [] },
        suspicious: { total: 0, images: [] },
      },
      flip: { suits: false, reason: 'Lines lean to the left.' },
    };
    renderIn(studio, StatisticsTab, { record, known, measured, problem: null, onclass });
    expect(screen.getByRole('img', { name: /Histogram/ })).toBeTruthy();
    expect(screen.getByText('Lines lean to the left.')).toBeTruthy();
    await fireEvent.click(button(/dog/));
    expect(onclass).toHaveBeenCalledExactlyOnceWith('dog');
  });
});
