// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { setLanguage } from '../../../text/language.ts';
import { standIns, renderIn, button } from '../test-studio/render.ts';
import { testStudio } from '../test-studio/studio.ts';
import { GuideReader, searchPages } from './guide.svelte.ts';
import type { GuidePage } from 'virtual:guide';
import GuideView from './GuideView.svelte';

const PAGES: GuidePage[] = [
  {
    id: 'first',
    title: 'A first training',
    nodes: [],
    text: 'Press Start training. Samples come by themselves.',
  },
  {
    id: 'images',
    title: 'Bringing images',
    nodes: [],
    text: 'Pictures can be dropped anywhere on the window.',
  },
  { id: 'samples', title: 'Samples', nodes: [], text: 'A model draws.' },
];

beforeAll(standIns);
afterEach(() => {
  cleanup();
  setLanguage('en');
});

describe('the search', () => {
  const ids = (search: string) => searchPages(PAGES, search).map(({ page }) => page.id);

  it('finds pages that have all words, those with them in the title first', () => {
    expect(ids('  ')).toEqual(['first', 'images', 'samples']);
    expect(ids('samples')).toEqual(['samples', 'first']);
    expect(ids('dropped WINDOW')).toEqual(['images']);
    expect(ids('dropped model')).toEqual([]);
  });

  it('shows the words around', () => {
    expect(searchPages(PAGES, 'dropped')[0]?.excerpt).toBe('Pictures can be dropped anywhere on the window.');
    expect(searchPages(PAGES, 'bringing')[0]?.excerpt).toBe('');
  });
});

describe('the reader', () => {
  it('goes back and forward, as a browser does', () => {
    const { studio } = testStudio();
    const reader = new GuideReader(studio.settings, PAGES);
    expect(reader.page?.id).toBe('first');
    reader.open('images');
    reader.open('samples');
    expect(reader.neighbours).toMatchObject({ before: { id: 'images' }, after: undefined });
    reader.back();
    expect(reader.page?.id).toBe('images');
    reader.forward();
    expect(reader.page?.id).toBe('samples');
    reader.back();
    reader.back();
    expect(reader.canGoBack).toBe(false);
    reader.open('samples');
    expect(reader.canGoForward).toBe(false);
    expect(studio.settings.get('guide').page).toBe('samples');
  });

  it('begins anew where a page is gone', () => {
    const { studio } = testStudio();
    studio.settings.set('guide', { page: 'gone' });
    expect(new GuideReader(studio.settings, PAGES).page?.id).toBe('first');
  });
});

describe('the view', () => {
  it('shows the pages, goes from one to another, and does what a link says', async () => {
    const { studio } = testStudio();
    const run = vi.spyOn(studio.actions, 'run');
    renderIn(studio, GuideView, {});
    expect(screen.getByRole('heading', { level: 1, name: 'Guide' })).toBeTruthy();
    await fireEvent.click(button('Where things lie, and repairs'));
    const heading = await screen.findByRole('heading', { level: 2, name: 'Where things lie, and repairs' });
    await waitFor(() => expect(document.activeElement).toBe(heading));
    await fireEvent.click(button('Settings'));
    expect(run).toHaveBeenCalledWith('settings');
    await fireEvent.keyDown(window, { key: 'ArrowLeft', altKey: true });
    await screen.findByRole('heading', { level: 2, name: 'A first training' });
    await fireEvent.input(screen.getByRole('searchbox', { name: 'Search the guide' }), {
      target: { value: 'nonsense of that kind' },
    });
    await screen.findByText('No page has “nonsense of that kind”.');
  });

  it('shows and searches the pages of the language in use', async () => {
    setLanguage('de');
    const { studio } = testStudio();
    studio.settings.set('guide', { page: 'samples' });
    renderIn(studio, GuideView, {});
    await screen.findByRole('heading', { level: 2, name: 'Samples' });
    expect(screen.getByRole('heading', { level: 2, name: 'Samples im Verlauf' })).toBeTruthy();
    expect(screen.getByText('Derselbe Seed zieht dieselben Samples.', { exact: false })).toBeTruthy();
    await fireEvent.click(button('Ein erstes Training'));
    await screen.findByRole('heading', { level: 2, name: 'Ein erstes Training' });
    await fireEvent.input(screen.getByRole('searchbox'), { target: { value: 'spitzen harmlos' } });
    const list = within(screen.getByRole('navigation'));
    await waitFor(() => expect(list.getAllByRole('button')).toHaveLength(1));
    expect(list.getByRole('button').textContent).toContain('Kurven und Ergebnisse');
  });
});
