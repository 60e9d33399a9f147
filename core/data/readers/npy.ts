/** An npy file: one array of images. */
import path from 'node:path';
import { elementCount } from '../../shape.ts';
import { UserError } from '../../errors.ts';
import { exists } from '../../files.ts';
import { arraySource, describeArrays } from './array-images.ts';
import { openFileBytes, streamOf, stretchOf } from './bytes.ts';
import { labelNamesFor, readLabelArray } from './label-array.ts';
import { type Labels, namesOf, unlabelledIn } from './labels.ts';
import { layoutOf, refuseOneImage } from './layout.ts';
import { type NpyHeader, readNpyHeader } from './npy-header.ts';
import { numberImages } from './number-array.ts';
import type { NumberType } from './numbers.ts';
import type { ImageSource, SourceRequest } from './source.ts';
import { guessRanges, readAs } from './value-range.ts';
import { countOf } from './words.ts';

/** @throws UserError when the array holds texts */
export function numberType({ type }: Pick<NpyHeader, 'type'>, name: string): NumberType {
  if (type.kind === 'S' || type.kind === 'U') {
    throw new UserError(`${name} holds texts, not images; choose the array of images.`, {
      code: 'unreadable',
      file: name,
    });
  }
  return type;
}

/**
 * The images of an npy file, with labels from the npy file beside it that its name leads to (`x_train.npy` and
 * `y_train.npy`, `images.npy` and `labels.npy`).
 *
 * @param request `layout`, `labelsPath`
 * @throws UserError in one sentence
 */
export async function openNpy(
  name: string,
  request: Pick<SourceRequest, 'layout' | 'labelsPath'>,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const file = await openFileBytes(name);
  try {
    const header = await readNpyHeader(streamOf(file), file.name);
    const type = numberType(header, file.name);
    const layout = layoutOf(header.shape, request.layout, file.name);
    checkSize(file.name, file.size, header);
    const random = stretchOf(file, header.headerBytes, file.size);
    const array = {
      data: {
        name: file.name,
        shortName: path.basename(file.name),
        random,
        open: async () => streamOf(random),
        mayHoldMore: false,
      },
      type,
      shape: header.shape,
      fortran: header.fortran,
    };
    const labelsPath = request.labelsPath === undefined ? await labelsBeside(file.name) : request.labelsPath;
    const labels = labelsPath === null ? null : await readLabelFile(labelsPath, layout.count);
    if (labels === null) refuseOneImage(header.shape, request.layout, file.name);
    const [range] = await guessRanges([{ array, layout }], signal);
    const images = numberImages(array, layout, range!, labels);
    const from = labelsPath === null ? '' : ` from ${path.basename(labelsPath)}`;
    const classNames = labels && namesOf([labels]);
    const unlabelled = unlabelledIn([labels], [layout.count]);
    const about = {
      ...({ kind: 'npy', classNames, unlabelled } as const),
      get description() {
        const what = describeArrays([images], classNames, unlabelled, from);
        return `An npy file with ${what}, read as ${readAs(layout, range!)}.`;
      },
    };
    return arraySource(about, [images], () => file.close());
  } catch (error) {
    await file.close();
    throw error;
  }
}

function checkSize(name: string, size: number, { shape, type, headerBytes }: NpyHeader): void {
  const wanted = type.size * elementCount(shape) + headerBytes;
  if (size === wanted) return;
  const told = `its header says ${countOf(wanted, 'byte')}, but it has ${countOf(size, 'byte')}`;
  throw new UserError(
    size < wanted
      ? `${name} is cut off: ${told}; copy or download it again.`
      : `${name} is damaged: ${told}; copy or download it again.`,
  );
}

async function labelsBeside(file: string): Promise<string | null> {
  for (const name of labelNamesFor(path.basename(file, path.extname(file)))) {
    const beside = path.join(path.dirname(file), `${name}${path.extname(file)}`);
    if (await exists(beside)) return beside;
  }
  return null;
}

async function readLabelFile(name: string, count: number): Promise<Labels> {
  const file = await openFileBytes(name);
  try {
    const stream = streamOf(file);
    const header = await readNpyHeader(stream, file.name);
    checkSize(file.name, file.size, header);
    return await readLabelArray(header, stream, count, file.name);
  } finally {
    await file.close();
  }
}
