/**
 * Sentences that were made elsewhere, in English: in the trainer, or earlier and kept in a file. Each is held against the
 * catalogue's texts, whose places take anything; what stands there is translated in turn.
 */
import { catalogue } from './catalogue.ts';
import { dative } from './german.ts';
import { numbersTag } from './language.ts';
import { sayCount } from './say.ts';

interface Pattern {
  /** What stands before, between and after the places. */
  fixed: readonly string[];
  /** The longest of it: a sentence without that need not be tried. */
  part: string;
  /** Places in the order of the English text. */
  order: readonly number[];
  text: string;
}

/** A translation, and how many letters in its places are in no catalogue: names, or English. */
interface Found {
  text: string;
  left: number;
}

const PLACES = /\{(\d+)\}/g;
/** So many letters at least tell a text from another; in a place where all is known then, fewer do. */
const LEAST = 5;
const LEAST_IN_PLACES = 2;
const DEPTH = 3;
/** A sentence can be taken apart in many ways; so many are tried. */
const WAYS = 60;
const KEPT = 2_000;

/** Signs such as × tell as much as several letters. */
const weightOf = (text: string): number => letters(text) + 3 * text.replace(/[\p{L}\s.,:;]/gu, '').length;
const letters = (text: string): number => text.replace(/[^\p{L}]/gu, '').length;

/** The texts of one catalogue, as patterns. */
class Patterns {
  readonly of: ReadonlyMap<string, string>;
  readonly #list: readonly Pattern[];
  /** For places only: `all {0}`, `row {0}`. */
  readonly #short: readonly Pattern[];
  readonly #done = new Map<string, string>();

  constructor(sentences: ReadonlyMap<string, string>) {
    this.of = sentences;
    const list: (Pattern & { weight: number })[] = [];
    for (const [key, text] of sentences) {
      const parts = key.split(PLACES);
      const fixed = parts.filter((_, at) => at % 2 === 0);
      const weight = weightOf(fixed.join(''));
      if (fixed.length === 1 || weight < LEAST_IN_PLACES) continue;
      const part = fixed.reduce((longest, one) => (one.length > longest.length ? one : longest), '');
      list.push({ fixed, part, text, weight, order: parts.filter((_, at) => at % 2 === 1).map(Number) });
    }
    // What is surer first, of those that leave equally much.
    list.sort((a, b) => b.weight - a.weight);
    this.#list = list.filter(({ weight }) => weight >= LEAST);
    this.#short = list.filter(({ weight }) => weight < LEAST);
  }

  translated(sentence: string): string {
    const kept = this.#done.get(sentence);
    if (kept !== undefined) return kept;
    const whole = this.#sentence(sentence);
    const text =
      whole?.left === 0
        ? whole.text
        : (this.#inSentences(sentence) ?? whole?.text ?? this.#afterColon(sentence));
    if (this.#done.size >= KEPT) this.#done.clear();
    this.#done.set(sentence, text);
    return text;
  }

  /** A clause of the catalogue may have been made a sentence, by a capital and a full stop. */
  #sentence(sentence: string): Found | null {
    const whole = this.#whole(sentence, 0);
    if (whole?.left === 0) return whole;
    const clause = sentence.replace(/\.$/, '');
    const stop = sentence.slice(clause.length);
    for (const text of new Set([clause, withInitial(clause, false), withInitial(sentence, false)])) {
      if (text === sentence) continue;
      const found = this.#whole(text, 0);
      if (found?.left !== 0) continue;
      const capital = /^\p{Lu}/u.test(sentence);
      const spoken = capital ? withInitial(found.text, true) : found.text;
      return { text: text.endsWith('.') ? spoken : spoken + stop, left: 0 };
    }
    return whole;
  }

  #whole(sentence: string, depth: number): Found | null {
    const exact = this.of.get(sentence);
    if (exact !== undefined) return { text: exact, left: 0 };
    return depth > DEPTH ? null : this.#best(this.#list, sentence, depth);
  }

  #best(patterns: readonly Pattern[], sentence: string, depth: number): Found | null {
    let best: Found | null = null;
    for (const pattern of patterns) {
      if (!sentence.includes(pattern.part)) continue;
      let ways = 0;
      for (const values of splits(pattern.fixed, sentence, 1, pattern.fixed[0]?.length ?? 0)) {
        const found = this.#filled(pattern, values, depth);
        if (best === null || found.left < best.left) best = found;
        if (best.left === 0) return best;
        if (++ways >= WAYS) break;
      }
    }
    return best;
  }

  #filled({ fixed, order, text }: Pattern, values: readonly string[], depth: number): Found {
    let left = 0;
    const said = new Map<number, string>();
    values.forEach((value, at) => {
      const quoted = /[“"]$/.test(fixed[at] ?? '');
      const found = quoted ? { text: value, left: 0 } : this.#spoken(value, depth);
      left += found.left;
      said.set(order[at] ?? 0, found.text);
    });
    const filled = text.replace(/\{(\d+)(:dat)?\}/g, (_all, place: string, asked?: string) => {
      const value = said.get(Number(place)) ?? '';
      return asked === undefined ? value : dative(value);
    });
    return { text: filled, left };
  }

  /** What stood in a place: a number, a count, or a text of its own. */
  #spoken(value: string, depth: number): Found {
    if (/^-?\d{1,3}(,\d{3})+(\.\d+)?$|^-?\d+\.\d+(e[+-]?\d+)?$/.test(value))
      return { text: inNumbers(value), left: 0 };
    if (letters(value) < 2) return { text: value, left: 0 };
    const count = sayCount(value);
    if (count !== value) return { text: count, left: 0 };
    const named = /^“(.+)”( \([\w.]+\))?$/.exec(value);
    if (named !== null) {
      // The name of a setting, with its key.
      const [, name = '', key = ''] = named;
      const known = this.of.get(name);
      return { text: `„${known ?? name}“${key}`, left: 0 };
    }
    const found = this.#whole(value, depth + 1);
    if (found?.left !== 0) {
      const clauses = this.#clauses(value, depth);
      if (clauses !== null) return clauses;
      const short = depth < DEPTH ? this.#best(this.#short, value, depth + 1) : null;
      if (short?.left === 0) return short;
    }
    // What is known of it has to outweigh what is not.
    if (found !== null && 2 * found.left <= letters(value)) return found;
    const trimmed = value.trim();
    const inside = trimmed === value ? null : this.#whole(trimmed, depth + 1);
    if (inside === null) return { text: value, left: letters(value) };
    return { text: value.replace(trimmed, () => inside.text), left: inside.left };
  }

  /** Clauses between commas, each of them known. Single words there may be names. */
  #clauses(value: string, depth: number): Found | null {
    const parts = value.split(', ');
    if (parts.length < 2 || !parts.every((part) => part.includes(' '))) return null;
    const done: string[] = [];
    for (const part of parts) {
      const found = this.#spoken(part, depth + 1);
      if (found.left > 0) return null;
      done.push(found.text);
    }
    return { text: done.join(', '), left: 0 };
  }

  /** Sentences one after the other, of which some belong to one text; null where there is but one. */
  #inSentences(sentence: string): string | null {
    const parts = sentence.split(/(?<=[.!?…]) (?=[\p{Lu}“])/u);
    if (parts.length < 2) return null;
    const done: string[] = [];
    for (let at = 0; at < parts.length;) {
      let end = parts.length;
      let found = this.#sentence(parts.slice(at, end).join(' '));
      while (found?.left !== 0 && end > at + 1) found = this.#sentence(parts.slice(at, --end).join(' '));
      done.push(found?.text ?? parts[at] ?? '');
      at = end;
    }
    return done.join(' ');
  }

  /** A name before a colon, which stays. */
  #afterColon(sentence: string): string {
    const colon = sentence.indexOf(': ');
    if (colon <= 0) return sentence;
    const rest = this.#whole(sentence.slice(colon + 2), 0);
    const head = sentence.slice(0, colon);
    return rest === null ? sentence : `${this.#whole(head, 0)?.text ?? head}: ${rest.text}`;
  }
}

/** All that can stand in the places of a pattern, from its part `next` on, where `from` is behind the part before. */
function* splits(
  fixed: readonly string[],
  sentence: string,
  next: number,
  from: number,
): Generator<readonly string[]> {
  const before = fixed[next - 1] ?? '';
  if (!sentence.startsWith(before, from - before.length)) return;
  const part = fixed[next] ?? '';
  if (next === fixed.length - 1) {
    const end = sentence.length - part.length;
    if (end >= from && sentence.endsWith(part)) yield [sentence.slice(from, end)];
    return;
  }
  for (let at = sentence.indexOf(part, from); at >= 0; at = sentence.indexOf(part, at + 1)) {
    // Where nothing stands between two places, no word is cut.
    const cut =
      part === '' &&
      /[\p{L}\d.,]$/u.test(sentence.slice(0, at)) &&
      /^[\p{L}\d]|^[.,]\d/u.test(sentence.slice(at));
    if (!cut)
      for (const rest of splits(fixed, sentence, next + 1, at + part.length))
        yield [sentence.slice(from, at), ...rest];
    if (at >= sentence.length) return;
  }
}

/** With a capital at its beginning, or a small letter. */
function withInitial(text: string, capital: boolean): string {
  const first = text.charAt(0);
  return (capital ? first.toUpperCase() : first.toLowerCase()) + text.slice(1);
}

/** `1,200.5` as it is written in the language in use. */
function inNumbers(value: string): string {
  if (numbersTag() !== 'de-DE') return value;
  return value.replace(/[.,]/g, (sign) => (sign === ',' ? '.' : ','));
}

let patterns: Patterns | null = null;

/** A sentence in the language in use; as it is where the catalogue has nothing like it. */
export function translated(sentence: string): string {
  const known = catalogue();
  if (known === null || letters(sentence) < 2) return sentence;
  if (patterns?.of !== known.sentences) patterns = new Patterns(known.sentences);
  return patterns.translated(sentence);
}
