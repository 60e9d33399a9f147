import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACTION_IDS } from '../../main/ipc/contract.ts';
import { readGuide } from './read-guide.ts';
import { readGuides } from './read-guides.ts';

let folder: string;
const FIRST =
  '# First\n\n![A picture](pictures/a.webp)\n\n## Part\n\nSee [settings](action:settings) and [the next](02-next.md): `npx covae`.\n';
const GERMAN =
  '# Erste\n\n![Ein Bild](../pictures/a.webp)\n\n## Teil\n\nSiehe [die nächste](02-next.md), `npx covae`, und [Einstellungen](action:settings).\n';
const NEXT = '# Next\n\n![Another](pictures/b.webp)\n\n- one\n- two\n\n```\ncovae run\n```\n';
const NEXT_GERMAN =
  '# Nächste\n\n![Ein anderes](../pictures/b.webp)\n\n- eins\n- zwei\n\n```\ncovae run\n```\n';

const page = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const read = () => readGuides(folder, ['settings', 'export']);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'covae-guides-'));
  mkdirSync(join(folder, 'de'));
  page('01-first.md', FIRST);
  page('02-next.md', NEXT);
  page('de/01-first.md', GERMAN);
  page('de/02-next.md', NEXT_GERMAN);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('readGuides', () => {
  it('reads the pages of each language, which share their pictures', () => {
    const { pages, pictures } = read();
    expect(pictures).toEqual(['pictures/a.webp', 'pictures/b.webp']);
    expect(pages.en.map(({ id, title }) => [id, title])).toEqual([
      ['first', 'First'],
      ['next', 'Next'],
    ]);
    expect(pages.de.map(({ id, title }) => [id, title])).toEqual([
      ['first', 'Erste'],
      ['next', 'Nächste'],
    ]);
    expect(pages.de[1]?.nodes[0]).toEqual({ picture: 1, text: 'Ein anderes' });
    expect(pages.de[0]?.text).toContain('Siehe die nächste');
  });

  it('refuses a page that is missing in a language, or is there in that only', () => {
    rmSync(join(folder, 'de/02-next.md'));
    expect(read).toThrow('de/02-next.md is missing');
    page('de/02-next.md', NEXT_GERMAN);
    page('de/03-more.md', '# Mehr\n');
    expect(read).toThrow('de/03-more.md translates nothing');
    rmSync(join(folder, 'de'), { recursive: true });
    expect(read).toThrow('de/01-first.md is missing');
  });

  it.each([
    ['headings', GERMAN.replace('## Teil', '### Teil')],
    ['headings', GERMAN + '\n## Noch einer\n'],
    ['pictures', GERMAN.replace('a.webp', 'b.webp')],
    ['pictures', GERMAN.replace(/!.*/, '')],
    ['links to pages', GERMAN.replace('[die nächste](02-next.md)', 'die nächste')],
    ['actions', GERMAN.replace('action:settings', 'action:export')],
    ['code', GERMAN.replace('npx covae', 'npx kovae')],
    ['items of lists', GERMAN + '\n- eins\n'],
    ['rows of tables', GERMAN + '\n| a |\n| - |\n| b |\n'],
  ])('refuses a page with other %s, and names it', (kind, text) => {
    page('de/01-first.md', text);
    expect(read).toThrow(`de/01-first.md has other ${kind} than the page in English`);
  });

  it('names the file of a language in which something cannot be shown', () => {
    page('de/01-first.md', GERMAN.replace('action:settings', 'action:none'));
    expect(read).toThrow(
      'de/01-first.md: the link action:none leads to no page of the guide and to no action',
    );
  });
});

describe('the guide itself', () => {
  const own = join(import.meta.dirname, '..', '..', 'docs', 'guide');

  it('is there in German, page by page', () => {
    const { pages } = readGuides(own, ACTION_IDS);
    expect(pages.de.map(({ id }) => id)).toEqual(pages.en.map(({ id }) => id));
    const same = pages.de.filter(({ title }, at) => title === pages.en[at]?.title).map(({ title }) => title);
    expect(same).toEqual(['Samples']);
  });

  it('can be shown, with a picture on each page that is there in both themes, all together below 1 MB', () => {
    const { pages, pictures } = readGuide(own, ACTION_IDS);
    expect(pages.length).toBeGreaterThanOrEqual(10);
    expect(pictures).toHaveLength(pages.length);
    const missing = pictures
      .flatMap((picture) => [picture, picture.replace('.webp', '-dark.webp')])
      .filter((picture) => !existsSync(join(own, picture)));
    expect(missing).toEqual([]);
    const files = readdirSync(join(own, 'pictures'));
    const bytes = files.reduce((sum, file) => sum + statSync(join(own, 'pictures', file)).size, 0);
    expect(bytes).toBeLessThan(1e6);
    expect(files).toHaveLength(2 * pictures.length);
  });
});
