/** What an import would give, before it is made. */
import type { SkippedItem, SourceItem, SourceRequest } from '../readers/source.ts';
import { type ImageSource, openSource } from '../readers/source.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { errorCode } from '../../files.ts';
import { sentenceOf, UserError } from '../../errors.ts';
import type { DatasetRecord, ImageBatch } from '../dataset.ts';
import { type Input, prepareOne, type Recipe } from './batch.ts';
import { classOf, orderClasses } from './class-of.ts';
import { settleForm } from './form.ts';
import { completeSettings } from './complete-settings.ts';
import type { ImportSettings } from './settings.ts';

/** One file of a preview. */
export interface PreviewImage {
  file: string;
  /** null for none; also for a class that is left out. */
  className: string | null;
  /** Size as it is in the source; null when it cannot be read. */
  width: number | null;
  height: number | null;
  /** Index of its pixels within the preview's batch; null when it would be left out. */
  index: number | null;
  /** Why it would be left out; null when it would not. */
  reason: string | null;
}

export interface PreviewClass {
  /** As in the source. */
  name: string;
  /** null where counting would mean to read everything. */
  count: number | null;
}

export interface ImportPreview {
  kind: DatasetRecord['source']['kind'];
  /** What was found and guessed, in one sentence. */
  description: string;
  /** Number of files or images of the source; null when only known at the end. */
  total: number | null;
  /** Classes of the source before they are renamed or left out; null when it has none. */
  classes: PreviewClass[] | null;
  /** The settings with size and channels as the images have them. */
  settings: ImportSettings;
  images: PreviewImage[];
  /** The images that would be imported, as they would be. */
  pixels: ImageBatch;
  /** What one should know before importing: one sentence each. */
  warnings: string[];
  /** Whether mirrored images would be at home among them. */
  flip: NonNullable<DatasetRecord['flip']>;
}

/** A source that is open for previews, so that a change of the settings need not read it anew. */
export interface Previewer {
  /** @param count images at most, spread over the source */
  preview(settings: Partial<ImportSettings>, count: number, signal?: AbortSignal): Promise<ImportPreview>;
  close(): Promise<void>;
}

/**
 * Opens a source for previews.
 *
 * @throws UserError in one sentence when it cannot be read; the signal's reason when aborted
 */
export async function openPreview(request: SourceRequest, signal?: AbortSignal): Promise<Previewer> {
  const source = await openSource(request, signal);
  const read = new Map<number, Promise<PreviewItem[]>>();
  return {
    async preview(given, count, abort) {
      const settings = completeSettings(given);
      let items = read.get(count);
      if (items === undefined) {
        items = readItems(source, count, abort);
        read.clear();
        read.set(count, items);
        items.catch(() => read.delete(count));
      }
      return makePreview(source, await items, settings, abort);
    },
    close: () => source.close(),
  };
}

/**
 * A preview of an import; see {@link openPreview} for several of one source.
 *
 * @param count images at most, spread over the source
 */
export async function previewImport(
  request: SourceRequest,
  settings: Partial<ImportSettings>,
  count: number,
  signal?: AbortSignal,
): Promise<ImportPreview> {
  const previewer = await openPreview(request, signal);
  try {
    return await previewer.preview(settings, count, signal);
  } finally {
    await previewer.close();
  }
}

type PreviewItem = { item: SourceItem; input: Input } | { skipped: SkippedItem };

async function readItems(source: ImageSource, count: number, signal?: AbortSignal): Promise<PreviewItem[]> {
  const items: PreviewItem[] = [];
  for (const item of await source.preview(count, signal)) {
    signal?.throwIfAborted();
    items.push('skipped' in item ? item : await readItem(item));
  }
  return items;
}

async function readItem(item: SourceItem): Promise<PreviewItem> {
  const { content } = item;
  if (content.kind === 'raw') return { item, input: content };
  try {
    return { item, input: { kind: 'encoded', bytes: await content.read() } };
  } catch (error) {
    const isKnown = error instanceof UnusableImage || error instanceof UserError || errorCode(error) !== null;
    if (!isKnown) throw error;
    return { skipped: { file: item.file, reason: sentenceOf(error) } };
  }
}

async function makePreview(
  source: ImageSource,
  items: readonly PreviewItem[],
  settings: ImportSettings,
  signal?: AbortSignal,
): Promise<ImportPreview> {
  const form = await settleForm(source, settings, signal);
  const { fit, padColour, background, minSide } = settings;
  const recipe: Recipe = { target: { ...form, fit, padColour, background }, minSide };
  const perImage = form.size * form.size * form.channels;
  const data = new Uint8Array(items.length * perImage);
  const images: PreviewImage[] = [];
  let kept = 0;
  for (const read of items) {
    signal?.throwIfAborted();
    if ('skipped' in read) {
      const { file, reason } = read.skipped;
      images.push({ file, className: null, width: null, height: null, index: null, reason });
      continue;
    }
    const { item, input } = read;
    const className = classOf(item, settings);
    const { outcome, data: pixels } = await prepareOne(input, recipe);
    const isWanted = className !== undefined;
    const size = outcome.leftOut === null ? outcome : { width: null, height: null };
    const usable = isWanted && pixels !== null;
    if (usable) data.set(pixels, kept * perImage);
    images.push({
      file: item.file,
      className: className ?? null,
      width: size.width,
      height: size.height,
      index: usable ? kept++ : null,
      reason: outcome.leftOut?.reason ?? (isWanted ? null : `class ${item.className ?? ''} is left out`),
    });
  }
  return {
    kind: source.kind,
    description: source.description,
    total: source.total,
    classes: classesOf(source, items, settings),
    settings: { ...settings, ...form },
    images,
    pixels: {
      count: kept,
      height: form.size,
      width: form.size,
      channels: form.channels,
      data: data.subarray(0, kept * perImage),
    },
    warnings: [],
    flip: { suits: null, reason: 'There are too few images to tell whether mirrored ones would be at home.' },
  };
}

function classesOf(
  source: ImageSource,
  items: readonly PreviewItem[],
  settings: ImportSettings,
): PreviewClass[] | null {
  if (settings.classes === 'none') return null;
  const own = { ...settings, classMap: undefined };
  const names = new Set(settings.classes === 'auto' ? source.classNames : null);
  for (const read of items) {
    const name = 'item' in read ? classOf(read.item, { classes: own.classes }) : null;
    if (name !== null && name !== undefined) names.add(name);
  }
  if (names.size === 0) return null;
  return orderClasses(names, source.classNames).map((name) => ({ name, count: null }));
}
