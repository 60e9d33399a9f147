import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pluralOf } from '../../text/say.ts';
import { root } from '../setup/paths.mjs';
import { placesOf, readCatalogue, sourceTexts } from './catalogues.mjs';
import { findText } from './find.mjs';
import { withCalls } from './transform.mjs';

const texts = sourceTexts();
const TO_MEND = 'run `npm run text`, and translate what it lists';

describe.each(['de'])('the catalogues of %s', (language) => {
  it.each(['window', 'core', 'nouns'])('have all texts of the sources and no others: %s', (part) => {
    const known = Object.keys(readCatalogue(language, part));
    const there = [...texts[part].keys()];
    expect(
      there.filter((key) => !known.includes(key)),
      `missing: ${TO_MEND}`,
    ).toEqual([]);
    expect(
      known.filter((key) => !texts[part].has(key)),
      `gone from the sources: ${TO_MEND}`,
    ).toEqual([]);
  });

  it.each(['window', 'core'])('translate each text, with the same places: %s', (part) => {
    const entries = Object.entries(readCatalogue(language, part));
    expect(entries.filter(([, text]) => text.trim() === '').map(([key]) => key)).toEqual([]);
    expect(entries.filter(([key, text]) => placesOf(key) !== placesOf(text))).toEqual([]);
    // What joins on to another text keeps its space.
    const ends = (text) => [text.startsWith(' '), text.endsWith(' ')].join();
    expect(entries.filter(([key, text]) => ends(key) !== ends(text))).toEqual([]);
  });

  it('know the English plural of every noun, as it may come in a sentence', () => {
    expect([...texts.nouns].filter(([one, many]) => pluralOf(one) !== many)).toEqual([]);
  });

  it('have singular and plural of every noun', () => {
    const nouns = Object.entries(readCatalogue(language, 'nouns'));
    expect(nouns.filter(([, forms]) => forms.length !== 2 || forms.includes(''))).toEqual([]);
  });
});

it('knows all that looks like text and is none', () => {
  const notText = JSON.parse(readFileSync(join(root, 'text/not-text.json'), 'utf8'));
  expect([...notText].sort()).toEqual(notText);
  expect(notText.filter((key) => texts.window.has(key) || texts.core.has(key))).toEqual([]);
});

it('has no text that is compared, which another language would change', () => {
  const german = { ...readCatalogue('de', 'core'), ...readCatalogue('de', 'window') };
  const changes = (text) => /^\p{Lu}/u.test(text) && (german[text] ?? text) !== text;
  const wrong = [...texts.compared].filter(([text, file]) => file.startsWith('renderer/') && changes(text));
  expect(wrong).toEqual([]);
});

it('leaves alone what looks like text and is none', () => {
  const code = '<NameField placeholder="{name}-fork" />';
  expect(findText(code, 'a.svelte').messages).toHaveLength(1);
  expect(withCalls(code, 'a.svelte')).toBeNull();
});

describe('findText', () => {
  const keys = (code, file = 'a.svelte') => findText(code, file).messages.map(({ key }) => key);

  it('tells what a text is compared with, but for the keys of events', () => {
    const { compared } = findText("if (event.key === 'Enter' || 'Open' === kind) go();", 'a.ts');
    expect(compared).toEqual(['Open']);
  });

  it('finds what is read in markup, with its expressions in one text', () => {
    expect(keys('<p>Step {step} of <b>{all}</b></p>')).toEqual(['Step {0} of']);
    expect(keys("<p>{busy ? 'yes' : 'no'}</p>")).toEqual(['yes', 'no']);
    expect(keys('<input aria-label="Search {what}" class="wide field" id="search" />')).toEqual([
      'Search {0}',
    ]);
    expect(keys('<Menu label="More" kind="plain" />')).toEqual(['More']);
    expect(keys('<code>covae train</code>')).toEqual([]);
  });

  it('finds literals, templates and sums of them in scripts', () => {
    expect(keys("const text = 'It begins. ' + `And ${what} ends.`;", 'a.ts')).toEqual([
      'It begins. And {0} ends.',
    ]);
    expect(keys("tell(`“${name}” is here${more ? `, with ${more} more` : ''}.`);", 'a.ts')).toEqual([
      '“{0}” is here{1}.',
      ', with {0} more',
    ]);
    expect(keys("const item = { label: 'best', key: 'best' };", 'a.ts')).toEqual(['best']);
  });

  it('leaves what programs read', () => {
    const code = `import x from 'Some File';
      if (event.key === 'Enter') element.querySelector('Main button');
      switch (key) { case 'Escape': break; }
      type Kind = 'One kind' | 'Another';
      class CallError extends Error { name = 'CallError'; }`;
    expect(keys(code, 'a.ts')).toEqual([]);
  });

  it('notes the nouns of counts', () => {
    expect(findText("countOf(n, 'image'); formatPlural(n, 'entry', 'entries');", 'a.ts').nouns).toEqual([
      ['image', 'images'],
      ['entry', 'entries'],
    ]);
  });
});

describe('withCalls', () => {
  const made = (code, file) => withCalls(code, file).code.replace(/^import .*?; /, '');

  it('puts calls in place of texts, those inside others too', () => {
    expect(made("tell(`It has ${n > 1 ? `at least ${n}` : 'only one'}.`);", 'renderer/src/a.ts')).toBe(
      'tell(__say("It has {0}.", [(n > 1 ? __say("at least {0}", [(n)]) : __say("only one"))]));',
    );
  });

  it('keeps the white space around markup, and imports what it calls', () => {
    const { code } = withCalls(
      '<script lang="ts">\n  let n = 1;\n</script>\n<p>\n  Step {n}\n</p>',
      'a.svelte',
    );
    expect(code).toContain('<p>\n  {__say("Step {0}", [(n)])}\n</p>');
    expect(code).toMatch(/<script lang="ts"> import \{ say as __say/);
    expect(withCalls('<p>Hello there</p>', 'a.svelte').code).toMatch(
      /^<script>import .*<\/script><p>\{__say/,
    );
  });

  it('writes numbers in the language in use', () => {
    expect(made("tell(`Up to ${most.toLocaleString('en-US')} of them.`);", 'core/a.ts')).toContain(
      'most.toLocaleString(__numbersTag())',
    );
  });
});
