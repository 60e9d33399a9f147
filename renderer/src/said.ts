/** What main answers and tells, with its sentences in the language of the window. */
import { language } from '../../text/language.ts';
import { sayCount } from '../../text/say.ts';
import { translated } from '../../text/translated.ts';

/** What the fields of the contract are called that hold sentences for people, or lists of such. */
const SENTENCES: ReadonlySet<string> = new Set([
  ...['message', 'brief', 'problem', 'problems', 'damage', 'detail', 'reason', 'advice', 'text', 'sentence'],
  ...['remarks', 'warnings', 'description', 'title', 'startedFrom', 'protocol', 'damaged'],
]);

/**
 * A copy with every sentence translated; the value itself where nothing is to be done. Names and paths stay as they are.
 */
export function said<T>(value: T): T {
  return language() === 'en' ? value : (walked(value) as T);
}

function walked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(walked);
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  const entries = Object.entries(value);
  // An alarm's name is a sentence; other names are people's own.
  const alarm = 'advice' in value && 'bound' in value;
  return Object.fromEntries(
    entries.map(([key, part]: [string, unknown]) => [
      key,
      // The machine: its name, and what it has.
      key === 'device' && typeof part === 'string'
        ? part.split(', ').map(sayCount).join(', ')
        : SENTENCES.has(key) || (alarm && key === 'name') || (key === 'phase' && isSentence(part))
          ? spoken(part)
          : walked(part),
    ]),
  );
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** A phase that is told in words begins with a capital; others are codes. */
const isSentence = (value: unknown): boolean => typeof value === 'string' && /^\p{Lu}/u.test(value);

function spoken(value: unknown): unknown {
  if (typeof value === 'string') return translated(value);
  if (Array.isArray(value)) return value.map(spoken);
  return walked(value);
}
