// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  DEFAULT_SETTINGS,
  type ImportJob,
  type ImportPreview,
  type PixelParams,
  type PixelResult,
} from '../../../main/ipc/contract.ts';
import { button, renderIn, standIns } from '../test-studio/render.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import DropTarget from './DropTarget.svelte';
import ImportDialog from './ImportDialog.svelte';
import ImportList from './ImportList.svelte';

beforeAll(standIns);
afterEach(cleanup);

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
    const asked = vi.fn<(params: PixelParams<'import.preview'>) => void>();
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

  it(
    'shows what was found before anything is imported, and imports what was chosen',
    { timeout: 20_000 },
    async () => {
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
      await fireEvent.input(screen.getByLabelText('Name of the class cats'), {
        target: { value: 'felines' },
      });
      const settings = { size: 64, channels: 1, fit: 'pad', classMap: { cats: 'felines', dogs: null } };
      await waitFor(() => expect(asked.mock.lastCall?.[0]).toMatchObject({ settings }));
      await waitFor(() => expect(button('Import')).toHaveProperty('disabled', false));
      await fireEvent.click(button('Import'));
      await waitFor(() =>
        expect(calls).toHaveBeenCalledWith('datasets.import', expect.objectContaining({ name: 'my pets' })),
      );
      const orders = calls.mock.calls.filter(([channel]) => channel === 'datasets.import');
      expect(orders).toMatchObject([
        ['datasets.import', { request: { paths: ['/pictures/pets'] }, settings }],
      ]);
      await waitFor(() => expect(studio.imports.drafts).toEqual([]));
      expect(calls).toHaveBeenCalledWith('datasets.endPreview', {});
    },
  );

  it('asks which data is meant where a folder holds several kinds, before it imports any', async () => {
    const rivals: ImportPreview['rivals'] = [
      { kind: 'parquet', total: 40 },
      { kind: 'folder', total: 30 },
    ];
    const { asked } = open(() =>
      previewOf(asked.mock.lastCall?.[0].request.kind === 'folder' ? {} : { kind: 'parquet', rivals }),
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
  it('sets up an import for what is pasted, an image too', async () => {
    const { studio, calls } = testStudio({
      'datasets.keepPasted': () => ({ path: '/library/pasted/1.png' }),
      'datasets.sortPaths': ({ paths }) => [{ kind: 'files', paths }],
    });
    studio.bridge.pathForFile = (file) => (file.name === 'saved.png' ? '/home/me/saved.png' : '');
    renderIn(studio, DropTarget, {});
    const image = new File([Uint8Array.of(1, 2)], 'image.png', { type: 'image/png' });
    image.arrayBuffer = async () => Uint8Array.of(1, 2).buffer;
    const clipboardData = { files: [new File([], 'saved.png'), image], getData: () => '' };
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
