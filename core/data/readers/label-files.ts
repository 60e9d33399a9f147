/** Files beside images that say their classes, and which class a file has by them. */
import path from 'node:path';
import * as v from 'valibot';
import { csvRows } from './csv.ts';
import { classText, LABEL_NAMES } from './labels.ts';
import { formatByName } from './words.ts';

/** Classes of files that were told beside them. */
export interface ToldLabels {
  /** What told them: `dataset.json`. */
  by: string;
  /** Class of each file, null for none; files that are not in it have none either. */
  classes: ReadonlyMap<string, string | null>;
  /** Why they are no classes; null when they are. */
  problem: string | null;
}

/** A file of labels with more bytes than this is none. */
const MAX_LIST_BYTES = 256 * 2 ** 20;
const MAX_PAIR_BYTES = 2 ** 20;
/** A longer text is no name of a class. */
const MAX_CLASS_LENGTH = 200;

const isList = (file: string): boolean => /^(?:dataset\.json|metadata\.(?:csv|jsonl))$/.test(base(file));
const isPair = (file: string): boolean => /\.(?:cls|json)$/i.test(file);

/** True for the names of files that may hold labels. */
export function mayHoldLabels(file: string, size: number): boolean {
  return isList(file) ? size <= MAX_LIST_BYTES : isPair(file) && size <= MAX_PAIR_BYTES;
}

function base(file: string): string {
  return path.posix.basename(file);
}

/** `a/b/c.seg.png` → `a/b/c`, as WebDataset groups the files of an example. */
function exampleOf(file: string): string {
  const folder = path.posix.dirname(file);
  return `${folder}/${base(file).replace(/(?!^)\..*$/, '')}`;
}

const inFolder = (folder: string, file: string): string =>
  path.posix.normalize(path.posix.join(folder, file));

/**
 * What a `dataset.json` of StyleGAN and EDM says: `{"labels": [["00000/img00000000.png", 6], …]}`, where a label is a
 * number or a list with a single 1, or `{"labels": null}`.
 *
 * @returns null when it is no such file
 */
export function readDatasetJson(file: string, text: string): ToldLabels | null {
  const parsed = v.safeParse(DatasetJsonSchema, jsonOf(text));
  if (!parsed.success) return null;
  const classes = new Map<string, string | null>();
  let problem: string | null = null;
  for (const [name, label] of parsed.output.labels ?? []) {
    const value = Array.isArray(label) ? oneHot(label) : label;
    const found = value === undefined ? undefined : classText(value);
    if (found === undefined) problem = 'they are not whole numbers, one an image';
    classes.set(inFolder(path.posix.dirname(file), name.replaceAll('\\', '/')), found ?? null);
  }
  return { by: base(file), classes, problem };
}

const DatasetJsonSchema = v.looseObject({
  labels: v.nullable(
    v.array(v.tuple([v.string(), v.nullable(v.union([v.number(), v.string(), v.array(v.number())]))])),
  ),
});

/** Place of the only 1 among zeros, −1 for zeros alone; undefined when they are something else. */
function oneHot(values: readonly number[]): number | undefined {
  const hot = values.indexOf(1);
  return values.every((value, i) => value === (i === hot ? 1 : 0)) ? hot : undefined;
}

/**
 * What a `metadata.csv` or `metadata.jsonl` of Hugging Face's image folder says of the files below its folder.
 *
 * @param column the one with labels; undefined: one of a usual name
 * @returns null when it tells of no files; `classes` is empty when it has no column of labels
 */
export function readMetadata(file: string, text: string, column: string | undefined): ToldLabels | null {
  const rows = file.endsWith('.csv') ? csvRecords(text) : jsonLines(text);
  const names = new Set(rows.slice(0, 100).flatMap((row) => Object.keys(row)));
  const fileColumn = FILE_COLUMNS.find((name) => names.has(name));
  if (fileColumn === undefined) return null;
  const labelColumn = (column === undefined ? LABEL_NAMES : [column]).find((name) => names.has(name));
  const told = { by: base(file), classes: new Map<string, string | null>(), problem: null as string | null };
  if (labelColumn === undefined) return told;
  for (const row of rows) {
    const name = row[fileColumn];
    if (typeof name !== 'string') continue;
    const found = classText(row[labelColumn]);
    if (found === undefined)
      told.problem = `its column "${labelColumn}" holds more than whole numbers and texts`;
    told.classes.set(inFolder(path.posix.dirname(file), name.replaceAll('\\', '/')), found ?? null);
  }
  return told;
}

const FILE_COLUMNS = ['file_name', 'filename', 'file', 'image', 'path'];

function csvRecords(text: string): Record<string, unknown>[] {
  const [head, ...rows] = csvRows(text);
  const names = head?.map((name) => name.trim()) ?? [];
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, csvValue(row[i] ?? '')])));
}

/** A number where the field is written as one, as `pandas` does. */
function csvValue(field: string): number | string {
  return /^-?\d+(?:\.\d*)?$/.test(field.trim()) ? Number(field) : field;
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text.split('\n').flatMap((line) => {
    const parsed = v.safeParse(v.record(v.string(), v.unknown()), jsonOf(line));
    return parsed.success ? [parsed.output] : [];
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as unknown;
  } catch {
    return undefined;
  }
}

/** The names of labels within the `.json` of an example. */
const PAIR_NAMES = [...LABEL_NAMES, 'cls'];

/**
 * The label in the file of one example: the text of `000000.cls`, or the field of a usual name in `000000.json`.
 *
 * @returns undefined when there is none in it, or what is there is no label
 */
export function readPair(file: string, text: string, column: string | undefined): string | null | undefined {
  if (/\.cls$/i.test(file)) return classText(csvValue(text.trim()));
  const parsed = v.safeParse(v.record(v.string(), v.unknown()), jsonOf(text));
  if (!parsed.success) return undefined;
  const names = column === undefined ? PAIR_NAMES : [column];
  const name = names.find((some) => parsed.output[some] !== undefined);
  return name === undefined ? undefined : classText(parsed.output[name]);
}

/** A file of labels as it is kept while an archive is looked through: of an example's `.json` only what may be a label. */
export function keptText(file: string, bytes: Uint8Array): Uint8Array {
  if (isList(file) || !/\.json$/i.test(file)) return bytes;
  const parsed = v.safeParse(v.record(v.string(), v.unknown()), jsonOf(Buffer.from(bytes).toString('utf8')));
  if (!parsed.success) return new Uint8Array();
  const short = Object.entries(parsed.output).filter(
    ([, value]) =>
      typeof value === 'number' ||
      typeof value === 'boolean' ||
      (typeof value === 'string' && value.length <= MAX_CLASS_LENGTH),
  );
  return Buffer.from(JSON.stringify(Object.fromEntries(short)));
}

/**
 * Files that belong to one image each: `.cls` and `.json` of the same name.
 *
 * @returns the files beside each image; none for most
 */
export function pairsAmong(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const beside = new Map<string, string[]>();
  for (const file of files) {
    if (!isPair(file) || isList(file)) continue;
    const example = exampleOf(file);
    beside.set(example, [...(beside.get(example) ?? []), file]);
  }
  const pairs = new Map<string, readonly string[]>();
  if (beside.size === 0) return pairs;
  for (const file of files) {
    const found = formatByName(file) === null ? undefined : beside.get(exampleOf(file));
    // The one with nothing but the class first.
    if (found !== undefined)
      pairs.set(
        file,
        [...found].sort((a, b) => Number(/\.json$/i.test(a)) - Number(/\.json$/i.test(b))),
      );
  }
  return pairs;
}

export function listsAmong(files: readonly string[]): string[] {
  return files.filter(isList);
}
