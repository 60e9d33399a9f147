import { sentenceOf, UserError } from '../../errors.ts';
import { errorCode } from '../../files.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import type { SourceItem } from '../readers/source.ts';
import type { Input } from './batch.ts';

/** What the pool takes of an item where that needs no reading: pixels, and files, which the pool reads itself. */
export function readyInput({ content }: SourceItem): Input | null {
  if (content.kind === 'raw') return content;
  return content.path === undefined ? null : { kind: 'file', path: content.path };
}

/** What the pool takes of an item, or why it must be left out. */
export async function readItem(item: SourceItem): Promise<Input | { reason: string }> {
  const { content } = item;
  const ready = readyInput(item);
  if (ready !== null) return ready;
  if (content.kind === 'raw') return content;
  try {
    return { kind: 'encoded', bytes: await content.read() };
  } catch (error) {
    // An entry that vanished or cannot be read is one image less; anything else is a defect.
    const isKnown = error instanceof UnusableImage || error instanceof UserError || errorCode(error) !== null;
    if (!isKnown) throw error;
    return { reason: sentenceOf(error) };
  }
}
