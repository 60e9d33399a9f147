/** Importing images into the library as a packed data set. */
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { makeFolder, writeProblem } from '../../files.ts';
import { removeLeftOvers } from '../../left-overs.ts';
import { lockDataset } from '../../library-locks.ts';
import { datasetFolder, datasetsFolder } from '../../library.ts';
import { whileLocked } from '../../lock.ts';
import type { DatasetRecord, ImportProgress } from '../dataset.ts';
import { checkFree } from '../free-name.ts';
import { createPackedWriter, type LeaveOutKind, type PackedWriter } from './packed-writer.ts';
import type { ImageSource, SkippedItem, SourceItem } from '../readers/source.ts';
import type { Recipe } from './batch.ts';
import { checkClassNames, checkKind, checkOptions } from './check-options.ts';
import { classFound, classOf } from './class-of.ts';
import { FileNotes } from './file-notes.ts';
import { settleForm } from './form.ts';
import { type ImportRequest, openImport } from './open-import.ts';
import { openPool } from './pool.ts';
import { ProgressMeter } from './progress.ts';
import { completeSettings } from './complete-settings.ts';
import type { ImportSettings } from './settings.ts';
import { prepareAll } from './stream.ts';
import { countOf } from '../../words.ts';

export interface ImportOptions {
  /** Library folder; created when missing. */
  home: string;
  /** Name of the new data set. */
  name: string;
  request: ImportRequest;
  /** Those left out are as {@link DEFAULT_SETTINGS} has them. */
  settings?: Partial<ImportSettings>;
  /** Aborting leaves nothing behind. */
  signal?: AbortSignal;
  /** At most twenty times a second, and at the end. */
  onProgress?: (progress: ImportProgress) => void;
}

/**
 * Imports what the user points at. How an image is brought into form is told at `prepareImage`. Files that cannot
 * be used are left out and listed with the reason. The data set appears whole or not at all.
 *
 * @returns the record written to `dataset.json`
 * @throws UserError in one sentence: name taken, or being taken by another import, path missing, no usable image, disk full or read-only
 * @throws the signal's reason when it was aborted
 */
export async function importDataset(options: ImportOptions): Promise<DatasetRecord> {
  const { home, name, request, signal } = options;
  const settings = completeSettings(options.settings);
  await checkFree(home, name);
  const progress = new ProgressMeter(options.onProgress);
  const { source, settingsFor, before } = await openImport(home, request, signal);
  try {
    checkKind(source, request);
    checkOptions(source, request, settingsFor(settings), before);
    await makeFolder(datasetsFolder(home)).catch((error: unknown) => {
      throw writeProblem(error, 'data set', datasetFolder(home, name));
    });
    return await whileLocked(lockDataset(home, name, 'is being imported'), async () => {
      // Another import may have ended meanwhile.
      await checkFree(home, name);
      return importFrom(source, () => originOf(source, request), {
        home,
        name,
        settings: settingsFor(settings),
        signal,
        progress,
      });
    });
  } finally {
    await source.close();
  }
}

interface Importing {
  home: string;
  name: string;
  settings: ImportSettings;
  signal: AbortSignal | undefined;
  progress: ProgressMeter;
}

async function importFrom(
  source: ImageSource,
  origin: () => DatasetRecord['source'],
  { home, name, settings, signal, progress }: Importing,
): Promise<DatasetRecord> {
  signal?.throwIfAborted();
  progress.report();
  const target = datasetFolder(home, name);
  const form = await settleForm(source, settings, signal);
  const { size, channels } = form;
  const { fit, padColour, background, minSide } = settings;
  const recipe: Recipe = { target: { ...form, fit, padColour, background }, minSide };
  await removeLeftOvers(datasetsFolder(home));
  const writer = await createPackedWriter(target, { name, height: size, width: size, channels });
  try {
    const notes = await fill(writer, source, recipe, { settings, signal, progress });
    if (writer.count === 0) throw noUsableImage(origin(), writer.skipped);
    signal?.throwIfAborted();
    progress.measure(writer.count);
    const record = await writer.finish({
      onMeasured: (images) => progress.step(images),
      signal,
      // Now that all images were read, it is known what they are.
      source: origin(),
      remarks: [...(source.remarks?.() ?? []), ...notes.remarks()],
      settings: { ...settings, ...form },
      classOrder: source.classNames,
      holdOut: settings.holdOut,
    });
    progress.report();
    return record;
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Writes all images of the source that are wanted and can be used. @returns what to say of their files */
async function fill(
  writer: PackedWriter,
  source: ImageSource,
  recipe: Recipe,
  { settings, signal, progress }: Pick<Importing, 'settings' | 'signal' | 'progress'>,
): Promise<FileNotes> {
  const firstOf = new Map<string, string>();
  const notes = new FileNotes();
  const pool = openPool(recipe, source);
  const stop = (): void => void pool.close();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    progress.total = wantedTotal(source, settings);
    const classes = new Set<string>();
    const items = wanted(source, settings, classes, signal);
    const { prepare, batchesAtOnce } = pool;
    for await (const result of prepareAll(items, { prepare, batchesAtOnce, signal })) {
      if ('found' in result) {
        const { page } = result.found;
        // Until its pages are counted, a file is one image.
        if (page !== null && page.number > 1 && progress.total !== null) progress.total++;
        if (page !== null && writer.count === settings.limit) break;
        notes.add(result.found);
      }
      progress.step();
      if ('skipped' in result || result.leftOut !== null) {
        await leaveOut('skipped' in result ? result.skipped : { file: result.item.file, ...result.leftOut });
        continue;
      }
      const { item, pixels, hash } = result;
      if (settings.dedupe) {
        const key = Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1');
        const first = firstOf.get(key);
        if (first !== undefined) {
          await leaveOut({ file: item.file, reason: `the same pixels as ${first}` }, 'duplicate');
          continue;
        }
        firstOf.set(key, item.file);
      }
      const className = classOf(item, settings) ?? null;
      await writer.append({ pixels, hash, file: item.file, className, heldOut: item.heldOut === true });
    }
    // Of a part of the images not all classes may have been seen.
    const { classMap, limit } = settings;
    const isNamed = settings.classes === 'folders' || source.unlabelled === null;
    if (classMap !== undefined && limit === undefined && isNamed) checkClassNames(classMap, classes);
    return notes;
  } catch (error) {
    // Whatever fails once the workers are stopped fails for that.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await pool.close();
  }

  async function leaveOut(item: SkippedItem & { small?: boolean }, kind?: LeaveOutKind): Promise<void> {
    progress.skipped++;
    await writer.leaveOut(item.file, item.reason, kind ?? (item.small === true ? 'small' : 'unusable'));
  }
}

/**
 * The items to import: those of classes that are wanted, and no more than the limit, spread over the source.
 *
 * @param classes gets the names of all classes that are seen
 */
async function* wanted(
  source: ImageSource,
  settings: ImportSettings,
  classes: Set<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<SourceItem | { skipped: SkippedItem }> {
  const { limit } = settings;
  const { total } = source;
  const share = limit === undefined || total === null ? 1 : Math.min(1, limit / total);
  let seen = 0;
  let taken = 0;
  for await (const item of source.items(signal)) {
    if (Math.floor(++seen * share) === Math.floor((seen - 1) * share)) continue;
    const own = 'skipped' in item ? null : classFound(item, settings);
    if (own !== null) classes.add(own);
    if (!('skipped' in item) && classOf(item, settings) === undefined) continue;
    yield item;
    if (++taken === limit) return;
  }
}

function wantedTotal({ total }: ImageSource, { limit }: ImportSettings): number | null {
  return total === null || limit === undefined ? total : Math.min(total, limit);
}

function originOf(source: ImageSource, request: ImportRequest): DatasetRecord['source'] {
  const { kind: _, paths, labelsPath, again, ...others } = request;
  if (source.kind === 'dataset') {
    return { kind: 'dataset', paths: [again ?? paths[0]!], description: source.description };
  }
  const choices = {
    ...others,
    ...(labelsPath !== undefined && { labelsPath: labelsPath && path.resolve(labelsPath) }),
  };
  return {
    kind: source.kind,
    paths: source.kind === 'sample' ? [] : paths.map((name) => path.resolve(name)),
    description: source.description,
    ...(Object.keys(choices).length > 0 && { choices }),
  };
}

function noUsableImage(origin: DatasetRecord['source'], skipped: PackedWriter['skipped']): UserError {
  const where = origin.paths[0] ?? 'The sample';
  const [first] = skipped;
  if (first === undefined) return new UserError(`${where} has no image of the classes that were asked for.`);
  const files = skipped.length === 1 ? 'the only file' : `the first of ${countOf(skipped.length, 'file')}`;
  return new UserError(
    `${where} has no image that can be used: ${files}, ${first.file}, is left out: ${first.reason}.`,
  );
}
