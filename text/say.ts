/**
 * What the sources' texts become in a build (scripts/text/): `Remove “${name}”?` is `say('Remove “{0}”?', [name])`. English
 * is the key, so what nobody has translated yet is said in English.
 */
import { catalogue } from './catalogue.ts';
import { dative } from './german.ts';
import { decimal, language, numbersTag } from './language.ts';

export { numbersTag };

const PLACE = /\{(\d+)(:dat)?\}/g;

/** What templates and markup have in their places. */
type Value = string | number | bigint | boolean | null | undefined;

/**
 * A text in the language in use.
 *
 * @param key English, with places `{0}`, `{1}` …
 * @param values what stands in the places
 */
export function say(key: string, values: readonly Value[] = []): string {
  const text = catalogue()?.messages.get(key) ?? key;
  if (values.length === 0) return text;
  return text.replace(PLACE, (_whole, at: string, asked: string | undefined) => {
    const value = spoken(values[Number(at)]);
    return asked === undefined ? value : dative(value);
  });
}

/** Marks a single word as text where it would not look like one; a build takes it for one. */
export function word(key: string): string {
  return say(key);
}

/** As in markup and templates: nothing for what is not there. Numbers and counts are said in the language in use. */
function spoken(value: Value): string {
  if (value === null || value === undefined) return '';
  if (language() === 'en') return String(value);
  if (typeof value === 'number')
    return value.toLocaleString(numbersTag(), { useGrouping: false, maximumFractionDigits: 12 });
  if (typeof value !== 'string') return String(value);
  // What can be no number with dots between its thousands.
  return /^-?(0\.\d+|\d+\.(\d{1,2}|\d{4,})|\d\.\d+e[+-]\d+)$/.test(value) ? decimal(value) : sayCount(value);
}

const COUNT = /^(-?\d{1,3}(?:,\d{3})+|-?\d+) (\p{L}[\p{L} -]*)$/u;

/** A title within a sentence: English begins it in lower case, German leaves its nouns. */
export function inSentence(title: string): string {
  return language() === 'en' ? title.toLowerCase() : title;
}

/** `12,000 images` in the language in use; any other text as it is. */
export function sayCount(text: string): string {
  const parts = COUNT.exec(text);
  if (parts === null) return text;
  const [, number = '', words = ''] = parts;
  const noun = nounOf(words);
  if (noun === null) return text;
  const count = Number(number.replaceAll(',', ''));
  return `${count.toLocaleString(numbersTag())} ${noun[Number(count !== 1)] ?? ''}`;
}

/** `12,000 images`: a number and what is counted. */
export function saidCount(count: number | bigint, one: string, many = `${one}s`): string {
  return `${count.toLocaleString(numbersTag())} ${saidNoun(count, one, many)}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function saidList(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return say('{0} and {1}', [words.slice(0, -1).join(', '), words.at(-1)]);
}

/** `image` for one, `images` for none or several. */
export function saidNoun(count: number | bigint, one: string, many = `${one}s`): string {
  const single = Number(count) === 1;
  const noun = catalogue()?.nouns.get(one);
  if (noun === undefined) return single ? one : many;
  return noun[single ? 0 : 1];
}

let plurals: { of: object; nouns: ReadonlyMap<string, readonly [string, string]> } | null = null;

/** Singular and plural of an English noun in either. */
function nounOf(words: string): readonly [string, string] | null {
  const known = catalogue();
  if (known === null) return null;
  if (plurals?.of !== known) {
    const nouns = new Map(known.nouns);
    for (const [one, forms] of known.nouns) nouns.set(pluralOf(one), forms);
    plurals = { of: known, nouns };
  }
  return plurals.nouns.get(words) ?? null;
}

const PLURALS: ReadonlyMap<string, string> = new Map([
  ['class is', 'classes are'],
  ['class', 'classes'],
  ['entry', 'entries'],
  ['pass', 'passes'],
  // What is counted with what is said of it.
  ['its images', 'their images'],
  ['image has', 'images have'],
  ['file was', 'files were'],
  ['pass encodes', 'passes encode'],
  ['is shown', 'are shown'],
  ['lies', 'lie'],
  ['was', 'were'],
  ['is', 'are'],
]);

/** English plurals of what is counted. */
export function pluralOf(one: string): string {
  for (const [end, plural] of PLURALS) if (one.endsWith(end)) return `${one.slice(0, -end.length)}${plural}`;
  return `${one}s`;
}
