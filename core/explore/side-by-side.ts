/** One view through several checkpoints or runs: a strip or a grid for each, below one another or as the frames of a film. */
import { UserError } from '../errors.ts';
import { layoutGrid } from '../export/grid.ts';
import type { ImageSource } from '../export/sets/set.ts';
import type { RunManifest } from '../run/manifest.ts';
import { shellWord } from '../shell-word.ts';
import type { Explorer } from './explorer.ts';
import { provenanceOf } from './provenance.ts';
import { type Look, picturesOf, type View } from './view.ts';
import { commandOfView } from './view-command.ts';

/** Most checkpoints in one file. */
export const MAX_SIDE_BY_SIDE = 64;
/** Pictures of a strip. */
const STRIP = 16;

/** One of what is put side by side. */
export interface Side {
  manifest: RunManifest;
  step: number;
  /** Opens it while it is drawn. */
  withExplorer: <T>(use: (explorer: Explorer) => Promise<T>) => Promise<T>;
}

export interface SideBySide {
  sides: readonly Side[];
  view: View;
  look: Look;
  /** Whether each side is a frame, rather than a part of one picture. */
  film: boolean;
  /** Pictures in a row of one side; default: up to 16 in one row, of a film as square as it gets. */
  columns?: number | undefined;
  /** As what it is written, for the command. */
  files?: Parameters<typeof commandOfView>[2]['files'];
}

/**
 * The sides as images to write, each drawn when it is its turn.
 *
 * @throws UserError when there are none, too many, or their pictures differ in size
 */
export function sideBySideSource({ sides, view, look, film, columns, files }: SideBySide): ImageSource {
  const [first] = sides;
  if (first === undefined) throw new UserError('There is nothing to put side by side; name a run.');
  if (sides.length > MAX_SIDE_BY_SIDE) {
    throw new UserError(
      `Up to ${MAX_SIDE_BY_SIDE} checkpoints are put side by side, not ${sides.length}; choose fewer.`,
    );
  }
  const { imageSize, channels } = first.manifest.config.network;
  const other = sides.find(({ manifest: { config } }) => {
    const { network } = config;
    return network.imageSize !== imageSize || network.channels !== channels;
  });
  if (other !== undefined) {
    const { network } = other.manifest.config;
    throw new UserError(
      `The run ${other.manifest.id} draws ${network.imageSize} × ${network.imageSize} × ${network.channels}, but ${first.manifest.id} ${imageSize} × ${imageSize} × ${channels}; put runs of one size side by side.`,
    );
  }
  const count = picturesOf(view);
  const wide = columns ?? (film ? Math.ceil(Math.sqrt(count)) : Math.min(STRIP, count));
  // Between the pictures of a side there is no gap: the writer puts one between the sides.
  const layout = { columns: wide, margin: 0, background: 255 };
  const command = commandOf({ sides, view, look, columns, files });
  return {
    shape: {
      count: sides.length,
      ...{ height: Math.ceil(count / wide) * imageSize, width: wide * imageSize, channels, classes: null },
    },
    word: film ? 'frame' : 'picture',
    columns: view.kind === 'plane' || view.kind === 'along' ? Math.ceil(Math.sqrt(sides.length)) : 1,
    origin: (place) => {
      const { manifest, step } = sides[place ?? 0] ?? first;
      return provenanceOf(manifest, step, {
        ...{ kind: 'side-by-side', command, sides: sides.map(wordOf).join(' ') },
        ...(place !== null && { index: place }),
      });
    },
    async *parts(signal) {
      for (const side of sides) {
        const { images } = await side.withExplorer((explorer) => explorer.draw(view, look, signal));
        yield { images: { count: 1, ...layoutGrid(images, layout) }, labels: null };
      }
    },
  };
}

/** `digits-a1b2@300` */
export function wordOf({ manifest, step }: Pick<Side, 'manifest' | 'step'>): string {
  return `${manifest.id}@${step}`;
}

/** The command that makes it again. */
function commandOf({ sides, view, look, columns, files }: Omit<SideBySide, 'film'>): string {
  const whole = commandOfView(view, look, { run: 'RUN', columns, ...(files && { files }) });
  const words = sides.map((side) => shellWord(wordOf(side))).join(' ');
  return whole.replace(/^covae \w+ RUN/, `covae side-by-side ${words}`);
}
