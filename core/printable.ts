/**
 * Texts from outside (names of files, classes and runs, messages of other programs) as they are shown: what would move a
 * cursor, break a line, turn the reading direction or hide in a word is written out. All that shows such texts goes
 * through here: errors for people, the command line, the log, reports, plots and the window.
 *
 * Written by hand: packages for this (jsesc, out-of-character, anti-trojan-source) escape all that is not ASCII, remove
 * characters, or only find them; Unicode's own properties are in the language.
 */

/** Controls, ends of lines and paragraphs, direction marks, what is zero wide, halves of characters, no characters. */
const HIDDEN_CLASS =
  '\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\ufff9-\\ufffb';

/** Scripts that are not written without joiners and non-joiners between their letters. */
const JOINING_SCRIPTS = (
  'Arabic Syriac Mandaic Manichaean Mongolian Nko Adlam Hanifi_Rohingya Devanagari Bengali Gurmukhi Gujarati Oriya ' +
  'Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar Tibetan Balinese Javanese Sundanese'
)
  .split(' ')
  .map((script) => `\\p{Script=${script}}`)
  .join('');

const PICTURE = '\\p{Extended_Pictographic}(?:\\p{Emoji_Modifier}|[\\ufe0e\\ufe0f])?';

/** Where characters of {@link HIDDEN_CLASS} belong to what is seen. */
const SEEN = [
  // Emoji: flags of parts of a country, families, skin colours, digits on keys.
  '\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{3,6}\\u{e007f}',
  `${PICTURE}(?:\\u200d${PICTURE})*`,
  '[0-9#*]\\ufe0f\\u20e3',
  // Forms of one character.
  '\\p{Script=Han}[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
  '\\p{Script=Mongolian}[\\u180b-\\u180d\\u180f]',
  '\\p{Sm}\\ufe00',
  `(?<=[${JOINING_SCRIPTS}]\\p{Mn}*)[\\u200c\\u200d](?![\\u200c\\u200d])`,
].join('|');

const HIDDEN = new RegExp(`[${HIDDEN_CLASS}]`, 'u');
const SEEN_OR_HIDDEN = new RegExp(`${SEEN}|([${HIDDEN_CLASS}])`, 'gu');

/**
 * A text on one line in which nothing is hidden: `\n`, `\x1b`, `\u202e`, `\u{e0041}` stand for what is not seen. Emoji
 * and every script, also from right to left, stay as they are. What is printable already is given back as it is.
 */
export function printable(text: string): string {
  return replaceHidden(text, written);
}

/** A text with a character in place of each that is hidden, for names of files that we make. */
export function withoutHidden(text: string, instead: string): string {
  return replaceHidden(text, () => instead);
}

/**
 * A value as JSON, the same data for whoever reads it, and safe on a terminal: JSON itself leaves U+009B, which begins an
 * escape sequence, and direction marks as they are.
 */
export function printableJson(value: unknown): string {
  return replaceHidden(JSON.stringify(value), (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(''),
  );
}

/** Every text in a value of arrays and plain objects made {@link printable}; keys stay as they are. */
export function printableTexts<T>(value: T): T {
  return deep(value) as T;
}

function deep(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(deep);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, deep(below)]));
}

function replaceHidden(text: string, replacement: (character: string) => string): string {
  if (!HIDDEN.test(text)) return text;
  return text.replace(SEEN_OR_HIDDEN, (all, hidden?: string) =>
    hidden === undefined ? all : replacement(hidden),
  );
}

function written(character: string): string {
  if (character === '\n') return '\\n';
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
