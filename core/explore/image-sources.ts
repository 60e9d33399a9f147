/** What is drawn from a model as sources of images for export: samples, reconstructions, the path between two images. */
import { setImmediate as turn } from 'node:timers/promises';
import type { PackedDataset } from '../data/packed.ts';
import type { PngText } from '../export/png.ts';
import type { ImageSource, SetShape } from '../export/sets/set.ts';
import type { DrawingOptions, Generator, SampleOptions, TimePoint } from './api.ts';
import { Explorer } from './explorer.ts';
import { drawInCalls, PART, sampleInParts } from './parts.ts';
import { withPrior } from './prior/fit-prior.ts';
import { gridPlaces } from './plane/places.ts';
import { type DrawingDetails, provenanceOf } from './provenance.ts';
import { RunSupplies } from './run-supplies.ts';
import type { View } from './view.ts';
import { viewSource } from './view-source.ts';

/** What the texts of all images say besides: hash of the checkpoint, command. */
export interface SourceFacts {
  details: DrawingDetails;
  /** Names of the classes that the model knows; none for a model without. */
  classes: readonly string[];
}

/** Samples: the same that one draw of all of them gives, bit for bit. `index` in the texts is a sample's number. */
export function samplesOf(
  home: string,
  generator: Generator,
  options: SampleOptions,
  { details, classes }: SourceFacts,
): ImageSource {
  const { count, start = 0, label = null } = options;
  return {
    shape: shapeOf(generator, count, label === null ? null : classes),
    word: 'sample',
    first: start,
    origin: originOf(generator, details, start),
    async *parts(signal) {
      const all = await withPrior(options, { home, modelNow: () => generator, signal });
      for (let done = 0; done < count; done += PART) {
        const wanted = Math.min(PART, count - done);
        const asked = { ...all, start: start + done, count: wanted };
        const { images } = await sampleInParts(() => generator, asked, undefined, signal);
        yield { images, labels: label === null ? null : Array.from({ length: wanted }, () => label) };
        await turn();
      }
    },
  };
}

/** What the model makes of images of a data set, with their classes. `index` is an image's number in the data set. */
export async function reconstructionsOf(
  generator: Generator,
  dataset: PackedDataset,
  { start, count, at, ...drawing }: DrawingOptions & { start: number; count: number; at: TimePoint },
  { details }: Pick<SourceFacts, 'details'>,
): Promise<ImageSource> {
  const { classes = null } = dataset.record;
  const labels = classes === null ? null : await dataset.labels();
  return {
    shape: shapeOf(generator, count, classes),
    word: 'reconstruction',
    first: start,
    origin: originOf(generator, details, start),
    async *parts(signal) {
      for (let done = 0; done < count; done += PART) {
        signal?.throwIfAborted();
        const wanted = Math.min(PART, count - done);
        const originals = await dataset.readImages(start + done, wanted);
        const images = generator.reconstruct(originals, { ...drawing, at });
        yield {
          images,
          labels:
            labels &&
            Array.from(labels.subarray(start + done, start + done + wanted), (label) =>
              label < (classes?.length ?? 0) ? label : null,
            ),
        };
        await turn();
      }
    },
  };
}

/** The path between two images of a data set. `index` is an image's place on it. */
export async function pathOf(
  generator: Generator,
  dataset: PackedDataset,
  {
    from,
    to,
    count,
    at,
    ...drawing
  }: DrawingOptions & { from: number; to: number; count: number; at?: TimePoint },
  { details }: Pick<SourceFacts, 'details'>,
): Promise<ImageSource> {
  const a = await dataset.readImages(from, 1);
  const b = await dataset.readImages(to, 1);
  return {
    shape: shapeOf(generator, count, null),
    word: 'frame',
    origin: originOf(generator, details, 0),
    async *parts(signal) {
      for (let done = 0; done < count; done += PART) {
        const positions = Array.from(
          { length: Math.min(PART, count - done) },
          (_, i) => (done + i) / Math.max(1, count - 1),
        );
        const options = { positions, ...(at !== undefined && { at }), ...drawing };
        const start = (model: Generator) => model.interpolateCalls(a, b, options);
        const { images } = await drawInCalls(() => generator, start, signal);
        yield { images, labels: null };
        await turn();
      }
    },
  };
}

/** The plane between three or four images of the run's data set, `side` pictures across and down, row by row. */
export function planeOf(
  home: string,
  generator: Generator,
  {
    corners,
    side,
    at,
    label,
    ...drawing
  }: DrawingOptions & { corners: readonly number[]; side: number; at?: TimePoint },
  { details }: Pick<SourceFacts, 'details'>,
): ImageSource {
  const modelNow = (): Generator => generator;
  const supplies = new RunSupplies({ home, manifest: generator.manifest, modelNow });
  const explorer = new Explorer({ modelNow, supplies });
  const look = { ...drawing, ...(at !== undefined && { at }), ...(label != null && { label }) };
  const view: View = {
    kind: 'plane',
    corners: corners.map((index) => ({ kind: 'image' as const, index })),
    plane: 'spherical',
    places: gridPlaces(side, side),
  };
  return { ...viewSource(explorer, generator, view, look, details), columns: side };
}

function shapeOf({ manifest }: Generator, count: number, classes: readonly string[] | null): SetShape {
  const { imageSize, channels } = manifest.config.network;
  return { count, height: imageSize, width: imageSize, channels, classes };
}

function originOf(
  { manifest, step }: Generator,
  details: DrawingDetails,
  start: number,
): (place: number | null) => PngText {
  return (place) =>
    provenanceOf(manifest, step, { ...details, ...(place !== null && { index: start + place }) });
}
