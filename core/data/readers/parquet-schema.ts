/** Which columns of a Parquet file hold images and labels. */
import type { SchemaTree } from 'hyparquet';
import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { LABEL_NAMES } from './labels.ts';
import type { ParquetFile } from './parquet-column.ts';
import type { SourceRequest } from './source.ts';
import { listOf } from './words.ts';

export interface ParquetColumns {
  /** The column with the bytes of image files. */
  image: { name: string; bytes: string[]; path: string[] | null };
  /** The column with labels, with its class names when the file holds them. */
  label: { name: string; path: string[]; names: readonly string[] | null } | null;
  /** A column that is called as one of labels is, but holds none. */
  unfit: { name: string; reason: string } | null;
}

/** What a column of labels holds. */
export const LABEL_VALUES = 'whole numbers or texts';

/** What the Hugging Face library writes into a file of what its columns are. */
const HuggingFaceSchema = v.object({
  info: v.object({
    features: v.record(
      v.string(),
      v.looseObject({ _type: v.optional(v.string()), names: v.optional(v.array(v.string())) }),
    ),
  }),
});
type Features = v.InferOutput<typeof HuggingFaceSchema>['info']['features'];

/** Fractions may hold whole numbers all the same. */
const NUMBERS = ['INT32', 'INT64', 'BOOLEAN', 'FLOAT', 'DOUBLE'];

/**
 * Finds the columns by what the Hugging Face library wrote into the file, else by their types and names: images are
 * bytes, alone or as `bytes` beside a `path`; labels are numbers or texts in a column of a usual name.
 *
 * @throws UserError when there is no column of images, or none of a name that was asked for
 */
export function findColumns(
  file: ParquetFile,
  request: Pick<SourceRequest, 'imagesKey' | 'labelsKey' | 'labelsPath'>,
): ParquetColumns {
  const features = featuresOf(file);
  const columns = file.schema.children;
  const names = columns.map((column) => column.element.name);
  const image = chooseImage(file.bytes.name, columns, names, features, request.imagesKey);
  const label = chooseLabel(file.bytes.name, columns, names, features, image.name, request);
  const named = columns.find(
    ({ element }) => LABEL_NAMES.includes(element.name) && element.name !== image.name,
  );
  const unfit =
    label === null && named !== undefined && request.labelsPath !== null
      ? { name: named.element.name, reason: `it does not hold ${LABEL_VALUES}` }
      : null;
  return { image, label, unfit };
}

function featuresOf({ metadata }: ParquetFile): Features {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  if (text === undefined) return {};
  try {
    const parsed = v.safeParse(HuggingFaceSchema, JSON.parse(text));
    return parsed.success ? parsed.output.info.features : {};
  } catch {
    return {};
  }
}

function isRepeated({ element }: SchemaTree): boolean {
  return element.repetition_type === 'REPEATED';
}

function isText({ element }: SchemaTree): boolean {
  return element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING';
}

/** The bytes of a column of image files, and their paths; null when it is none. */
function imageParts(column: SchemaTree): Omit<ParquetColumns['image'], 'name'> | null {
  if (isRepeated(column)) return null;
  if (column.children.length === 0) {
    return column.element.type === 'BYTE_ARRAY' && !isText(column)
      ? { bytes: column.path, path: null }
      : null;
  }
  const leaf = (name: string): SchemaTree | undefined =>
    column.children.find(
      (child) =>
        child.element.name === name &&
        child.children.length === 0 &&
        !isRepeated(child) &&
        child.element.type === 'BYTE_ARRAY',
    );
  const bytes = leaf('bytes');
  if (bytes === undefined) return null;
  return { bytes: bytes.path, path: leaf('path')?.path ?? null };
}

function chooseImage(
  file: string,
  columns: readonly SchemaTree[],
  names: readonly string[],
  features: Features,
  wanted: string | undefined,
): ParquetColumns['image'] {
  const found = columns.flatMap((column) => {
    const parts = imageParts(column);
    return parts === null ? [] : [{ name: column.element.name, ...parts }];
  });
  if (wanted !== undefined) {
    const image = found.find(({ name }) => name === wanted);
    if (image !== undefined) return image;
    throw new UserError(
      names.includes(wanted)
        ? `${file} holds no image files in its column "${wanted}"; choose another column.`
        : `${file} has no column "${wanted}"; it has ${listOf(names)}.`,
    );
  }
  const best =
    found.find(({ name }) => features[name]?._type === 'Image') ??
    found.find(({ name }) => /^(?:image|img|picture|photo|png|jpe?g)$/i.test(name)) ??
    found.find(({ path }) => path !== null) ??
    found[0];
  if (best !== undefined) return best;
  throw new UserError(
    `${file} has no column of image files among ${listOf(names)}; images must be stored as the bytes of PNG or JPEG files.`,
    { code: 'unreadable', file: file },
  );
}

function chooseLabel(
  file: string,
  columns: readonly SchemaTree[],
  names: readonly string[],
  features: Features,
  image: string,
  { labelsKey, labelsPath }: Pick<SourceRequest, 'labelsKey' | 'labelsPath'>,
): ParquetColumns['label'] {
  if (labelsPath === null) return null;
  const usable = columns.filter(
    (column) =>
      column.children.length === 0 &&
      !isRepeated(column) &&
      column.element.name !== image &&
      (NUMBERS.includes(column.element.type ?? '') || isText(column)),
  );
  const byName = (name: string): SchemaTree | undefined =>
    usable.find((column) => column.element.name === name);
  let column: SchemaTree | undefined;
  if (labelsKey !== undefined) {
    column = byName(labelsKey);
    if (column === undefined) {
      throw new UserError(
        names.includes(labelsKey)
          ? `${file} does not hold ${LABEL_VALUES} in its column "${labelsKey}".`
          : `${file} has no column "${labelsKey}"; it has ${listOf(names)}.`,
      );
    }
  } else {
    const isClass = (name: string): boolean => features[name]?._type === 'ClassLabel';
    const usual = LABEL_NAMES.map(byName).filter((some) => some !== undefined);
    column =
      usual.find(({ element }) => isClass(element.name)) ??
      usable.find(({ element }) => isClass(element.name)) ??
      usual[0];
  }
  if (column === undefined) return null;
  const { name } = column.element;
  return { name, path: column.path, names: features[name]?.names ?? null };
}
