/** How measurements are kept: JSON that ends with the hash of what it says, so that damage is noticed. */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { parseJsonFile } from '../../json-file.ts';

/** The text of a file with measurements. */
export function keptText(value: object): string {
  return JSON.stringify({ ...value, sha256: hashOf(value) }) + '\n';
}

/**
 * Reads what `keptText` made.
 *
 * @returns null when it is missing, damaged or of another form, or when its hash is missing
 */
export async function readKept<S extends v.GenericSchema>(
  schema: S,
  file: string,
): Promise<v.InferOutput<S> | null> {
  try {
    const { sha256, ...value } = await parseJsonFile(v.looseObject({ sha256: v.string() }), file);
    return sha256 === hashOf(value) ? v.parse(schema, value) : null;
  } catch (error) {
    if (error instanceof UserError || v.isValiError(error)) return null;
    throw error;
  }
}

/** The order of keys outlives JSON. */
function hashOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
