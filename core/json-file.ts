import fs from 'node:fs/promises';
import * as v from 'valibot';
import { UserError } from './errors.ts';
import { readProblem } from './files.ts';

type AnySchema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/**
 * Reads a JSON file and checks it against a schema.
 *
 * @throws UserError with one sentence: the file, the key and what is wrong with it
 */
export async function parseJsonFile<S extends AnySchema>(schema: S, file: string): Promise<v.InferOutput<S>> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    throw readProblem(error, file);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file} is not valid JSON (${reason}).`);
  }
  return checkValue(schema, value, file);
}

/**
 * Checks a value against a schema.
 *
 * @param label what the value is called in the sentence, a file name for instance
 * @throws UserError with one sentence naming the key
 */
export function checkValue<S extends AnySchema>(schema: S, value: unknown, label: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  // A misspelt key gives two issues, one for the missing key and one for the unknown; the latter is what the file shows.
  const issues = [...result.issues].sort((a, b) => Number(isUnknownKey(b)) - Number(isUnknownKey(a)));
  const first = issues[0] ?? result.issues[0];
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new UserError(`${label}: ${describeIssue(first)}${more}.`);
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** One of valibot's issues in words: `key "training.steps" must be a number, not "abc"`. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const subject = path === null ? 'the content' : `key "${path}"`;
  if (isUnknownKey(issue)) return `${subject} is not known`;
  if (/^(strict_|loose_)?object$/.test(issue.type) && issue.received === 'undefined' && path !== null) {
    return `${subject} is missing`;
  }
  if (path === 'version' && issue.type === 'literal' && Number(issue.received) > Number(issue.expected)) {
    return `version ${issue.received} is newer than this program can read (${issue.expected})`;
  }
  switch (issue.type) {
    case 'integer':
    case 'safe_integer':
      return `${subject} must be a whole number, not ${issue.received}`;
    case 'finite':
      return `${subject} must be a finite number, not ${issue.received}`;
    case 'min_value':
      return `${subject} must be at least ${bare(issue.expected)}, not ${issue.received}`;
    case 'max_value':
      return `${subject} must be at most ${bare(issue.expected)}, not ${issue.received}`;
    case 'gt_value':
      return `${subject} must be greater than ${bare(issue.expected)}, not ${issue.received}`;
    case 'lt_value':
      return `${subject} must be less than ${bare(issue.expected)}, not ${issue.received}`;
    case 'multiple_of':
      return `${subject} must be a multiple of ${bare(issue.expected)}, not ${issue.received}`;
    case 'min_length':
      return `${subject} must have a length of at least ${bare(issue.expected)}, not ${issue.received}`;
    case 'max_length':
      return `${subject} must have a length of at most ${bare(issue.expected)}, not ${issue.received}`;
    case 'iso_timestamp':
      return `${subject} must be a date and time such as 2025-01-31T12:00:00.000Z, not ${issue.received}`;
    case 'regex':
    case 'check':
      // A schema's own message is a sentence already; valibot's default begins with "Invalid".
      if (!issue.message.startsWith('Invalid')) {
        return path === null ? issue.message : `${subject}: ${issue.message}`;
      }
      return `${subject} must match ${issue.expected}, not ${issue.received}`;
    default:
      return `${subject} must be ${alternatives(issue.expected)}, not ${issue.received}`;
  }
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
