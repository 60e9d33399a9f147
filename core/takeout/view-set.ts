/** Views of latent space as files: what `covae walk`, `plane`, `decode` and their kin, the window's boards and `covae redraw` write. */
import type { Generator } from '../explore/api.ts';
import type { Explorer } from '../explore/explorer.ts';
import { checkInputs, inputsOf } from '../explore/inputs.ts';
import { gridWidth, type Look, type View, type ViewFiles } from '../explore/view.ts';
import { commandOfView } from '../explore/view-command.ts';
import { viewSource } from '../explore/view-source.ts';
import { exportSet, type SetExport } from '../export/export-set.ts';
import type { FormatName } from '../export/sets/formats.ts';
import type { ImageSource } from '../export/sets/set.ts';
import { runFolder } from '../library.ts';
import { checkpointHash } from '../run/checkpoint-hash.ts';
import { type Again, checkWeights, oneOf } from './again.ts';

/** Formats whose files say themselves where they come from; beside the others lies a JSON. */
const SPEAKING: readonly FormatName[] = ['grid', 'gif', 'webp', 'apng'];

/** Whether a JSON that says where it comes from lies beside such a set, or in its folder. */
export function hasNote(as: FormatName, provenance: boolean): boolean {
  return provenance && !SPEAKING.includes(as);
}

export interface ViewSetOptions {
  home: string;
  view: View;
  look: Look;
  columns?: number | undefined;
  files: ViewFiles & { as: FormatName };
  /** Made once more, from what the file of that name says of itself. */
  redrawn?: (Again & { file: string; inputs: Readonly<Record<string, unknown>> }) | null | undefined;
}

export interface ViewSet {
  source: ImageSource;
  /** The command that makes it again. */
  command: string;
  /**
   * Writes it.
   *
   * @throws UserError in one sentence, as {@link exportSet}
   */
  write: (
    target: string,
    options: {
      force?: boolean | undefined;
      provenance?: boolean | undefined;
      signal?: AbortSignal | undefined;
      onProgress?: ((done: number, total: number) => void) | undefined;
    },
  ) => Promise<SetExport>;
}

/**
 * A view of an opened run, ready to be drawn and written.
 *
 * @throws UserError when a file or a direction that it is made from cannot be read; with `redrawn` also when weights, files or
 *   directions are other ones by now
 */
export async function viewSet(
  explorer: Explorer,
  generator: Generator,
  { home, view, look, columns, files, redrawn: again = null }: ViewSetOptions,
): Promise<ViewSet> {
  const { manifest, step } = generator;
  const folder = runFolder(home, manifest.id);
  const weights = look.weights ?? 'ema';
  if (again !== null) {
    await checkWeights(home, manifest.id, generator, weights, again);
    await checkInputs(again.file, folder, view, again.inputs);
  }
  const checkpoint = await checkpointHash(folder, step, weights);
  const inputs = await inputsOf(folder, view);
  const command = commandOfView(view, look, { run: manifest.id, step, columns, files });
  const details = {
    ...{ kind: view.kind, command },
    ...(checkpoint !== null && { checkpoint }),
    ...(Object.keys(inputs).length > 0 && { inputs }),
  };
  const source = oneOf(viewSource(explorer, generator, view, look, details), again);
  const { as, scale, resize, gap, rate, hold, pingPong } = files;
  const width = again?.picture ? 1 : gridWidth(view, columns);
  return {
    source,
    command,
    write: (target, { provenance = true, ...options }) =>
      exportSet(source, target, {
        ...{ as, scale, gap, provenance, note: again?.picture ? false : hasNote(as, provenance) },
        ...{ kernel: resize, columns: as === 'grid' ? width : undefined },
        animation: {
          ...(rate !== undefined && { framesPerSecond: rate }),
          ...(hold !== undefined && { hold }),
          ...(pingPong !== undefined && { pingPong }),
        },
        ...options,
      }),
  };
}
