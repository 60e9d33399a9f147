// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../main/ipc/contract.ts';
import { button, renderIn, standIns } from '../test-studio/render.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import DatasetCard from './DatasetCard.svelte';
import DatasetsView from './DatasetsView.svelte';

beforeAll(standIns);
afterEach(cleanup);

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

  it('writes out what a path or a name hides', () => {
    const { studio } = testStudio();
    const entry = datasetEntry('faces', {
      source: { kind: 'folder', paths: ['/x/neves\u202eeven\n'], description: '' },
    });
    renderIn(studio, DatasetCard, { entry });
    expect(screen.getByText(String.raw`/x/neves\u202eeven\n`)).toBeTruthy();
    studio.notices.error('“a\u200bb” is damaged');
    expect(studio.notices.list[0]?.text).toBe(String.raw`“a\u200bb” is damaged`);
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
