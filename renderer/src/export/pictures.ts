/** Single pictures: which one is under the pointer, and its pixels. */
import type { Attachment } from 'svelte/attachments';
import type { Picture } from '../../../main/ipc/contract.ts';
import type { ImageSource } from '../images/source.ts';
import type { Studio } from '../studio.ts';

/** A picture that is seen somewhere. */
export interface SeenPicture {
  source: ImageSource;
  index: number;
  /** What it shows, which its file is called after. */
  name: string;
}

const seen = new WeakMap<Element, (event: MouseEvent) => SeenPicture | null>();

/** Says which picture an element shows under the pointer, so that it can be saved and copied from there. */
export function offersPicture(at: (event: MouseEvent) => SeenPicture | null): Attachment {
  return (element) => {
    seen.set(element, at);
    return () => seen.delete(element);
  };
}

/** The picture under the pointer; null where there is none. */
export function pictureUnder(event: MouseEvent): SeenPicture | null {
  for (let element = event.target; element instanceof Element; element = element.parentElement) {
    const found = seen.get(element)?.(event);
    if (found) return found;
  }
  return null;
}

/** Its pixels, grey where all of them are. @returns null while they are not here yet */
export function pixelsOf({ source, index }: SeenPicture): Picture | null {
  const { side } = source;
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null || !source.draw(context, index, 0, 0, side)) return null;
  const { data: rgba } = context.getImageData(0, 0, side, side);
  const count = side * side;
  let grey = true;
  for (let i = 0; i < count && grey; i++) {
    grey = rgba[4 * i] === rgba[4 * i + 1] && rgba[4 * i] === rgba[4 * i + 2];
  }
  const channels = grey ? 1 : 3;
  const data = new Uint8Array(count * channels);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) data[i * channels + c] = rgba[4 * i + c] ?? 0;
  }
  return { height: side, width: side, channels, data, origin: source.origin?.(index) ?? null };
}

/** Asks where, and saves. */
export function savePicture({ bridge, notices, fail }: Studio, seenPicture: SeenPicture): Promise<void> {
  return withPixels(seenPicture, fail, async (picture) => {
    const name = seenPicture.name
      .replace(/[^\w.-]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 100);
    const saved = await bridge.call('pictures.save', { picture, name: name || 'picture' });
    if (saved) notices.done(`The picture is written to ${saved.path}.`, saved.path);
  });
}

export function copyPicture({ bridge, notices, fail }: Studio, seenPicture: SeenPicture): Promise<void> {
  return withPixels(seenPicture, fail, async (picture) => {
    await bridge.call('pictures.copy', { picture });
    notices.done('The picture is in the clipboard.');
  });
}

async function withPixels(
  seenPicture: SeenPicture,
  fail: Studio['fail'],
  use: (picture: NonNullable<ReturnType<typeof pixelsOf>>) => Promise<void>,
): Promise<void> {
  try {
    const picture = pixelsOf(seenPicture);
    if (picture !== null) await use(picture);
  } catch (error) {
    fail(error);
  }
}
