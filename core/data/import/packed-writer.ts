/** Writing a packed data set: image by image into a temporary folder, which becomes the data set at the end. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { makeFolder, syncFolder, temporaryBeside, writeProblem } from '../../files.ts';
import { BlockHasher, fingerprintOf } from '../blocks.ts';
import { BufferedFile } from '../buffered-file.ts';
import { type DatasetRecord, MAX_SKIPPED_LISTED } from '../dataset.ts';
import { orderClasses } from './class-of.ts';
import { type Measured, measure } from '../measure/measure.ts';
import { moments } from '../measure/statistics.ts';
import { holdOut } from './hold-out.ts';
import {
  BLOCKS_FILE,
  FLAGS_FILE,
  labelsFile,
  MAX_PACKED_CLASSES,
  NAMES_FILE,
  PIXELS_FILE,
  RECORD_FILE,
  SKIPPED_FILE,
  SPLIT_FILE,
  STATISTICS_FILE,
} from '../layout.ts';
import { keptText } from '../measure/kept.ts';
import { NumberList } from '../number-list.ts';

/** Stands for no class until the number of classes is known. */
const NO_CLASS = 0xffffffff;

/** One image of a data set to be. */
export interface PackedImage {
  /** height × width × channels bytes. */
  pixels: Uint8Array;
  /** First bytes of the pixels' SHA-256. */
  hash: Uint8Array;
  /** null when it has none. */
  className: string | null;
  /** Where it came from: a path or an index within the source. */
  file: string;
  /** Whether its source holds it out of training. */
  heldOut?: boolean;
}

/** Why a file is left out: it cannot be used, or for a reason that was asked for. */
export type LeaveOutKind = 'unusable' | 'duplicate' | 'small';

export interface PackedWriter {
  /** Number of images so far. */
  readonly count: number;
  readonly skipped: readonly { file: string; reason: string }[];
  append(image: PackedImage): Promise<void>;
  leaveOut(file: string, reason: string, kind: LeaveOutKind): Promise<void>;
  /** Completes the data set and moves it into place. */
  finish(details: FinishDetails): Promise<DatasetRecord>;
  /** Removes all that was written. */
  discard(): Promise<void>;
}

export interface FinishDetails {
  source: DatasetRecord['source'];
  settings: DatasetRecord['settings'];
  /** What else there is to say of the source, one sentence each. */
  remarks: readonly string[];
  /** Order of the classes where the source has one. */
  classOrder: readonly string[] | null;
  /** Share of the images to hold out of training; 0: those that their source holds out. */
  holdOut: number;
  /** Told how many images more are measured. */
  onMeasured?: (images: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Starts a data set. Classes are kept when there are 2 to 65,536 of them, or one that not every image has. Images
 * without one are marked.
 *
 * @param target folder of the data set; must not exist
 * @throws UserError in one sentence when the disk refuses; also from the writer's methods
 */
export async function createPackedWriter(
  target: string,
  shape: { name: string; height: number; width: number; channels: 1 | 3 },
): Promise<PackedWriter> {
  const temporary = temporaryBeside(target);
  const refused = (error: unknown): Error => writeProblem(error, 'data set', target);
  const inFolder = (name: string): string => path.join(temporary, name);
  const files: BufferedFile[] = [];
  const create = async (name: string): Promise<BufferedFile> => {
    const file = await BufferedFile.create(inFolder(name));
    files.push(file);
    return file;
  };
  const discard = async (): Promise<void> => {
    for (const file of files) await file.abandon().catch(() => undefined);
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  };
  try {
    await makeFolder(temporary);
    const open = { pixels: await create(PIXELS_FILE), names: await create(NAMES_FILE) };
    return new Writer(target, temporary, shape, open, create, discard, refused);
  } catch (error) {
    await discard();
    throw refused(error);
  }
}

class Writer implements PackedWriter {
  count = 0;
  readonly skipped: { file: string; reason: string }[] = [];
  readonly #leftOut = { all: 0, duplicates: 0, small: 0 };
  #skippedFile: BufferedFile | null = null;
  readonly #hash = createHash('sha256');
  readonly #blocks = new BlockHasher();
  readonly #classNumbers = new Map<string, number>();
  readonly #labels = new NumberList();
  #unlabelled = 0;
  /** Numbers of the images that their source holds out. */
  readonly #heldOut = new NumberList();
  readonly #order = new NumberList();

  constructor(
    private readonly target: string,
    private readonly temporary: string,
    private readonly shape: { name: string; height: number; width: number; channels: 1 | 3 },
    private readonly open: { pixels: BufferedFile; names: BufferedFile },
    private readonly create: (name: string) => Promise<BufferedFile>,
    readonly discard: () => Promise<void>,
    private readonly refused: (error: unknown) => Error,
  ) {}

  async append({ pixels, hash, className, file, heldOut = false }: PackedImage): Promise<void> {
    const { height, width, channels } = this.shape;
    const perImage = height * width * channels;
    if (pixels.length !== perImage) throw new Error(`an image has ${pixels.length} bytes, not ${perImage}`);
    try {
      await this.open.pixels.write(pixels);
      await this.open.names.write(line(file));
    } catch (error) {
      throw this.refused(error);
    }
    this.#hash.update(pixels);
    this.#blocks.update(pixels);
    for (let word = 0; word < 2; word++) {
      this.#order.push(new DataView(hash.buffer, hash.byteOffset).getUint32(4 * word));
    }
    if (className === null) {
      this.#unlabelled++;
      this.#labels.push(NO_CLASS);
    } else {
      const number = this.#classNumbers.get(className) ?? this.#classNumbers.size;
      this.#classNumbers.set(className, number);
      this.#labels.push(number);
    }
    if (heldOut) this.#heldOut.push(this.count);
    this.count++;
  }

  async leaveOut(file: string, reason: string, kind: LeaveOutKind): Promise<void> {
    this.#leftOut.all++;
    if (kind === 'duplicate') this.#leftOut.duplicates++;
    if (kind === 'small') this.#leftOut.small++;
    if (this.skipped.length < MAX_SKIPPED_LISTED) this.skipped.push({ file, reason });
    try {
      this.#skippedFile ??= await this.create(SKIPPED_FILE);
      await this.#skippedFile.write(line({ file, reason }));
    } catch (error) {
      throw this.refused(error);
    }
  }

  async finish(details: FinishDetails): Promise<DatasetRecord> {
    const { name, height, width, channels } = this.shape;
    const classes = this.#classes(details.classOrder);
    const heldOut =
      details.holdOut > 0 ? holdOut(this.#order.values(), details.holdOut) : this.#heldOutBySource();
    const fingerprint = `sha256:${this.#hash.digest('hex')}`;
    try {
      for (const file of [this.open.pixels, this.open.names, this.#skippedFile]) await file?.finish();
      if (classes !== null) await this.#write(classes.file, classes.bytes);
      if (heldOut !== null) await this.#write(SPLIT_FILE, heldOut);
      const blocks = this.#blocks.finish();
      await this.#write(BLOCKS_FILE, blocks);
      const { statistics, flags, flip } = await this.#measure(fingerprint, classes, details);
      const record: DatasetRecord = {
        format: 'covae-dataset',
        version: 2,
        name,
        createdAt: new Date().toISOString(),
        count: this.count,
        height,
        width,
        channels,
        source: details.source,
        settings: details.settings,
        ...(details.remarks.length === 0 ? {} : { remarks: [...details.remarks] }),
        fingerprint,
        hashes: {
          blocks: fingerprintOf(blocks),
          ...(classes !== null && { labels: fingerprintOf(classes.bytes) }),
          ...(heldOut !== null && { split: fingerprintOf(heldOut) }),
        },
        ...moments(statistics),
        ...(classes === null ? {} : { classes: classes.names }),
        ...(classes !== null && this.#unlabelled > 0 && { unlabelled: this.#unlabelled }),
        heldOut: heldOut?.reduce((sum, flag) => sum + flag, 0) ?? 0,
        flip,
        leftOut: { ...this.#leftOut },
        skipped: this.skipped,
      };
      await this.#write(STATISTICS_FILE, Buffer.from(keptText(statistics)));
      await this.#write(FLAGS_FILE, Buffer.from(keptText(flags)));
      await this.#write(RECORD_FILE, Buffer.from(JSON.stringify(record, null, 2) + '\n'));
      await syncFolder(this.temporary);
      details.signal?.throwIfAborted();
      await fs.rename(this.temporary, this.target);
      // It is there, and must not be told as failed.
      await syncFolder(path.dirname(this.target)).catch(() => undefined);
      return record;
    } catch (error) {
      throw this.refused(error);
    }
  }

  #heldOutBySource(): Uint8Array | null {
    if (this.#heldOut.length === 0) return null;
    const flags = new Uint8Array(this.count);
    for (const image of this.#heldOut.values()) flags[image] = 1;
    return flags;
  }

  async #measure(
    fingerprint: string,
    classes: Classes | null,
    { signal, onMeasured }: FinishDetails,
  ): Promise<Measured> {
    const { height, width, channels } = this.shape;
    const perImage = height * width * channels;
    const handle = await fs.open(path.join(this.temporary, PIXELS_FILE), 'r');
    let buffer = Buffer.alloc(0);
    try {
      return await measure(
        {
          count: this.count,
          ...{ height, width, channels, fingerprint },
          classes: classes?.names ?? null,
          labels: classes?.labels ?? null,
          read: async (start, count) => {
            if (buffer.length < count * perImage) buffer = Buffer.allocUnsafe(count * perImage);
            const wanted = buffer.subarray(0, count * perImage);
            for (let done = 0; done < wanted.length;) {
              const { bytesRead } = await handle.read(
                wanted,
                done,
                wanted.length - done,
                start * perImage + done,
              );
              if (bytesRead === 0) throw new Error('the pixels became shorter while they were measured');
              done += bytesRead;
            }
            return wanted;
          },
        },
        { signal, onImages: onMeasured },
      );
    } finally {
      await handle.close();
    }
  }

  async #write(name: string, data: Uint8Array): Promise<void> {
    const file = await this.create(name);
    await file.write(data);
    await file.finish();
  }

  /** Class names in order, and the label file; null when the images have no proper classes. */
  #classes(known: readonly string[] | null): Classes | null {
    const { size } = this.#classNumbers;
    const unlabelled = this.#unlabelled;
    const least = unlabelled > 0 ? 1 : 2;
    if (size < least || size + Number(unlabelled > 0) > MAX_PACKED_CLASSES) return null;
    const names = orderClasses(this.#classNumbers.keys(), known);
    const place = new Map(names.map((name, index) => [name, index]));
    const order = Uint32Array.from(this.#classNumbers.keys(), (name) => place.get(name) ?? 0);
    const labels = this.#labels.values().map((number) => (number === NO_CLASS ? size : order[number]!));
    const { name: file, bytes: width } = labelsFile(size, unlabelled);
    const bytes = Buffer.alloc(this.count * width);
    labels.forEach((label, image) => bytes.writeUIntLE(label, image * width, width));
    return { names, labels, file, bytes };
  }
}

interface Classes {
  names: string[];
  /** Class of each image; the number of classes for none. */
  labels: Uint32Array;
  file: string;
  bytes: Uint8Array;
}

function line(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value) + '\n');
}
