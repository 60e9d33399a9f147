/**
 * Which encoding the names of files are in where nothing says so: the one in which they look most like names that people
 * give. Scores are by rule of thumb; `name-guess.test.ts` holds names in a dozen languages that they must get right.
 */
import { decodeName, type NameEncoding } from './name-encoding.ts';

/** Of an encoding in which a name's bytes mean nothing at all. */
const IMPOSSIBLE = -6;

type Guessed = 'shift-jis' | 'cp1252' | 'cp437';
const CANDIDATES: readonly Guessed[] = ['cp437', 'cp1252', 'shift-jis'];

/**
 * Guesses the one encoding of all these names. None of them is ASCII or UTF-8.
 *
 * @param usual gets the benefit of the doubt between DOS and Windows
 */
export function guessEncoding(names: readonly Uint8Array[], usual: Guessed): NameEncoding {
  const scores = CANDIDATES.map((encoding) => {
    let score = encoding === usual ? 0.25 : 0;
    for (const name of names) score += plausibility(name, encoding);
    return { encoding, score };
  });
  return scores.reduce((best, one) => (one.score > best.score ? one : best)).encoding;
}

/** How much a name looks like one in this encoding; about 1 a letter when it does. */
export function plausibility(raw: Uint8Array, encoding: Guessed): number {
  if (encoding === 'shift-jis') return japanese(raw);
  return western(decodeName(raw, encoding) ?? '');
}

const ASCII_LETTER = /[A-Za-z]/;
/** Letters of western languages beyond ASCII; a few are rare enough to be a mistake. */
const ACCENTED = /[À-ÖØ-öø-ÿŒœŠšŽžŸ]/;
const RARE = /[ÿŸþÞðÐÝýŠšŽžƒ]/;
/** The letter ß of cp437 is the á of cp1252: after these and before those it is the former. */
const SHARP_S_AFTER = /(?:[aeouäöü]|ei)$/i;
const SHARP_S_BEFORE = /^(?:[^A-Za-z]|[esbtfwkgdzmphv]|$)/;
const IN_WORDS = /[‘’´]/;
const BETWEEN_WORDS = /[–—“”„‚‘’…«»¿¡€§©®°²³¹½ªº\u00a0]/;

function western(text: string): number {
  let score = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char < '\u0080') continue;
    const before = text[i - 1] ?? '';
    const after = text[i + 1] ?? '';
    if (ACCENTED.test(char)) score += accented(text, i);
    else if (char < '\u00a0') score += IMPOSSIBLE;
    else if (IN_WORDS.test(char) && isLetter(before) && isLetter(after)) score += 0.3;
    else if (BETWEEN_WORDS.test(char)) score += isLetter(before) && isLetter(after) ? -1 : -0.2;
    else score += /[\u2190-\u23ff\u2500-\u25ff]/.test(char) ? -2 : -1;
  }
  // Words are mostly of plain letters.
  for (const [word] of text.matchAll(/[A-Za-zÀ-ÖØ-öø-ÿŒœŠšŽžŸ]+/g)) {
    const many = word.replaceAll(/[A-Za-z]/g, '').length;
    if (many > word.length / 2 && !(word.length === 1 && /[àéèêöåäøyóíú]/.test(word))) score -= 0.75 * many;
  }
  return score;
}

function accented(text: string, i: number): number {
  const char = text[i]!;
  const [before, after] = [text[i - 1] ?? '', text[i + 1] ?? ''];
  if (char === 'ß')
    return SHARP_S_AFTER.test(text.slice(0, i)) && SHARP_S_BEFORE.test(text.slice(i + 1)) ? 1.5 : -1;
  // Upper case follows lower case, and the other way about.
  if (isUpper(char) && isLower(before)) return -1;
  if (isLower(char) && isUpper(after)) return -1;
  return RARE.test(char) ? 0.1 : 1;
}

const isLetter = (char: string): boolean => ASCII_LETTER.test(char) || ACCENTED.test(char);
const isUpper = (char: string): boolean => isLetter(char) && char !== char.toLowerCase();
const isLower = (char: string): boolean => isLetter(char) && char !== char.toUpperCase();

/** JIS X 0208 as Windows has it: what a character's bytes say of how common it is. */
function japanese(raw: Uint8Array): number {
  if (decodeName(raw, 'shift-jis') === null) return IMPOSSIBLE;
  let score = 0;
  let latinBefore = false;
  for (let i = 0; i < raw.length;) {
    const lead = raw[i]!;
    if (lead < 0x80) {
      latinBefore = ASCII_LETTER.test(String.fromCharCode(lead));
      i++;
      continue;
    }
    const isHalfWidth = lead >= 0xa1 && lead <= 0xdf;
    const length = isHalfWidth || lead === 0x80 ? 1 : 2;
    const next = raw[i + length];
    const latinAfter = next !== undefined && next < 0x80 && ASCII_LETTER.test(String.fromCharCode(next));
    score += isHalfWidth ? halfWidth(raw, i) : fullWidth(lead, raw[i + 1]!);
    // Few names change the script within a word.
    if (latinBefore) score -= 1.25;
    if (latinAfter) score -= 1.25;
    latinBefore = false;
    i += length;
  }
  return score;
}

/** Half-width katakana come in words of their own. */
function halfWidth(raw: Uint8Array, at: number): number {
  const isOne = (byte: number | undefined): boolean => byte !== undefined && byte >= 0xa6 && byte <= 0xdf;
  if (!isOne(raw[at])) return -0.5;
  return isOne(raw[at - 1]) || isOne(raw[at + 1]) ? 0.8 : -1;
}

function fullWidth(lead: number, trail: number): number {
  const code = lead * 256 + trail;
  if (lead === 0x80) return IMPOSSIBLE;
  // Signs that stand in names: the long vowel, iteration marks, full stops, brackets, the wave.
  if (lead === 0x81) return /[ー々〆〇\u3000・、。（）「」『』【】～！？＿－]/.test(sign(trail)) ? 0.5 : -0.5;
  if (code <= 0x829a) return 0.3;
  if (code <= 0x8396) return 2;
  // Greek, Cyrillic, lines, signs in circles.
  if (lead < 0x88) return -1;
  // The first level of kanji are those that newspapers use.
  if (code <= 0x9872) return 2;
  if (lead <= 0xea) return 0.25;
  return lead >= 0xf0 && lead <= 0xf9 ? -4 : 0.3;
}

function sign(trail: number): string {
  return decodeName(Uint8Array.of(0x81, trail), 'shift-jis') ?? '';
}
