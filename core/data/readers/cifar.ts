/** CIFAR-10 and CIFAR-100 in their binary form, as files, a folder or inside a tar archive. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { heldOutRemarks, testFilesAmong } from './benchmark-split.ts';
import { arraySource, describeArrays, type ImageArray } from './array-images.ts';
import { type ByteStream, type FileBytes, openFileBytes, streamOf } from './bytes.ts';
import { channelsLast } from './number-array.ts';
import type { ImageSource, SkippedItem, SourceItem, SourceRequest } from './source.ts';
import { tarStream, type TarScan } from './tar.ts';
import { type TarMember, tarMembers } from './tar-headers.ts';
import { countOf, listOf } from './words.ts';
import { readText } from '../../read-file.ts';

const SIDE = 32;
const PIXEL_BYTES = SIDE * SIDE * 3;
const MAX_NAMES_BYTES = 64 * 1024;

/** A record is one label (CIFAR-10) or two (CIFAR-100: coarse, fine), then the planes of red, green and blue. */
interface Form {
  name: 'CIFAR-10' | 'CIFAR-100';
  labelBytes: 1 | 2;
  /** Classes of each label. */
  classes: readonly number[];
}

const CIFAR10: Form = { name: 'CIFAR-10', labelBytes: 1, classes: [10] };
const CIFAR100: Form = { name: 'CIFAR-100', labelBytes: 2, classes: [20, 100] };

/** Names of files with images, and with class names, within CIFAR's archives. */
const BATCH = /^(?:data_batch_\d+|test_batch|train|test)\.bin$/;
const PICKLE = /^(?:data_batch_\d+|test_batch|batches\.meta)$/;

/**
 * The form of a file, by its size and its first labels; null when it has neither form.
 *
 * @param size of the file in bytes
 * @param start its first bytes, those of some records
 */
export function cifarForm(size: number, start: Uint8Array): 'CIFAR-10' | 'CIFAR-100' | null {
  return formOf(size, start)?.name ?? null;
}

function formOf(size: number, start: Uint8Array): Form | null {
  for (const form of [CIFAR10, CIFAR100]) {
    const record = form.labelBytes + PIXEL_BYTES;
    if (size === 0 || size % record !== 0) continue;
    let fits = true;
    for (let at = 0; at + form.labelBytes <= start.length; at += record) {
      if (form.classes.some((classes, i) => start[at + i]! >= classes)) fits = false;
    }
    if (fits) return form;
  }
  return null;
}

/** So many bytes from the start of a file tell its form. */
export const CIFAR_HEAD_BYTES = 16 * (2 + PIXEL_BYTES);

interface Batch {
  /** What sentences and items call it. */
  name: string;
  shortName: string;
  size: number;
  form: Form;
}

/** Class names as they are told beside the batches; null for numbers. */
type Names = readonly string[] | null;

function toEntry(
  record: Uint8Array,
  { shortName, form }: Batch,
  index: number,
  label: Label,
  names: Names,
): SourceItem | { skipped: SkippedItem } {
  const file = `${shortName}[${index}]`;
  const number = record[label.offset(form)]!;
  const classes = form.classes[label.offset(form)]!;
  if (number >= classes) {
    return { skipped: { file, reason: `a label of ${number} where ${form.name} has 0 to ${classes - 1}` } };
  }
  return {
    file,
    className: names?.[number] ?? String(number),
    content: {
      kind: 'raw',
      ...{ height: SIDE, width: SIDE, channels: 3 },
      data: channelsLast(record.subarray(form.labelBytes), 3),
    },
  };
}

/** Which of CIFAR-100's two labels is meant; `labelsKey` says `coarse`, else it is the fine one. */
interface Label {
  offset(form: Form): number;
  coarse: boolean;
}

function labelOf(labelsKey: string | undefined): Label {
  const coarse = labelsKey !== undefined && /coarse/i.test(labelsKey);
  return { coarse, offset: (form) => (form.labelBytes === 1 || coarse ? 0 : 1) };
}

/** Reads the records of one batch. */
async function* records(stream: ByteStream, batch: Batch, from = 0): AsyncGenerator<Uint8Array> {
  const size = batch.form.labelBytes + PIXEL_BYTES;
  const count = batch.size / size;
  await stream.skip(from * size);
  for (let index = from; index < count; index++) {
    const record = await stream.read(size);
    if (record.length < size) {
      throw new UserError(
        `${batch.name} is cut off: it ends after ${countOf(index, 'image')} of ${count.toLocaleString('en-US')}; copy or download it again.`,
        { code: 'unreadable', file: batch.name },
      );
    }
    yield record;
  }
}

/**
 * Batches of CIFAR on the disk.
 *
 * @param files batches, in their order
 * @throws UserError when one has not the form, or forms are mixed
 */
export async function openCifarFiles(
  files: readonly string[],
  request: Pick<SourceRequest, 'labelsKey'>,
): Promise<ImageSource> {
  const opened: FileBytes[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((file) => file.close()));
  };
  try {
    const batches: Batch[] = [];
    for (const name of files) {
      const file = await openFileBytes(name);
      opened.push(file);
      const form = formOf(file.size, await file.read(0, CIFAR_HEAD_BYTES));
      if (form === null) throw notCifar(file.name, file.size);
      batches.push({ name: file.name, shortName: path.basename(name), size: file.size, form });
    }
    const form = sameForm(batches);
    const label = labelOf(request.labelsKey);
    const names = await namesBeside(path.dirname(path.resolve(files[0]!)), form, label);
    const test = testFilesAmong(batches.map(({ shortName }) => shortName));
    const arrays = batches.map((batch, i): ImageArray => ({
      name: batch.name,
      count: batch.size / (form.labelBytes + PIXEL_BYTES),
      ...{ height: SIDE, width: SIDE, channels: 3 },
      jumps: true,
      heldOut: test.has(batch.shortName),
      async *entries(from) {
        let index = from;
        for await (const record of records(streamOf(opened[i]!), batch, from)) {
          yield toEntry(record, batch, index++, label, names);
        }
      },
    }));
    const source = arraySource(
      about(form, arrays, label, names, countOf(files.length, 'file')),
      arrays,
      close,
    );
    return tellingOf(source, batches, test);
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Batches of CIFAR inside a tar archive, in its order.
 *
 * @param file taken over: closed with the source, and when opening fails
 * @throws UserError when one has not the form, or forms are mixed
 */
export async function openCifarTar(
  file: FileBytes,
  gzip: boolean,
  scan: TarScan,
  request: Pick<SourceRequest, 'labelsKey'>,
): Promise<ImageSource> {
  try {
    const batches = new Map<number, Batch>();
    const texts = new Map<string, string>();
    for await (const [member, stream] of membersOf(file, gzip)) {
      const base = path.posix.basename(member.name);
      const name = `${file.name}: ${member.name}`;
      if (BATCH.test(base)) {
        const form = formOf(member.size, await stream.read(Math.min(member.size, CIFAR_HEAD_BYTES)));
        if (form === null) throw notCifar(name, member.size);
        batches.set(member.offset, { name, shortName: base, size: member.size, form });
      } else if (base.endsWith('.txt') && member.size <= MAX_NAMES_BYTES) {
        texts.set(base, Buffer.from(await stream.read(member.size)).toString('utf8'));
      }
    }
    const form = sameForm([...batches.values()]);
    const label = labelOf(request.labelsKey);
    const text = texts.get(namesFile(form, label));
    const names = text === undefined ? null : parseNames(text, form, label);
    const test = testFilesAmong([...batches.values()].map(({ shortName }) => shortName));
    const array: ImageArray = {
      name: file.name,
      count: [...batches.values()].reduce((sum, { size }) => sum + size / (form.labelBytes + PIXEL_BYTES), 0),
      ...{ height: SIDE, width: SIDE, channels: 3 },
      jumps: false,
      async *entries(_from, signal) {
        for await (const [member, stream] of membersOf(file, gzip)) {
          const batch = batches.get(member.offset);
          if (batch === undefined) continue;
          let index = 0;
          for await (const record of records(stream, batch)) {
            signal?.throwIfAborted();
            const entry = toEntry(record, batch, index++, label, names);
            yield test.has(batch.shortName) && !('skipped' in entry) ? { ...entry, heldOut: true } : entry;
          }
        }
      },
    };
    const where = `${countOf(batches.size, 'file')} of a tar archive`;
    const source = arraySource(about(form, [array], label, names, where), [array], () => file.close());
    return tellingOf(source, [...batches.values()], test);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The source, saying which batches are held out. */
function tellingOf(source: ImageSource, batches: readonly Batch[], test: ReadonlySet<string>): ImageSource {
  const heldOut = batches.filter(({ shortName }) => test.has(shortName));
  const count = heldOut.reduce((sum, { size, form }) => sum + size / (form.labelBytes + PIXEL_BYTES), 0);
  const remarks = heldOutRemarks([...test], count);
  return Object.assign(source, { remarks: () => remarks });
}

/** Members of an archive, each with a stream of the rest of its data. */
async function* membersOf(file: FileBytes, gzip: boolean): AsyncGenerator<[TarMember, ByteStream]> {
  const stream = tarStream(file, gzip);
  let consumed = 0;
  try {
    for await (const member of tarMembers(stream, { consumed: () => consumed })) {
      consumed = 0;
      const data: ByteStream = {
        name: stream.name,
        async read(length) {
          const bytes = await stream.read(length);
          consumed += bytes.length;
          return bytes;
        },
        async skip(length) {
          const passed = await stream.skip(length);
          consumed += passed;
          return passed;
        },
        close: async () => undefined,
      };
      if (member.kind === 'file') yield [member, data];
    }
  } finally {
    await stream.close();
  }
}

function about(
  form: Form,
  arrays: readonly ImageArray[],
  label: Label,
  names: Names,
  where: string,
): { kind: 'cifar'; description: string; classNames: readonly string[]; unlabelled: number } {
  const classes = form.classes[label.offset(form)]!;
  const classNames = Array.from({ length: classes }, (_, i) => names?.[i] ?? String(i));
  const which = form.labelBytes === 1 ? '' : label.coarse ? ' (the coarse ones)' : ' (the fine ones)';
  const unnamed = names === null ? ' without names' : '';
  return {
    kind: 'cifar',
    description: `${form.name} in binary form, ${where} with ${describeArrays(arrays, classNames)}${which}${unnamed}.`,
    classNames,
    unlabelled: 0,
  };
}

function sameForm(batches: readonly Batch[]): Form {
  const [first] = batches;
  if (first === undefined) throw new Error('no batch');
  for (const batch of batches) {
    if (batch.form !== first.form) {
      throw new UserError(
        `${batch.name} has the form of ${batch.form.name} but ${first.name} that of ${first.form.name}; import them one by one.`,
        { code: 'unreadable', file: batch.name },
      );
    }
  }
  return first.form;
}

function notCifar(name: string, size: number): UserError {
  return new UserError(
    `${name} is not a batch of CIFAR in binary form: its ${countOf(size, 'byte')} are no records of 3073 or 3074 bytes that begin with labels; copy or download it again.`,
    { code: 'unreadable', file: name },
  );
}

function namesFile(form: Form, label: Label): string {
  if (form.labelBytes === 1) return 'batches.meta.txt';
  return label.coarse ? 'coarse_label_names.txt' : 'fine_label_names.txt';
}

async function namesBeside(folder: string, form: Form, label: Label): Promise<Names> {
  const file = path.join(folder, namesFile(form, label));
  try {
    if ((await fs.stat(file)).size > MAX_NAMES_BYTES) return null;
    return parseNames(await readText(file), form, label);
  } catch {
    return null;
  }
}

/** One name a line; null when they are fewer than classes, or one comes twice. */
function parseNames(text: string, form: Form, label: Label): Names {
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const classes = form.classes[label.offset(form)]!;
  return names.length >= classes && new Set(names).size === names.length ? names.slice(0, classes) : null;
}

/** CIFAR's batches among files, the test batch last. Python's pickles are refused. */
export function cifarBatchesAmong(files: readonly string[]): string[] {
  const batches = files.filter((file) => BATCH.test(path.posix.basename(file)));
  const order = (file: string): number => (path.posix.basename(file).startsWith('test') ? 1 : 0);
  return batches.sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
}

/**
 * Refuses the Python version of CIFAR: unpickling runs whatever code the file names.
 *
 * @param place what holds the files, for the sentence
 * @throws UserError when there are its files
 */
export function refusePickledCifar(files: readonly string[], place: string): void {
  const pickles = files.filter((file) => PICKLE.test(path.posix.basename(file)));
  if (pickles.length < 2) return;
  throw new UserError(
    `${place} holds the Python version of CIFAR (${listOf(pickles.slice(0, 2).map((file) => path.posix.basename(file)))}), pickles that are never opened because they may run code; get the binary version.`,
    { code: 'unreadable', file: place },
  );
}
