import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GuideNode } from 'virtual:guide';
import { readGuide } from './read-guide.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'covae-guide-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const page = (text: string, name = '01-first.md'): void => writeFileSync(join(folder, name), text);
const read = () => readGuide(folder, ['settings']);

describe('readGuide', () => {
  it('makes a tree of what a page has', () => {
    page(
      '# First\n\nSome **bold** `code`,\nsee [settings](action:settings) and [the next](02-next.md).\n\n- one\n',
    );
    page('# Next\n\n![A picture](pictures/a.webp)\n', '02-next.md');
    const { pages, pictures } = read();
    expect(pages.map(({ id, title }) => [id, title])).toEqual([
      ['first', 'First'],
      ['next', 'Next'],
    ]);
    const nodes: GuideNode[] = [
      {
        tag: 'p',
        children: [
          'Some ',
          { tag: 'strong', children: ['bold'] },
          ' ',
          { tag: 'code', children: ['code'] },
          ', see ',
          { link: { action: 'settings' }, children: ['settings'] },
          ' and ',
          { link: { page: 'next' }, children: ['the next'] },
          '.',
        ],
      },
      { tag: 'ul', children: [{ tag: 'li', children: ['one'] }] },
    ];
    expect(pages[0]?.nodes).toEqual(nodes);
    expect(pages[0]?.text).toBe('Some bold code, see settings and the next. one ');
    expect(pages[1]?.nodes).toEqual([{ picture: 0, text: 'A picture' }]);
    expect(pictures).toEqual(['pictures/a.webp']);
  });

  it.each([
    ['<script>alert(1)</script>', 'shows no html'],
    ['Text with <b>tags</b>.', 'shows no html'],
    ['[a page](03-none.md)', 'leads to no page'],
    ['[out](https://example.org)', 'leads to no page'],
    ['[a thing](action:explode)', 'leads to no page of the guide and to no action'],
    ['# Another title', 'two or three signs'],
  ])('refuses %s', (text, why) => {
    page(`# First\n\n${text}\n`);
    expect(read).toThrow(why);
  });

  it('refuses a page without a title, and a name that is none', () => {
    page('Text.');
    expect(read).toThrow('does not begin with its title');
    page('# First\n', 'first.md');
    expect(read).toThrow('no name for a page');
  });
});
