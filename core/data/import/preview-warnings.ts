/** What one should know before importing, from a look at some of the images. */
import type { Form } from './form.ts';
import type { ImportSettings } from './settings.ts';
import { countOf, plural } from '../../words.ts';

/** A share of an image that one would miss. */
const MUCH = 1 / 3;
/** Most networks halve the image twice. */
const HALVED = 4;

/** One image of the preview: its size in the source, and its place among those that would be imported. */
interface LookedAt {
  index: number | null;
  width: number | null;
  height: number | null;
}

/** What becomes of the classes where they are not kept as they are. */
export function classWarnings(
  classes: readonly { name: string }[] | null,
  unlabelled: number | null,
  { classMap }: Pick<ImportSettings, 'classMap'>,
): string[] {
  const names = new Set(
    classes?.map(({ name }) => (classMap && Object.hasOwn(classMap, name) ? classMap[name] : name)) ?? [],
  );
  names.delete(null);
  const [only] = names;
  if (names.size !== 1 || unlabelled !== 0) return [];
  return [`All images are of the class "${only!}", so there is nothing to tell apart and no class is kept.`];
}

/** One sentence each; none when there is nothing to say. */
export function warningsOf(
  images: readonly LookedAt[],
  { fit }: Pick<ImportSettings, 'fit'>,
  { size }: Form,
): string[] {
  const sizes = images.flatMap(({ index, width, height }) =>
    index === null || width === null || height === null ? [] : [{ width, height }],
  );
  const shorter = (image: { width: number; height: number }): number => Math.min(image.width, image.height);
  const longer = (image: { width: number; height: number }): number => Math.max(image.width, image.height);
  const enlarged = sizes.filter((image) => (fit === 'crop' ? shorter(image) : longer(image)) < size).length;
  const uneven = sizes.filter((image) => 1 - shorter(image) / longer(image) >= MUCH).length;
  const of = (count: number): string => `${count} of the ${countOf(sizes.length, 'image')} looked at`;
  const warnings: string[] = [];
  if (size % HALVED !== 0) {
    const below = size - (size % HALVED);
    warnings.push(
      `Most networks halve the images twice, which ${size} pixels do not allow; ${below} or ${below + HALVED} do.`,
    );
  }
  if (enlarged > 0) {
    const are = plural(enlarged, 'is', 'are');
    warnings.push(`${of(enlarged)} ${are} smaller than ${size} pixels and would be enlarged.`);
  }
  if (uneven > 0 && fit === 'crop') {
    warnings.push(`Cutting out the middle loses a third of the image or more in ${of(uneven)}.`);
  }
  if (uneven > 0 && fit === 'stretch') {
    warnings.push(`${of(uneven)} would be distorted by half or more.`);
  }
  return warnings;
}
