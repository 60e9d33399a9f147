/** An npz file: several arrays in a zip archive, some of them images. */
import { UserError } from '../../errors.ts';
import { arraySource, describeArrays, type ImageArray } from './array-images.ts';
import { heldOutRemarks, testFilesAmong } from './benchmark-split.ts';
import { type FileBytes, stretchOf } from './bytes.ts';
import { type Labels, namesOf, unlabelledIn } from './labels.ts';
import { layoutOf, refuseOneImage } from './layout.ts';
import { numberType } from './npy.ts';
import { chooseImages, findLabels } from './npz-choice.ts';
import { withClassNames, withHeldOut } from './npz-export.ts';
import { checkSize, headerOf, type Member, openData, readMember, STORED } from './npz-members.ts';
import { numberImages } from './number-array.ts';
import type { ImageSource, SourceRequest } from './source.ts';
import { guessRanges, type LaidOutArray, readAs } from './value-range.ts';
import { listOf, notLabels } from './words.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';

/** True for the entries of an npz file: npy files, none in a folder. */
export function isNpz(entries: readonly Pick<ZipEntry, 'name'>[]): boolean {
  return entries.length > 0 && entries.every(({ name }) => /^[^/]+\.npy$/.test(name));
}

/**
 * The images of an npz file. Which arrays are images and which their labels is guessed by names (`x_train` and `y_train`,
 * `images` and `labels`) and shapes; arrays whose names differ in `train`, `test` or `val` only are taken together.
 *
 * @param file taken over: closed with the source, and when opening fails
 * @param request `imagesKey`, `labelsKey`, `layout`; `labelsPath` null for no labels
 * @throws UserError in one sentence
 */
export async function openNpz(
  file: FileBytes,
  request: Pick<SourceRequest, 'imagesKey' | 'labelsKey' | 'layout' | 'labelsPath'>,
  signal?: AbortSignal,
): Promise<ImageSource> {
  try {
    const members: Member[] = [];
    const { entries, remarks } = await readZipDirectory(file, signal);
    for (const entry of entries) {
      if (entry.isFolder) continue;
      const member = await readMember(file, entry);
      if (members.some(({ key }) => key === member.key)) {
        throw new UserError(`${file.name} has two arrays called "${member.key}"; save it with numpy.savez.`, {
          code: 'unreadable',
          file: file.name,
        });
      }
      members.push(member);
    }
    const readable = members.map((member) => ({ ...member, open: () => openData(file, member) }));
    let classOrder: readonly string[] | null = null;
    const images = chooseImages(file.name, members, request);
    const found: LaidOutArray[] = [];
    const labels: (Labels | null)[] = [];
    const labelKeys: string[] = [];
    const unfit = new Map<string, string>();
    for (const member of images) {
      const header = headerOf(member);
      const layout = layoutOf(header.shape, request.layout, member.name);
      const itsLabels = await findLabels(file, member, layout.count, { members, images }, request, unfit);
      if (itsLabels !== null) labelKeys.push(itsLabels.key);
      else if (images.length === 1) refuseOneImage(header.shape, request.layout, member.name);
      const named = itsLabels && (await withClassNames(itsLabels.labels, readable));
      if (named) classOrder = named.names;
      labels.push(named?.labels ?? itsLabels?.labels ?? null);
      const { entry, start } = member;
      const random =
        entry.method === STORED ? stretchOf(file, start + header.headerBytes, start + entry.size) : null;
      const array = {
        data: {
          name: member.name,
          shortName: member.key,
          random,
          open: () => openData(file, member),
          mayHoldMore: random === null,
        },
        type: numberType(header, member.name),
        shape: header.shape,
        fortran: header.fortran,
      };
      checkSize(member, header);
      found.push({ array, layout });
    }
    const ranges = await guessRanges(found, signal);
    const numbered = found.map(({ array, layout }, i) => numberImages(array, layout, ranges[i]!, labels[i]!));
    const test = testFilesAmong(images.map(({ key }) => key));
    const arrays: ImageArray[] =
      numbered.length === 1
        ? [await withHeldOut(numbered[0]!, readable)]
        : numbered.map((array, i) => Object.assign(array, { heldOut: test.has(images[i]!.key) }));
    const testCount = arrays.reduce((sum, { heldOut, count }) => sum + (heldOut === true ? count : 0), 0);
    const known = namesOf(labels);
    const classNames = known === null ? null : inOrder(known, classOrder);
    const unlabelled = unlabelledIn(
      labels,
      arrays.map(({ count }) => count),
    );
    const left = [...unfit].filter(([key]) => !labelKeys.includes(key));
    const from = labelKeys.length === 0 ? '' : ` from ${listOf(labelKeys)}`;
    const unfitWords = left.map(([key, reason]) => notLabels('array', key, reason)).join('');
    const keys = listOf(images.map((member) => member.key));
    const what = describeArrays(arrays, classNames, unlabelled, from).replace(
      ' pixels',
      ` pixels in ${keys}`,
    );
    const about = {
      ...({ kind: 'npz', classNames, unlabelled } as const),
      get description() {
        const words = new Set(found.map(({ layout }, i) => readAs(layout, ranges[i]!)));
        return `An npz file with ${what}${unfitWords}, read as ${[...words].join(' and ')}.`;
      },
    };
    return Object.assign(
      arraySource(about, arrays, () => file.close()),
      { remarks: () => [...remarks, ...heldOutRemarks([...test], testCount)] },
    );
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Names in the order that the file has for them. */
function inOrder(names: readonly string[], order: readonly string[] | null): readonly string[] {
  if (order === null) return names;
  const known = new Set(names);
  return [...order.filter((name) => known.has(name)), ...names.filter((name) => !order.includes(name))];
}
