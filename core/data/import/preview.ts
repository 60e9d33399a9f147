/** What an import would give, before it is made. */
import type { DatasetRecord, ImageBatch } from '../dataset.ts';
import type { RawImage } from '../decode/raw-image.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { FlipMeter, type FlipVerdict } from '../measure/flip.ts';
import type { ImageSource, OriginKind, Rival, SkippedItem, SourceItem } from '../readers/source.ts';
import { imagesOf, unfit } from './batch.ts';
import { checkClassNames, checkOptions } from './check-options.ts';
import { classOf, orderClasses } from './class-of.ts';
import { FileNotes } from './file-notes.ts';
import { type Form, settleForm } from './form.ts';
import { prepareImage, type Target } from './prepare.ts';
import { classWarnings, warningsOf } from './preview-warnings.ts';
import { readItem } from './read-item.ts';
import { resample } from './resample.ts';
import { completeSettings } from './complete-settings.ts';
import { type ImportRequest, openImport } from './open-import.ts';
import type { ImportSettings } from './settings.ts';
import { type FoundIn, ofPage } from './stream.ts';

/** Kinds of sources that know their images without reading them. */
const LISTED: ReadonlySet<OriginKind> = new Set(['folder', 'files', 'zip']);
/** Images of a preview with more pixels are kept with this shorter side: three times the largest size. */
const KEPT_PIXELS = 2 ** 20;
const KEPT_SIDE = 768;

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
  kind: OriginKind;
  /** What was found and guessed, in one sentence. */
  description: string;
  /** Number of files or images of the source; null when only known at the end. */
  total: number | null;
  /** Classes of the source before they are renamed or left out; null when it has none. */
  classes: PreviewClass[] | null;
  /** Number of images without a class where others have one; null where counting would mean to read everything. */
  unlabelled: number | null;
  /** The settings with size and channels as the images have them. */
  settings: ImportSettings;
  images: PreviewImage[];
  /** The images that would be imported, as they would be. */
  pixels: ImageBatch;
  /** Kinds of data of which a person has to say which is meant; empty when there is no question. */
  rivals: Rival[];
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
export async function openPreview(
  home: string,
  request: ImportRequest,
  signal?: AbortSignal,
): Promise<Previewer> {
  const { source, settingsFor, before } = await openImport(home, request, signal);
  let own: Form | null = null;
  let seen: { count: number; items: PreviewItem[] } | null = null;
  return {
    async preview(given, count, abort) {
      const settings = settingsFor(completeSettings(given));
      checkOptions(source, request, settings, before);
      own ??= await settleForm(source, { size: null, channels: null }, abort);
      const form = { size: settings.size ?? own.size, channels: settings.channels ?? own.channels };
      if (seen?.count !== count) seen = { count, items: await readItems(source, count, abort) };
      return makePreview(source, seen.items, { ...settings, ...form }, form, abort);
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
  home: string,
  request: ImportRequest,
  settings: Partial<ImportSettings>,
  count: number,
  signal?: AbortSignal,
): Promise<ImportPreview> {
  const previewer = await openPreview(home, request, signal);
  try {
    return await previewer.preview(settings, count, signal);
  } finally {
    await previewer.close();
  }
}

/** An image as it was found, with enough pixels for any preview of it; or why there is none. */
type PreviewItem =
  | { item: SourceItem; image: RawImage; width: number; height: number; found: FoundIn }
  | { skipped: SkippedItem };

async function readItems(
  source: ImageSource,
  count: number,
  signal: AbortSignal | undefined,
): Promise<PreviewItem[]> {
  const items: PreviewItem[] = [];
  const files = await source.preview(count, signal);
  for (const [i, item] of files.entries()) {
    signal?.throwIfAborted();
    if ('skipped' in item) {
      items.push(item);
      continue;
    }
    const input = await readItem(item);
    if ('reason' in input) {
      items.push({ skipped: { file: item.file, reason: input.reason } });
      continue;
    }
    // Of a file of many pages the first, as far as the others leave room.
    let room = Math.ceil((count - items.length) / (files.length - i));
    for await (const { page, image } of imagesOf(input)) {
      signal?.throwIfAborted();
      const own = ofPage(item, page);
      if (image instanceof UnusableImage) items.push({ skipped: { file: own.file, reason: image.message } });
      else {
        const { width, height, bits } = image;
        const found = { file: item.file, page, ...(bits !== undefined && { bits }) };
        items.push({ item: own, image: inMemory(image), width, height, found });
      }
      if (--room <= 0) break;
    }
  }
  return items;
}

/** Large images are made smaller, so that many can be kept; to the largest preview that is no difference to be seen. */
function inMemory(image: RawImage): RawImage {
  const { width, height, channels } = image;
  const scale = KEPT_SIDE / Math.min(width, height);
  if (width * height <= KEPT_PIXELS || scale >= 1 || channels === 4) return image;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  return resample({ ...image, channels }, w, h, [0, 0, width, height]);
}

async function makePreview(
  source: ImageSource,
  items: readonly PreviewItem[],
  settings: ImportSettings,
  form: Form,
  signal: AbortSignal | undefined,
): Promise<ImportPreview> {
  const { fit, padColour, background, minSide } = settings;
  const target: Target = { ...form, fit, padColour, background };
  const perImage = form.size * form.size * form.channels;
  const data = new Uint8Array(items.length * perImage);
  const images: PreviewImage[] = [];
  const notes = new FileNotes();
  let kept = 0;
  for (const found of items) {
    signal?.throwIfAborted();
    if ('skipped' in found) {
      const { file, reason } = found.skipped;
      images.push({ file, className: null, width: null, height: null, index: null, reason });
      continue;
    }
    const { item, image, width, height } = found;
    notes.add(found.found);
    const className = classOf(item, settings);
    const unwanted = className === undefined ? `class "${item.className ?? ''}" is left out` : null;
    const reason = unwanted ?? unfit(found, minSide, fit)?.reason ?? null;
    if (reason === null) data.set(prepareImage(image, target), kept * perImage);
    const index = reason === null ? kept++ : null;
    images.push({ file: item.file, className: className ?? null, width, height, index, reason });
  }
  const { classes, unlabelled } = await classesOf(source, items, settings, signal);
  if (settings.classes === 'folders' && settings.classMap !== undefined && LISTED.has(source.kind)) {
    checkClassNames(settings.classMap, classes?.map(({ name }) => name) ?? []);
  }
  const pixels = { count: kept, height: form.size, width: form.size, channels: form.channels };
  return {
    kind: source.kind,
    description: source.description,
    total: source.total,
    classes,
    unlabelled,
    rivals: [...(source.rivals ?? [])],
    settings,
    images,
    pixels: { ...pixels, data: data.subarray(0, kept * perImage) },
    warnings: [
      ...(source.remarks?.() ?? []),
      ...notes.remarks(),
      ...classWarnings(classes, unlabelled, settings),
      ...warningsOf(images, settings, form),
    ],
    flip: flipOf(source, data, kept, form),
  };
}

/** What the few images of a preview tell; mostly the names of the classes. */
function flipOf(source: ImageSource, data: Uint8Array, count: number, { size, channels }: Form): FlipVerdict {
  const meter = new FlipMeter({ height: size, width: size, channels }, { count, classes: 0 });
  const perImage = size * size * channels;
  for (let i = 0; i < count; i++) meter.add(data.subarray(i * perImage, (i + 1) * perImage), 0);
  return meter.verdict(source.classNames);
}

/** Classes by their names in the source; counted where that means no reading of images. */
async function classesOf(
  source: ImageSource,
  items: readonly PreviewItem[],
  { classes }: ImportSettings,
  signal: AbortSignal | undefined,
): Promise<Pick<ImportPreview, 'classes' | 'unlabelled'>> {
  if (classes === 'none') return { classes: null, unlabelled: 0 };
  let unlabelled = 0;
  const counts = new Map<string, number | null>();
  const count = (item: SourceItem, isAll: boolean): void => {
    const name = classOf(item, { classes });
    if (name === null) unlabelled++;
    else if (name !== undefined) counts.set(name, isAll ? (counts.get(name) ?? 0) + 1 : null);
  };
  if (LISTED.has(source.kind)) {
    for await (const item of source.items(signal)) if (!('skipped' in item)) count(item, true);
  } else {
    for (const name of (classes === 'auto' ? source.classNames : null) ?? []) counts.set(name, null);
    for (const found of items) if ('item' in found) count(found.item, false);
  }
  if (counts.size === 0) return { classes: null, unlabelled: 0 };
  const named = orderClasses(counts.keys(), source.classNames).map((name) => ({
    name,
    count: counts.get(name) ?? null,
  }));
  if (LISTED.has(source.kind)) return { classes: named, unlabelled };
  return { classes: named, unlabelled: classes === 'auto' ? source.unlabelled : null };
}
