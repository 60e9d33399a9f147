/** What main answers and tells, with its sentences in the language of the window. */
import { language } from '../../text/language.ts';
import { say, sayCount } from '../../text/say.ts';
import { translated } from '../../text/translated.ts';

/** What the fields of the contract are called that hold sentences for people, or lists of such. */
const SENTENCES: ReadonlySet<string> = new Set([
  ...['message', 'brief', 'problem', 'problems', 'damage', 'detail', 'reason', 'advice', 'text', 'sentence'],
  ...['remarks', 'warnings', 'description', 'title', 'startedFrom', 'protocol', 'damaged'],
]);

/**
 * With every sentence translated, in copies of what holds one; whatever holds none is the value itself. Names and paths stay as they are.
 */
export function said<T>(value: T): T {
  return language() === 'en' ? value : (walked(value) as T);
}

function walked(value: unknown): unknown {
  // Of curves there are a hundred thousand numbers.
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : changed(value, walked);
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  // An alarm's name is a sentence; other names are people's own.
  const alarm = 'advice' in value && 'bound' in value;
  // Of a measure: its name and how it was taken, words one after the other.
  const measure = 'about' in value && 'better' in value;
  const entries: [string, unknown][] = Object.entries(value);
  const parts = entries.map(([, part]) => part);
  const made = changed(parts, (part, at) => {
    const [key = ''] = entries[at] ?? [];
    // The machine: its name, and what it has.
    if (key === 'device' && typeof part === 'string') return part.split(', ').map(sayCount).join(', ');
    if (measure && (key === 'about' || key === 'title') && typeof part === 'string')
      return part.split(', ').map(wordsOfMeasure).join(', ');
    const isSpoken = SENTENCES.has(key) || (alarm && key === 'name') || (key === 'phase' && isSentence(part));
    return isSpoken ? spoken(part) : walked(part);
  });
  return made === parts ? value : Object.fromEntries(entries.map(([key], at) => [key, made[at]]));
}

function wordsOfMeasure(words: string): string {
  // A data set may be called by a word that there is a translation of.
  const [, images, name] = /^against ([\d,]+ [a-z -]+) of (.+)$/.exec(words) ?? [];
  if (images !== undefined) return say('against {0} of {1}', [images, name]);
  return translated(sayCount(words));
}

/** What is made of each; the array itself where nothing is another. */
function changed(parts: unknown[], make: (part: unknown, at: number) => unknown): unknown[] {
  const made = parts.map(make);
  return made.every((part, at) => Object.is(part, parts[at])) ? parts : made;
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** A phase that is told in words begins with a capital; others are codes. */
const isSentence = (value: unknown): boolean => typeof value === 'string' && /^\p{Lu}/u.test(value);

function spoken(value: unknown): unknown {
  if (typeof value === 'string') return translated(value);
  if (Array.isArray(value)) return changed(value, spoken);
  return walked(value);
}
