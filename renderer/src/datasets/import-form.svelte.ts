import * as v from 'valibot';
import {
  Calls,
  DEFAULT_SETTINGS,
  MAX_SIZE,
  MIN_SIZE,
  type ImportPreview,
  type ImportSettings,
  type OriginKind,
  type SourceRequest,
  suitingRequest,
} from '../../../main/ipc/contract.ts';
import { readWhole } from '../ui/numbers.ts';
import { TypedNumber } from '../ui/typed-number.svelte.ts';
import { type ImportDraft, nameFor } from './imports.svelte.ts';

export const nameSchema = Calls['datasets.import'].params.entries.name;

const LARGEST_TILE = 4_096;
const MAX_IMAGES = 1_000_000_000;

export const NAME_RULE = 'A name has 1 to 64 letters, digits, spaces, dots, dashes or underscores.';

export type LabelsChoice = 'auto' | 'none' | { path: string };

/** The options of an import as they stand in the dialog, texts as typed, and what they come to. */
export class ImportForm {
  paths = $state.raw<readonly string[]>([]);
  name = $state('');
  kind = $state<OriginKind | null>(null);
  size = $state<number | null>(null);
  channels = $state<1 | 3 | null>(null);
  fit = $state<ImportSettings['fit']>('crop');
  padColour = $state('');
  background = $state('');
  readonly minSide = new TypedNumber((text) => readWhole(text, 0, 10_000));
  readonly limit = new TypedNumber((text) => readWhole(text, 1, MAX_IMAGES));
  dedupe = $state(false);
  holdOut = $state(0);
  flip = $state<ImportSettings['flip']>('auto');
  useClasses = $state(true);
  /** A data set stands in for the source it was made of, which is gone. */
  replaced = $state(false);
  /** Classes renamed, or left out (null): only those that are not as they were. */
  classMap = $state<Record<string, string | null>>({});
  readonly tileSize = new TypedNumber((text) => readWhole(text, MIN_SIZE, LARGEST_TILE));
  readonly tileStride = new TypedNumber((text) => readWhole(text, 1, LARGEST_TILE));
  layout = $state<NonNullable<SourceRequest['layout']>>('auto');
  /** Kinds of data in the folder of which one is to be chosen; empty when there is no question. */
  rivals = $state.raw<ImportPreview['rivals']>([]);
  imagesKey = $state('');
  #labels = $state<LabelsChoice>('auto');
  #labelsKey = $state('');
  /** Encoding of the names in a zip archive; null: guessed. */
  zipEncoding = $state<NonNullable<SourceRequest['zipEncoding']> | null>(null);
  /** Data set that is made anew; its own images stand in where the source is gone. */
  readonly #again: string | null;
  /** What the classes of images are, if they are kept. */
  readonly #classes: ImportSettings['classes'];
  /** Whether the size is the person's own wish. */
  #sized: boolean;
  readonly #usualSize: number;

  /** @param usualSize side proposed for images of different sizes */
  constructor(draft: Omit<ImportDraft, 'id'>, usualSize: number) {
    const { request } = draft;
    const settings = { ...DEFAULT_SETTINGS, ...draft.settings };
    this.#usualSize = usualSize;
    this.#sized = draft.settings?.size !== undefined && draft.settings.size !== null;
    this.paths = request.paths;
    this.name = draft.name ?? nameFor(request);
    this.kind = request.kind;
    this.size = settings.size;
    this.channels = settings.channels;
    this.fit = settings.fit;
    this.padColour = settings.padColour;
    this.background = settings.background;
    this.minSide.set(settings.minSide || null);
    this.limit.set(settings.limit);
    this.dedupe = settings.dedupe;
    this.holdOut = settings.holdOut;
    this.flip = settings.flip;
    this.#again = request.again ?? null;
    this.#classes = settings.classes === 'none' ? 'auto' : settings.classes;
    this.useClasses = settings.classes !== 'none';
    this.classMap = { ...settings.classMap };
    this.tileSize.set(request.tile?.size);
    this.tileStride.set(request.tile?.stride);
    this.layout = request.layout ?? 'auto';
    this.#labels =
      request.labelsPath === undefined
        ? 'auto'
        : request.labelsPath === null
          ? 'none'
          : { path: request.labelsPath };
    this.imagesKey = request.imagesKey ?? '';
    this.#labelsKey = request.labelsKey ?? '';
    this.zipEncoding = request.zipEncoding ?? null;
  }

  get labels(): LabelsChoice {
    return this.#labels;
  }

  /** Other labels have other classes. */
  set labels(choice: LabelsChoice) {
    this.#labels = choice;
    this.classMap = {};
  }

  get labelsKey(): string {
    return this.#labelsKey;
  }

  set labelsKey(key: string) {
    this.#labelsKey = key;
    this.classMap = {};
  }

  /** Whether it must be said first which of several kinds of data is meant. */
  readonly undecided = $derived(this.kind === null && this.rivals.length > 0);
  readonly nameProblem = $derived(v.is(nameSchema, this.name.trim()) ? null : NAME_RULE);
  readonly #kept = $derived(Object.values(this.classMap));
  readonly valid = $derived(
    [
      this.nameProblem,
      this.minSide.problem,
      this.limit.problem,
      this.tileSize.problem,
      this.tileStride.problem,
      ...this.#kept.map((name) => (name?.trim() === '' ? 'A class needs a name.' : null)),
    ].every((problem) => problem === null),
  );

  readonly request = $derived.by((): SourceRequest => {
    const { value: size } = this.tileSize;
    const { value: stride } = this.tileStride;
    const cut = size !== null || stride !== null;
    const request: SourceRequest = {
      kind: this.kind,
      paths: [...this.paths],
      ...(cut && { tile: { ...(size !== null && { size }), ...(stride !== null && { stride }) } }),
      ...(this.layout !== 'auto' && { layout: this.layout }),
      ...(this.labels !== 'auto' && { labelsPath: this.labels === 'none' ? null : this.labels.path }),
      ...(this.imagesKey.trim() !== '' && { imagesKey: this.imagesKey.trim() }),
      ...(this.labelsKey.trim() !== '' && { labelsKey: this.labelsKey.trim() }),
      ...(this.zipEncoding !== null && { zipEncoding: this.zipEncoding }),
      ...(this.#again !== null && this.kind !== 'dataset' && { again: this.#again }),
    };
    return this.kind === null ? request : suitingRequest(request, this.kind);
  });

  readonly settings = $derived.by((): ImportSettings => {
    const classMap = Object.fromEntries(
      Object.entries(this.classMap).map(([from, to]) => [from, to === null ? null : to.trim()]),
    );
    return {
      size: this.size,
      channels: this.channels,
      fit: this.fit,
      padColour: this.fit === 'pad' ? this.padColour : DEFAULT_SETTINGS.padColour,
      background: this.background,
      minSide: this.minSide.value ?? 0,
      dedupe: this.dedupe,
      holdOut: this.holdOut,
      flip: this.flip,
      classes: this.useClasses ? this.#classes : 'none',
      ...(this.limit.value !== null && { limit: this.limit.value }),
      ...(this.useClasses && Object.keys(classMap).length > 0 && { classMap }),
    };
  });

  setSize(size: number | null): void {
    this.#sized = true;
    this.size = size;
  }

  /** Takes another kind of source for granted; classes and parts were the former's. */
  setKind(kind: OriginKind | null): void {
    this.kind = kind;
    this.classMap = {};
    this.imagesKey = '';
    this.#labelsKey = '';
    this.zipEncoding = null;
  }

  /** Calls a class otherwise, or leaves it out (null). */
  setClass(from: string, to: string | null): void {
    const { [from]: _, ...others } = this.classMap;
    this.classMap = to === from ? others : { ...others, [from]: to };
  }

  /** Takes over what a look at the source has told. */
  learn(about: Pick<ImportPreview, 'images' | 'kind'> & Partial<Pick<ImportPreview, 'rivals'>>): void {
    if (this.kind === null) this.rivals = about.rivals ?? [];
    if (about.kind === 'dataset' && this.kind !== 'dataset' && this.#again !== null)
      this.#standIn(this.#again);
    this.proposeSize(about);
  }

  /** The data set's own images are read; what its import left out and renamed is done already. */
  #standIn(name: string): void {
    this.replaced = true;
    this.setKind('dataset');
    this.paths = [name];
    for (const number of [this.minSide, this.limit, this.tileSize, this.tileStride]) number.set();
    this.layout = 'auto';
    this.labels = 'auto';
  }

  /** Images that all have one size keep it; others get the usual one, unless the person has chosen. */
  proposeSize(about: Pick<ImportPreview, 'images'>): void {
    if (this.#sized) return;
    this.size = ownSize(about) === null ? this.#usualSize : null;
  }
}

/** The side that images can keep; null when they have none in common, are not square, or too small or large. */
export function ownSize({ images }: Pick<ImportPreview, 'images'>): number | null {
  const [side, ...others] = new Set(
    images.flatMap(({ width, height }) => (width === null || height === null ? [] : [width, height])),
  );
  return side === undefined || others.length > 0 || side < MIN_SIZE || side > MAX_SIZE ? null : side;
}
