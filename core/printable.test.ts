import { describe, expect, it } from 'vitest';
import { printable, printableJson, printableTexts, withoutHidden } from './printable.ts';

const hostile: [text: string, shown: string][] = [
  ['a\nb.npy', String.raw`a\nb.npy`],
  ['a\r\n\tb', String.raw`a\x0d\n\x09b`],
  ['nul\0', String.raw`nul\x00`],
  ['\u001b[31mred\u001b[0m', String.raw`\x1b[31mred\x1b[0m`],
  ['\u009b2J', String.raw`\x9b2J`],
  ['\u001b]8;;https://example.org\u0007link', String.raw`\x1b]8;;https://example.org\x07link`],
  ['two\u2028lines\u2029', String.raw`two\u2028lines\u2029`],
  ['photo\u202egnp.exe', String.raw`photo\u202egnp.exe`],
  ['\u2067a\u2069', String.raw`\u2067a\u2069`],
  ['a\u200eb\u200fc\u061cd', String.raw`a\u200eb\u200fc\u061cd`],
  ['ca\u200bt', String.raw`ca\u200bt`],
  ['ca\u200dt', String.raw`ca\u200dt`],
  ['ca\u200ct', String.raw`ca\u200ct`],
  ['\ufeffcat', String.raw`\ufeffcat`],
  ['ca\u00adt', String.raw`ca\xadt`],
  ['cat\u2060\u2063', String.raw`cat\u2060\u2063`],
  ['\u3164', String.raw`\u3164`],
  ['cat\ufe0f', String.raw`cat\ufe0f`],
  ['1\ufe0f', String.raw`1\ufe0f`],
  ['🐈\ufe0f\ufe0f', '🐈\ufe0f' + String.raw`\ufe0f`],
  ['cat\u{e0041}\u{e0042}', String.raw`cat\u{e0041}\u{e0042}`],
  ['🏴\u{e0041}', '🏴' + String.raw`\u{e0041}`],
  ['half \ud83d', String.raw`half \ud83d`],
  ['\udc00\ud800', String.raw`\udc00\ud800`],
  ['\ufffe\u{1ffff}', String.raw`\ufffe\u{1ffff}`],
];

/** What people write. */
const ordinary = [
  '',
  'картинки 猫 🐈 “é” e\u0301 İstanbul a b',
  'שלום עולם',
  'صور القطط ٣',
  'می\u200cخواهم',
  'ه\u200d',
  'क्\u200dष',
  'ന്\u200d',
  '👩\u200d👩\u200d👧\u200d👦 👍🏽 🏳\ufe0f\u200d🌈 ❤\ufe0f 👩🏽\u200d⚕\ufe0f ☺\ufe0e',
  '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} 🇩🇪 3\ufe0f\u20e3',
  '葛\u{e0100}城市 ≨\ufe00',
  String.raw`C:\new\x1b.png`,
];

describe('printable', () => {
  it.each(hostile)('%j', (text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printable(shown)).toBe(shown);
  });

  it.each(ordinary)('leaves %j as it is', (text) => expect(printable(text)).toBe(text));

  it('is quick with long texts', () => {
    const started = performance.now();
    printable('\u200d'.repeat(1e5) + 'ك' + '\u0651'.repeat(1e4) + '\u200c');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('printableJson', () => {
  it.each([...hostile.map(([text]) => text), ...ordinary])('keeps the data of %j', (text) => {
    const json = printableJson({ [text]: [text] });
    expect(JSON.parse(json)).toEqual({ [text]: [text] });
    expect(printable(json)).toBe(json);
  });
});

describe('printableTexts', () => {
  it('reaches every text and leaves the rest', () => {
    const date = new Date(0);
    const value = { a: ['x\n', { b: 'y\u202e', c: 1, d: null, date }], 'k\n': true };
    expect(printableTexts(value)).toEqual({
      a: [String.raw`x\n`, { b: String.raw`y\u202e`, c: 1, d: null, date }],
      'k\n': true,
    });
  });
});

describe('withoutHidden', () => {
  it('puts another character in place of each', () => {
    expect(withoutHidden('a\u202eb\n\u001bc 👩\u200d👩', '-')).toBe('a-b--c 👩\u200d👩');
  });
});
