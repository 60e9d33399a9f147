import * as v from 'valibot';
import { type ErrorFacts, sentenceOf, UserError } from './errors.ts';
import { readProblem } from './files.ts';
import { readText } from './read-file.ts';

const LONGEST_QUOTE = 100;

type AnySchema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/**
 * Reads a JSON file and checks it against a schema.
 *
 * @throws UserError with one sentence: the file, the key and what is wrong with it
 */
export async function parseJsonFile<S extends AnySchema>(schema: S, file: string): Promise<v.InferOutput<S>> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    throw readProblem(error, file);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is not valid JSON (${sentenceOf(error)}).`, {
      code: 'unreadable',
      file,
      cause: error,
    });
  }
  return checkValue(schema, value, file, { code: 'unreadable', file });
}

/**
 * Checks a value against a schema.
 *
 * @param label what the value is called in the sentence, a file name for instance
 * @param facts what machines are told besides the key
 * @throws UserError with one sentence naming the key
 */
export function checkValue<S extends AnySchema>(
  schema: S,
  value: unknown,
  label: string,
  facts: Pick<ErrorFacts, 'code' | 'file'> = {},
): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  // A misspelt key gives two issues, one for the missing key and one for the unknown; the latter is what the file shows.
  const issues = [...result.issues].sort((a, b) => Number(isUnknownKey(b)) - Number(isUnknownKey(a)));
  const first = issues[0] ?? result.issues[0];
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  const key = v.getDotPath(first);
  throw new UserError(`${label}: ${describeIssue(first)}${more}.`, {
    ...facts,
    ...(key !== null && { key }),
    brief: `${clauseOf(first)}${more}.`,
  });
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** One of valibot's issues in words: `key "training.steps" must be a number, not "abc"`. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const clause = clauseOf(issue);
  // What a schema says itself of the whole is a sentence already.
  if (path === null) return ownWords(issue) === null ? `the content ${clause}` : clause;
  if (isNewerVersion(issue)) return clause;
  return ownWords(issue) === null
    ? `key "${shortened(path)}" ${clause}`
    : `key "${shortened(path)}": ${clause}`;
}

/** What is wrong, without the key. */
function clauseOf(issue: v.BaseIssue<unknown>): string {
  if (isUnknownKey(issue)) return 'is not known';
  if (isNewerVersion(issue)) {
    return `version ${issue.received} is newer than this program can read (${issue.expected})`;
  }
  // JSON itself has no such value.
  if (issue.received === 'undefined') return 'is missing';
  const received = shortened(issue.received);
  switch (issue.type) {
    case 'integer':
    case 'safe_integer':
      return `must be a whole number, not ${received}`;
    case 'finite':
      return `must be a finite number, not ${received}`;
    case 'min_value':
      return `must be at least ${bare(issue.expected)}, not ${received}`;
    case 'max_value':
      return `must be at most ${bare(issue.expected)}, not ${received}`;
    case 'gt_value':
      return `must be greater than ${bare(issue.expected)}, not ${received}`;
    case 'lt_value':
      return `must be less than ${bare(issue.expected)}, not ${received}`;
    case 'multiple_of':
      return `must be a multiple of ${bare(issue.expected)}, not ${received}`;
    case 'min_length':
      return `must have a length of at least ${bare(issue.expected)}, not ${received}`;
    case 'max_length':
      return `must have a length of at most ${bare(issue.expected)}, not ${received}`;
    case 'iso_timestamp':
      return `must be a date and time such as 2025-01-31T12:00:00.000Z, not ${received}`;
    case 'regex':
    case 'check':
      return ownWords(issue) ?? `must match ${issue.expected}, not ${received}`;
    default:
      return `must be ${alternatives(issue.expected)}, not ${received}`;
  }
}

/** A schema's own message; null where it has none: valibot's default begins with "Invalid". */
function ownWords({ type, message }: v.BaseIssue<unknown>): string | null {
  return (type === 'regex' || type === 'check') && !message.startsWith('Invalid') ? message : null;
}

function isNewerVersion(issue: v.BaseIssue<unknown>): boolean {
  return (
    v.getDotPath(issue) === 'version' &&
    issue.type === 'literal' &&
    Number(issue.received) > Number(issue.expected)
  );
}

/** As much of a text of a file as fits into a sentence. */
function shortened(text: string): string {
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE - 1)}…`;
}

/** `>=1` → `1` */
function bare(expected: string | null): string {
  return (expected ?? '').replace(/^[<>=%!]+/, '');
}

/** `("exp" | "none")` → `"exp" or "none"` */
function alternatives(expected: string | null): string {
  return (expected ?? 'something else')
    .replace(/^\((.*)\)$/, '$1')
    .replaceAll(' | ', ' or ')
    .replace(/\bArray\b/, 'a list')
    .replace(/\bObject\b/, 'an object')
    .replace(/^(number|string|boolean)\b/, 'a $1');
}
