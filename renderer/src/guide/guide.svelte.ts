import type { Settings } from '../library/settings.svelte.ts';
import type { GuidePage } from 'virtual:guide';

/** A page that a search has found. */
export interface Found {
  page: GuidePage;
  /** The words around what was searched for; empty when the title has it. */
  excerpt: string;
}

const AROUND = 36;

/** Pages that have all words of a search, in their order; those with all of them in the title first. */
export function searchPages(pages: readonly GuidePage[], search: string): Found[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return pages.map((page) => ({ page, excerpt: '' }));
  const inTitle = (page: GuidePage) => words.every((word) => page.title.toLowerCase().includes(word));
  return pages
    .filter((page) => words.every((word) => `${page.title} ${page.text}`.toLowerCase().includes(word)))
    .map((page) => ({ page, excerpt: inTitle(page) ? '' : excerptOf(page.text, words) }))
    .sort((a, b) => Number(a.excerpt !== '') - Number(b.excerpt !== ''));
}

function excerptOf(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase();
  const at = Math.min(...words.map((word) => lower.indexOf(word)).filter((place) => place >= 0));
  if (!Number.isFinite(at)) return '';
  const from = Math.max(0, at - AROUND);
  const to = Math.min(text.length, at + AROUND + (words[0]?.length ?? 0));
  return `${from > 0 ? '…' : ''}${text.slice(from, to).trim()}${to < text.length ? '…' : ''}`;
}

/** Which page is read, and the way there, for as long as the view is shown. The page itself is remembered. */
export class GuideReader {
  readonly pages: readonly GuidePage[];
  readonly #settings: Settings;
  #before = $state.raw<string[]>([]);
  #after = $state.raw<string[]>([]);

  constructor(settings: Settings, pages: readonly GuidePage[]) {
    this.#settings = settings;
    this.pages = pages;
  }

  readonly page = $derived.by(() => this.#find(this.#settings.get('guide').page) ?? this.pages[0]);
  readonly canGoBack = $derived.by(() => this.#before.length > 0);
  readonly canGoForward = $derived.by(() => this.#after.length > 0);

  /** The pages before and after in their order. */
  readonly neighbours = $derived.by(() => {
    const at = this.pages.findIndex(({ id }) => id === this.page?.id);
    return { before: this.pages[at - 1], after: this.pages[at + 1] };
  });

  open(id: string): void {
    const from = this.page?.id;
    if (from === undefined || id === from || this.#find(id) === undefined) return;
    this.#before = [...this.#before, from];
    this.#after = [];
    this.#settings.set('guide', { page: id });
  }

  back(): void {
    const to = this.#before.at(-1);
    const from = this.page?.id;
    if (to === undefined || from === undefined) return;
    this.#before = this.#before.slice(0, -1);
    this.#after = [...this.#after, from];
    this.#settings.set('guide', { page: to });
  }

  forward(): void {
    const to = this.#after.at(-1);
    const from = this.page?.id;
    if (to === undefined || from === undefined) return;
    this.#after = this.#after.slice(0, -1);
    this.#before = [...this.#before, from];
    this.#settings.set('guide', { page: to });
  }

  #find(id: string): GuidePage | undefined {
    return this.pages.find((page) => page.id === id);
  }
}
