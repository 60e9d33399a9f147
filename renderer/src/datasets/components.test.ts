// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  DEFAULT_SETTINGS,
  type ImportJob,
  type ImportPreview,
  type PixelResult,
} from '../../../main/ipc/contract.ts';
import { renderIn, standIns } from '../test-studio/render.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import type { Known } from './filter.ts';
import DatasetCard from './DatasetCard.svelte';
import DatasetsView from './DatasetsView.svelte';
import DropTarget from './DropTarget.svelte';
import ImageFacts from './ImageFacts.svelte';
import ImportDialog from './ImportDialog.svelte';
import ImportList from './ImportList.svelte';
import StatisticsTab from './StatisticsTab.svelte';

beforeAll(standIns);
afterEach(cleanup);

const button = (name: string | RegExp) => screen.getByRole('button', { name });

describe('DatasetCard', () => {
  it('tells what a data set is, opens it, and has a menu of what can be done', async () => {
    const { studio, calls } = testStudio({ 'datasets.reveal': () => ({}) });
    renderIn(studio, DatasetCard, { entry: datasetEntry('faces', { count: 1234, classes: ['a', 'b'] }) });
    for (const text of [/1,234 images, 28 × 28, grey/, /967 kB, 2 classes/, '/home/me/Pictures/faces'])
      expect(screen.getByText(text)).toBeTruthy();
    await fireEvent.click(button('faces'));
    expect(studio.settings.get('navigation').dataset).toBe('faces');
    await fireEvent.click(button('More on faces'));
    const items = screen.getAllByRole('menuitem').map(({ textContent }) => textContent.trim());
    expect(items).toEqual(['Open its folder', 'Rename…', 'Duplicate with other options…', 'Delete']);
    await fireEvent.click(screen.getByRole('menuitem', { name: 'Open its folder' }));
    expect(calls).toHaveBeenCalledWith('datasets.reveal', { name: 'faces', what: 'folder' });
    expect(screen.queryByRole('menu')).toBeNull();
  });

  it('goes through its menu with the arrow keys', async () => {
    const { studio } = testStudio();
    renderIn(studio, DatasetCard, { entry: datasetEntry('faces') });
    await fireEvent.click(button('More on faces'));
    const menu = screen.getByRole('menu');
    const focused = () => document.activeElement?.textContent.trim();
    expect(focused()).toBe('Open its folder');
    await fireEvent.keyDown(menu, { key: 'ArrowUp' });
    expect(focused()).toBe('Delete');
    await fireEvent.keyDown(menu, { key: 'ArrowDown' });
    expect(focused()).toBe('Open its folder');
    await fireEvent.keyDown(menu, { key: 'Escape' });
    expect(screen.queryByRole('menu')).toBeNull();
    expect(document.activeElement).toBe(button('More on faces'));
  });

  it('deletes at once, and takes it back', async () => {
    const disk = [datasetEntry('faces')];
    const { studio, calls } = testStudio({
      'datasets.list': () => disk.map(({ lost: _, ...entry }) => entry),
      'datasets.remove': () => {
        disk.length = 0;
        return { token: 'faces-1' };
      },
      'datasets.restore': () => {
        disk.push(datasetEntry('faces'));
        return { name: 'faces' };
      },
    });
    await studio.library.refresh('datasets');
    renderIn(studio, DatasetCard, { entry: datasetEntry('faces') });
    await fireEvent.click(button('More on faces'));
    await fireEvent.click(screen.getByRole('menuitem', { name: 'Delete' }));
    await waitFor(() => expect(studio.notices.list[0]?.text).toBe('“faces” is deleted.'));
    expect(studio.library.datasets).toEqual([]);
    studio.notices.list[0]?.action?.run();
    await waitFor(() => expect(studio.library.dataset('faces')).toBeTruthy());
    expect(calls).toHaveBeenCalledWith('datasets.restore', { token: 'faces-1' });
  });

  it('sets a data set up again as it was imported', async () => {
    const again = {
      request: { kind: 'tiles' as const, paths: ['/a.png'], tile: { size: 64 }, again: 'faces' },
      settings: { ...DEFAULT_SETTINGS, size: 32, limit: 9 },
    };
    const { studio, calls } = testStudio({ 'datasets.again': () => again });
    renderIn(studio, DatasetCard, { entry: datasetEntry('faces') });
    await fireEvent.click(button('More on faces'));
    await fireEvent.click(screen.getByRole('menuitem', { name: 'Duplicate with other options…' }));
    await waitFor(() => expect(studio.imports.drafts).toMatchObject([{ name: 'faces', ...again }]));
    expect(calls).toHaveBeenCalledWith('datasets.again', { name: 'faces' });
    // Images that are dropped meanwhile are an import of their own.
    studio.imports.setUp({ request: { kind: 'files', paths: ['/b.png'] } });
    expect(studio.imports.drafts).toHaveLength(2);
  });

  it('shows a missing one as missing, with a way to find it and one to forget it', async () => {
    const { studio, calls } = testStudio({
      'datasets.relocate': () => true,
      'datasets.forget': () => ({}),
      'datasets.list': () => [],
    });
    renderIn(studio, DatasetCard, { entry: { ...datasetEntry('faces'), lost: true } });
    expect(screen.getByText(/no longer in the library/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'faces' })).toBeNull();
    await fireEvent.click(button('Find it…'));
    const fingerprint = datasetEntry('faces').record?.fingerprint;
    expect(calls).toHaveBeenCalledWith('datasets.relocate', { name: 'faces', fingerprint });
    await waitFor(() => expect(studio.notices.list[0]?.text).toBe('“faces” is found again.'));
    await fireEvent.click(button('Forget it'));
    expect(calls).toHaveBeenCalledWith('datasets.forget', { name: 'faces' });
  });

  it('says why one is damaged', () => {
    const { studio } = testStudio();
    const entry = { ...datasetEntry('faces'), record: null, problem: 'pixels.u8 is too short.' };
    renderIn(studio, DatasetCard, { entry });
    expect(screen.getByText('pixels.u8 is too short.')).toBeTruthy();
  });
});

describe('the trash', () => {
  const entry = (name: string, count: number | null = 40) => ({
    ...{ token: `1-1-${name}`, name, count, bytes: 31_360 },
    removedAt: '2026-01-02T00:00:00.000Z',
  });

  it('lists what was deleted, restores it, and deletes it for good when asked to', async () => {
    let entries = [entry('faces'), entry('cats', null), entry('dogs')];
    const without = (token: string) => {
      entries = entries.filter((other) => other.token !== token);
      tell('library.changed', { what: 'datasets' });
    };
    const { studio, calls, tell } = testStudio({
      'datasets.trash': () => entries,
      'datasets.list': () => [],
      'datasets.restore': ({ token }) => {
        without(token);
        return { name: 'faces' };
      },
      'datasets.discard': ({ token }) => {
        without(token);
        return {};
      },
      'datasets.emptyTrash': () => {
        entries = [];
        tell('library.changed', { what: 'datasets' });
        return {};
      },
    });
    renderIn(studio, DatasetsView, {});
    expect(screen.queryByRole('button', { name: /Recently deleted/ })).toBeNull();
    await studio.trash.refresh();
    studio.trash.offer(
      '1-1-faces',
      studio.notices.undoable('“faces” is deleted.', { label: 'Undo', run: () => undefined }),
    );
    await fireEvent.click(await screen.findByRole('button', { name: 'Recently deleted (3)' }));
    const list = screen.getByRole('dialog', { name: 'Recently deleted data sets' });
    for (const text of [/40 images · 31.4 kB · deleted .*2026/, /Damaged · 31.4 kB/, /They take 94.1 kB/])
      expect(list.textContent).toMatch(text);
    await fireEvent.click(button('Restore faces'));
    await waitFor(() => expect(screen.queryByText('faces')).toBeNull());
    expect(calls).toHaveBeenCalledWith('datasets.restore', { token: '1-1-faces' });
    // What is back cannot be brought back once more.
    await waitFor(() => expect(studio.notices.list.map(({ text }) => text)).toEqual(['“faces” is back.']));

    await fireEvent.click(button('Delete cats for good'));
    expect(calls.mock.calls.some(([channel]) => channel === 'datasets.discard')).toBe(false);
    await fireEvent.click(button('Delete for good'));
    await waitFor(() => expect(screen.queryByText('cats')).toBeNull());
    expect(calls).toHaveBeenCalledWith('datasets.discard', { token: '1-1-cats' });
    // One by one is enough for one.
    expect(screen.queryByRole('button', { name: 'Delete all for good…' })).toBeNull();
    entries = [entry('dogs'), entry('birds')];
    tell('library.changed', { what: 'datasets' });
    await fireEvent.click(await screen.findByRole('button', { name: 'Delete all for good…' }));
    await fireEvent.click(button('Delete all for good'));
    expect(await screen.findByText('There are none any more.')).toBeTruthy();
  });
});

describe('ImportList', () => {
  const job = (name: string, more: Partial<ImportJob> = {}): ImportJob => ({
    jobId: name,
    name,
    request: { kind: null, paths: [`/pictures/${name}`] },
    settings: DEFAULT_SETTINGS,
    state: 'waiting',
    progress: null,
    problem: null,
    ...more,
  });

  it('shows how far an import is, what waits, and lets either be cancelled', async () => {
    const { studio, calls, tell } = testStudio({ 'datasets.cancelImport': () => ({}) });
    renderIn(studio, ImportList, {});
    tell('datasets.imports', [job('faces', { state: 'running' }), job('cats')]);
    const list = await screen.findByRole('region', { name: 'Imports' });
    expect(within(list).getByText('Looking for images…')).toBeTruthy();
    const progress = { done: 1500, total: 6000, skipped: 1, imagesPerSecond: 500, secondsLeft: 9 };
    tell('datasets.progress', { jobId: 'faces', progress: { phase: 'reading', ...progress } });
    await waitFor(() => expect(list.textContent).toMatch(/1,500 of 6,000 images/));
    for (const text of ['500 images/s', '9 s left', '1 file left out', '“cats” waits'])
      expect(list.textContent).toContain(text);
    const bar = within(list).getByRole('progressbar', { name: 'Import of faces' });
    expect(bar.getAttribute('aria-valuenow')).toBe('25');
    await fireEvent.click(button('Cancel the import of cats'));
    expect(calls).toHaveBeenCalledWith('datasets.cancelImport', { jobId: 'cats' });
    tell('datasets.imports', [job('faces', { state: 'cancelling' })]);
    await waitFor(() => expect(list.textContent).toContain('Cancelling…'));
  });

  it('keeps a failed import with its sentence, to be tried again as it was', async () => {
    const { studio, calls, tell } = testStudio({ 'datasets.cancelImport': () => ({}) });
    renderIn(studio, ImportList, {});
    const problem = '/pictures/faces is empty; choose a folder with images.';
    tell('datasets.imports', [job('faces', { state: 'failed', problem })]);
    expect(await screen.findByText(problem)).toBeTruthy();
    await fireEvent.click(button('Try again…'));
    expect(studio.imports.drafts).toMatchObject([
      { name: 'faces', request: { paths: ['/pictures/faces'] }, settings: DEFAULT_SETTINGS },
    ]);
    expect(calls).toHaveBeenCalledWith('datasets.cancelImport', { jobId: 'faces' });
  });
});

describe('ImportDialog', () => {
  function previewOf(more: Partial<ImportPreview> = {}): PixelResult<'import.preview'> {
    const images = [0, 1].map((index) => ({
      file: `cats/${index}.png`,
      className: 'cats',
      width: 300,
      height: 200,
      index,
      reason: null,
    }));
    const damaged = {
      ...images[0],
      file: 'x.png',
      index: null,
      width: null,
      height: null,
      reason: 'damaged',
    };
    return {
      pixels: { count: 2, height: 64, width: 64, channels: 3, data: new Uint8Array(2 * 64 * 64 * 3) },
      preview: {
        kind: 'folder',
        description: 'A folder with 30 images in 2 sub-folders.',
        total: 30,
        classes: [
          { name: 'cats', count: 20 },
          { name: 'dogs', count: 10 },
        ],
        unlabelled: 0,
        rivals: [],
        settings: { ...DEFAULT_SETTINGS, size: 64, channels: 3 },
        images: [...images, damaged] as ImportPreview['images'],
        warnings: ['Some images are smaller than 64 pixels.'],
        flip: { suits: true, reason: 'The images lean to neither side.' },
        ...more,
      },
    };
  }

  function open(answer: () => PixelResult<'import.preview'> = previewOf) {
    const asked = vi.fn();
    const setup = testStudio(
      { 'datasets.import': () => ({}), 'datasets.endPreview': () => ({}) },
      {
        'import.preview': (params) => {
          asked(params);
          return answer();
        },
      },
    );
    setup.studio.imports.setUp({ request: { kind: null, paths: ['/pictures/pets'] } });
    const [draft] = setup.studio.imports.drafts;
    if (!draft) throw new Error('There is no draft.');
    renderIn(setup.studio, ImportDialog, { draft });
    return { ...setup, asked };
  }

  it('shows what was found before anything is imported, and imports what was chosen', async () => {
    const { studio, calls, asked } = open();
    expect(button('Import')).toHaveProperty('disabled', true);
    expect(await screen.findByText('A folder with 30 images in 2 sub-folders.')).toBeTruthy();
    const preview = screen.getByRole('region', { name: 'Preview' });
    for (const text of [
      '30 images, 64 × 64, colour, about 369 kB',
      '1 of 3 images looked at would be left out',
      'damaged',
    ])
      expect(preview.textContent).toContain(text);
    expect(screen.getByText('Some images are smaller than 64 pixels.')).toBeTruthy();
    expect(screen.getByText('The images lean to neither side.')).toBeTruthy();
    // Images of different sizes are proposed at the usual one.
    await waitFor(() => expect(asked.mock.lastCall?.[0]).toMatchObject({ settings: { size: 64 } }));

    await fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'my pets' } });
    await fireEvent.click(screen.getByRole('radio', { name: 'Grey' }));
    await fireEvent.click(screen.getByRole('radio', { name: 'Pad' }));
    await fireEvent.click(screen.getByRole('checkbox', { name: 'Use the class dogs' }));
    await fireEvent.input(screen.getByLabelText('Name of the class cats'), { target: { value: 'felines' } });
    const settings = { size: 64, channels: 1, fit: 'pad', classMap: { cats: 'felines', dogs: null } };
    await waitFor(() => expect(asked.mock.lastCall?.[0]).toMatchObject({ settings }));
    await waitFor(() => expect(button('Import')).toHaveProperty('disabled', false));
    await fireEvent.click(button('Import'));
    await waitFor(() =>
      expect(calls).toHaveBeenCalledWith('datasets.import', expect.objectContaining({ name: 'my pets' })),
    );
    const orders = calls.mock.calls.filter(([channel]) => channel === 'datasets.import');
    expect(orders).toMatchObject([['datasets.import', { request: { paths: ['/pictures/pets'] }, settings }]]);
    await waitFor(() => expect(studio.imports.drafts).toEqual([]));
    expect(calls).toHaveBeenCalledWith('datasets.endPreview', {});
  });

  it('asks which data is meant where a folder holds several kinds, before it imports any', async () => {
    const rivals: ImportPreview['rivals'] = [
      { kind: 'parquet', total: 40 },
      { kind: 'folder', total: 30 },
    ];
    const { asked } = open(() =>
      previewOf(asked.mock.lastCall?.[0]?.request.kind === 'folder' ? {} : { kind: 'parquet', rivals }),
    );
    const choice = await screen.findByRole('radio', { name: 'Image files (30)' });
    expect(screen.getByText(/more than one kind of data/)).toBeTruthy();
    expect(button('Import')).toHaveProperty('disabled', true);
    await fireEvent.click(choice);
    await waitFor(() => expect(asked.mock.lastCall?.[0]).toMatchObject({ request: { kind: 'folder' } }));
    await waitFor(() => expect(button('Import')).toHaveProperty('disabled', false));
    expect(screen.getByRole('radio', { name: 'Parquet table (40)' })).toHaveProperty('checked', false);
  });

  it('says in one sentence why there is nothing to import', async () => {
    open(() => {
      throw new Error('/pictures/pets is empty; choose a folder with images.');
    });
    expect((await screen.findByRole('alert')).textContent).toContain('/pictures/pets is empty');
    expect(button('Import')).toHaveProperty('disabled', true);
  });

  it('does not take a name that a data set has already', async () => {
    const { studio } = open();
    studio.library.datasets = [datasetEntry('cats')];
    await fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'cats' } });
    expect(await screen.findByText('A data set of this name exists already.')).toBeTruthy();
    expect(button('Import')).toHaveProperty('disabled', true);
  });

  it('imports several sources alike, each under its own name', async () => {
    const { studio, calls } = open();
    studio.imports.setUp({ request: { kind: null, paths: ['/pictures/birds'] } });
    await screen.findByText('A folder with 30 images in 2 sub-folders.');
    await fireEvent.click(screen.getByRole('checkbox', { name: /exact duplicates/ }));
    await waitFor(() => expect(button('Import all 2 like this')).toHaveProperty('disabled', false));
    await fireEvent.click(button('Import all 2 like this'));
    await waitFor(() => expect(studio.imports.drafts).toEqual([]));
    const orders = calls.mock.calls.filter(([channel]) => channel === 'datasets.import');
    expect(orders).toMatchObject([
      ['datasets.import', { name: 'pets', settings: { dedupe: true } }],
      ['datasets.import', { name: 'birds', settings: { dedupe: true } }],
    ]);
  });
});

describe('DropTarget', () => {
  it('sets up an import for what is pasted, a picture too', async () => {
    const { studio, calls } = testStudio({
      'datasets.keepPasted': () => ({ path: '/library/pasted/1.png' }),
      'datasets.sortPaths': ({ paths }) => [{ kind: 'files', paths }],
    });
    studio.bridge.pathForFile = (file) => (file.name === 'saved.png' ? '/home/me/saved.png' : '');
    renderIn(studio, DropTarget, {});
    const picture = new File([Uint8Array.of(1, 2)], 'image.png', { type: 'image/png' });
    picture.arrayBuffer = async () => Uint8Array.of(1, 2).buffer;
    const clipboardData = { files: [new File([], 'saved.png'), picture], getData: () => '' };
    await fireEvent.paste(document.body, { clipboardData });
    await waitFor(() => expect(studio.imports.drafts).toHaveLength(1));
    expect(studio.imports.drafts[0]?.request.paths).toEqual(['/home/me/saved.png', '/library/pasted/1.png']);
    expect(calls).toHaveBeenCalledWith('datasets.keepPasted', { bytes: Uint8Array.of(1, 2) });
  });

  it('leaves text alone that is pasted into a field', async () => {
    const { studio } = testStudio();
    renderIn(studio, DropTarget, {});
    const input = document.body.appendChild(document.createElement('input'));
    const clipboardData = { files: [], getData: () => '/home/me/faces' };
    expect(await fireEvent.paste(input, { clipboardData })).toBe(true);
    input.remove();
  });
});

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

  it('hands the image to the Interpolate view, with a run of this data set', async () => {
    const { studio } = testStudio({ 'datasets.origins': () => [null] });
    const run = {
      ...{ id: 'r1', name: 'r1', createdAt: '', preset: null, seed: 0, steps: 1, step: 1, lastLoss: null },
      ...{ imageSize: 28, channels: 1 as const, parameters: null, problem: null },
    };
    studio.library.runs = [
      { ...run, dataset: 'faces', drawable: true },
      { ...run, id: 'r2', dataset: 'other', drawable: true },
    ];
    studio.settings.set('run', { id: 'r2' });
    renderIn(studio, ImageFacts, { record, known, index: 42 });
    await fireEvent.click(button('Image B'));
    expect(studio.settings.get('interpolate')).toMatchObject({ a: null, b: 42 });
    expect(studio.settings.get('run').id).toBe('r1');
    expect(studio.settings.get('navigation').view).toBe('interpolate');
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
