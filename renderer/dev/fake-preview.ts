/** What an import made-up finds before it begins. */
import type { PixelParams, PixelResult } from '../../main/ipc/contract.ts';
import { batchOf, DIGITS, fakeImage } from './fake-images.ts';

/** What would be imported. Throws for paths with “bad” in them. */
export function fakePreview({
  request,
  settings,
  count,
}: PixelParams<'import.preview'>): PixelResult<'import.preview'> {
  if (request.paths.some((path) => path.includes('bad')))
    throw new Error(`${request.paths[0]} is empty; choose a folder with images.`);
  const isSample = request.kind === 'sample';
  const size = settings.size ?? (isSample ? 28 : 32);
  const channels = settings.channels ?? (isSample ? 1 : 3);
  const shown = Math.min(count, request.kind === 'files' ? request.paths.length : count);
  const classes = isSample ? DIGITS : ['boats', 'people', 'sky', 'water'];
  return {
    pixels: batchOf(shown, size, channels, (index) => fakeImage(index * 31, size, channels)),
    preview: {
      kind: request.kind ?? (request.paths[0]?.endsWith('.zip') ? 'zip' : 'folder'),
      description: isSample
        ? 'The sample: 10,000 handwritten digits of 28 × 28 pixels, a part of MNIST.'
        : `${request.paths[0]?.endsWith('.zip') ? 'A zip archive' : 'A folder'} with 24,000 JPEG images in 4 sub-folders.`,
      total: isSample ? 10_000 : 24_000,
      classes: classes.map((name, index) => ({ name, count: isSample ? 1_000 : 5_000 + 700 * index })),
      unlabelled: 0,
      rivals: [],
      settings: { ...settings, size, channels },
      images: [
        ...Array.from({ length: shown }, (_, index) => ({
          file: `${classes[index % classes.length]}/IMG_${1000 + index * 31}.jpeg`,
          className: classes[index % classes.length] ?? null,
          width: isSample ? 28 : 4000 - (index % 3) * 300,
          height: isSample ? 28 : 3000,
          index,
          reason: null,
        })),
        ...(isSample
          ? []
          : [
              {
                file: 'boats/notes.jpeg',
                className: null,
                width: null,
                height: null,
                index: null,
                reason: 'not an image',
              },
            ]),
      ],
      warnings: isSample ? [] : ['12 images have 2 pixels fewer than the size asked for and are enlarged.'],
      flip: isSample
        ? { suits: false, reason: 'Mirrored digits would be other signs.' }
        : { suits: true, reason: 'Mirrored, these images look like the others.' },
    },
  };
}
