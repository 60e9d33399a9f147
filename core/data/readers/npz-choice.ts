/** Which arrays of an npz file are images, and which are their labels: guessed by names and shapes. */
import { UserError } from '../../errors.ts';
import type { FileBytes } from './bytes.ts';
import { canBeLabels, labelNamesFor, readLabelArray } from './label-array.ts';
import type { Labels } from './labels.ts';
import { guessLayout, layoutOf } from './layout.ts';
import { HELD_OUT_KEY } from './npz-export.ts';
import { headerOf, type Member, memberOf, openData } from './npz-members.ts';
import type { SourceRequest } from './source.ts';
import { Unreadable } from './unreadable.ts';
import { countOf, listOf } from './words.ts';

const SPLIT = /(^|[^a-z])(train(?:ing)?|valid(?:ation)?|val|dev|test(?:ing)?)(?=$|[^a-z])/i;
const STEMS = ['images', 'image', 'imgs', 'img', 'x', 'data', 'pixels', 'arr_0'];

/** `x_train` → `x`; arrays of one stem belong together. */
function stemOf(key: string): string {
  return key
    .toLowerCase()
    .replace(SPLIT, '$1')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, '');
}

function splitOrder(key: string): number {
  const split = SPLIT.exec(key)?.[2]?.toLowerCase() ?? 'train';
  return split.startsWith('train') ? 0 : split.startsWith('test') ? 2 : 1;
}

/**
 * The arrays with the images: the one asked for, else those of one stem whose name or size speaks most for it, parts
 * for training first.
 *
 * @param file its name, for sentences
 * @throws UserError when none can be
 */
export function chooseImages(
  file: string,
  members: readonly Member[],
  request: Pick<SourceRequest, 'imagesKey' | 'layout'>,
): Member[] {
  const keys = listOf(members.map(({ key }) => key));
  if (request.imagesKey !== undefined) return [memberOf(file, members, request.imagesKey)];
  const statistics = frechetStatistics(members);
  const candidates = members.filter((member) => {
    const { header } = member;
    if (
      statistics.includes(member) ||
      header === null ||
      header.type.kind === 'S' ||
      header.type.kind === 'U'
    )
      return false;
    const layout = guessLayout(header.shape, request.layout);
    return layout !== null && (header.shape.length > 2 || !layout.single) && layout.count > 0;
  });
  const problem = members.find((member) => member.problem !== null)?.problem;
  if (candidates.length === 0) {
    if (statistics.length > 0) {
      throw new UserError(
        `${file} holds statistics of images for a Fréchet distance (mu and sigma), not images; choose the images that they were made of.`,
        { code: 'unreadable', file: file },
      );
    }
    const empty = members.find(({ header }) => header !== null && header.shape.includes(0));
    if (problem === undefined && empty !== undefined) {
      layoutOf(headerOf(empty).shape, request.layout, empty.name);
    }
    // An array that was refused may well be the one with the images.
    throw (
      problem ??
      new UserError(`${file} has no array of images among ${keys}; images need N×H×W, N×H×W×C or N×C×H×W.`, {
        code: 'unreadable',
        file: file,
      })
    );
  }
  const groups = new Map<string, Member[]>();
  for (const member of candidates) {
    const stem = stemOf(member.key);
    groups.set(stem, [...(groups.get(stem) ?? []), member]);
  }
  const rank = (stem: string): number => (STEMS.includes(stem) ? STEMS.indexOf(stem) : STEMS.length);
  const bytes = (group: readonly Member[]): number => group.reduce((sum, { entry }) => sum + entry.size, 0);
  const [best] = [...groups].sort(([a, one], [b, other]) => rank(a) - rank(b) || bytes(other) - bytes(one));
  return best![1].sort((a, b) => splitOrder(a.key) - splitOrder(b.key));
}

/** Mean and covariance of features, as tools that measure the FID keep them; none when these are not they. */
function frechetStatistics(members: readonly Member[]): readonly Member[] {
  const shapeOf = (key: string): readonly number[] =>
    members.find((member) => member.key === key)?.header?.shape ?? [];
  const [features, ...more] = shapeOf('mu');
  const isSquare = shapeOf('sigma').length === 2 && shapeOf('sigma').every((size) => size === features);
  if (features === undefined || more.length > 0 || !isSquare) return [];
  return members.filter(({ key }) => key === 'mu' || key === 'sigma');
}

/** What labels are called where the name of the images says nothing. */
const LABEL_STEMS = ['labels', 'label', 'targets', 'target', 'classes', 'class', 'y'];

const UNREADABLE = 'it cannot be read';

/**
 * The labels of an array of images: those asked for, else those that its name leads to, else those of a usual name, else
 * the only list of whole numbers that fits.
 *
 * @param unfit gets the arrays that are called like labels but are none, with the reason
 * @throws UserError when those asked for, or those that its name leads to and that are called labels, do not fit
 */
export async function findLabels(
  file: FileBytes,
  member: Member,
  count: number,
  { members, images }: { members: readonly Member[]; images: readonly Member[] },
  request: Pick<SourceRequest, 'labelsKey' | 'labelsPath'>,
  unfit: Map<string, string>,
): Promise<{ key: string; labels: Labels } | null> {
  const read = async (from: Member): Promise<{ key: string; labels: Labels }> => ({
    key: from.key,
    labels: await readLabels(file, from, count),
  });
  if (request.labelsKey !== undefined) return read(memberOf(file.name, members, request.labelsKey));
  if (request.labelsPath === null) return null;
  const fits = ({ header }: Member): boolean => header !== null && canBeLabels(header, count);
  const others = members.filter((other) => !images.includes(other) && other.key !== HELD_OUT_KEY);
  const named = labelNamesFor(member.key)
    .map((name) => others.find(({ key }) => key === name))
    .find((other) => other !== undefined);
  // Anything may be called `y`.
  const mustFit = named !== undefined && /label|target|class/i.test(named.key);
  const usual = others
    .filter(({ key }) => LABEL_STEMS.includes(stemOf(key)))
    .filter(({ key }) => images.length === 1 || splitOrder(key) === splitOrder(member.key))
    .sort((a, b) => LABEL_STEMS.indexOf(stemOf(a.key)) - LABEL_STEMS.indexOf(stemOf(b.key)));
  for (const candidate of new Set([...(named === undefined ? [] : [named]), ...usual])) {
    if (candidate === named && mustFit) return read(candidate);
    try {
      if (fits(candidate)) return await read(candidate);
      unfit.set(candidate.key, misfit(candidate, count));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unfit.set(candidate.key, error instanceof Unreadable ? `it ${error.reason}` : UNREADABLE);
    }
  }
  const whole = others.filter(
    (other) => fits(other) && other.header!.shape.length === 1 && other.header!.type.kind !== 'f',
  );
  return whole.length === 1 ? read(whole[0]!) : null;
}

function misfit({ header }: Member, count: number): string {
  if (header === null) return UNREADABLE;
  return `its shape is ${header.shape.join(' × ') || 'that of one number'}, but there are ${countOf(count, 'image')}`;
}

async function readLabels(file: FileBytes, member: Member, count: number): Promise<Labels> {
  const header = headerOf(member);
  const stream = await openData(file, member);
  try {
    return await readLabelArray(header, stream, count, member.name);
  } finally {
    await stream.close();
  }
}
