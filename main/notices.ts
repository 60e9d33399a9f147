/** The notices that the build writes: what ships with the application, and under which licences. */
import * as v from 'valibot';
import { parseJsonFile } from '../core/json-file.ts';

const NoticesSchema = v.object({
  parts: v.array(
    v.object({
      name: v.string(),
      version: v.string(),
      licence: v.string(),
      homepage: v.optional(v.string()),
      note: v.optional(v.string()),
      /** Index into `texts`. */
      text: v.pipe(v.number(), v.integer(), v.minValue(0)),
    }),
  ),
  texts: v.array(v.string()),
});

/** A part of what ships. */
export interface Notice {
  name: string;
  /** Empty where it has none of its own. */
  version: string;
  licence: string;
  homepage: string | null;
  note: string | null;
  text: string;
}

/**
 * Reads `notices.json`; the application itself comes first.
 *
 * @throws UserError when it is damaged
 */
export async function readNotices(file: string): Promise<Notice[]> {
  const { parts, texts } = await parseJsonFile(NoticesSchema, file);
  return parts.map(({ text, homepage, note, ...part }) => ({
    ...part,
    homepage: homepage ?? null,
    note: note ?? null,
    text: texts[text] ?? '',
  }));
}
