/** Which preset to begin with, for a data set on a machine. Rules of thumb, from what the presets were sized for. */
import type { DatasetRecord } from '../data/dataset.ts';
import { UserError } from '../errors.ts';
import { countOf } from '../words.ts';
import { type Advice, adviceFor } from './advice.ts';
import type { Preset } from './model.ts';
import { fitPresetToData, listPresets, loadPreset } from './presets.ts';

/** What a machine trains with. */
export interface TrainingMachine {
  kind: 'CPU' | 'GPU';
  /** Bytes of memory that trainings may use: the GPU's own, or the machine's; null where nobody knows. */
  memory: number | null;
}

export interface Recommendation {
  preset: string;
  /** Why this one, in a sentence. */
  reason: string;
}

export type RecommendedFor = Pick<
  DatasetRecord,
  'count' | 'heldOut' | 'width' | 'height' | 'channels' | 'classes'
> &
  Partial<Pick<DatasetRecord, 'settings' | 'flip'>>;

/** Fewer images than this are learned by heart by a network that is larger than need be. */
const FEW = 500;
/** From this many pixels a side on, colour wants the larger networks. */
const COLOUR_SIDE = 24;
/** From this side on, a GPU has the use of the preset for 64 pixels. */
const LARGE_SIDE = 48;

/**
 * The preset to begin with: one that gives something to see in minutes or within an hour, never one that only tries the program out.
 *
 * @param presets those that come with the program
 */
export function recommendPreset(
  presets: readonly Preset[],
  data: RecommendedFor,
  { kind }: Pick<TrainingMachine, 'kind'>,
): Recommendation {
  const trained = data.count - data.heldOut;
  const colour = data.channels === 3 && data.width >= COLOUR_SIDE;
  const gpu = kind === 'GPU';
  const few = trained < FEW;
  const first = few || !colour ? 'tiny' : gpu && data.width >= LARGE_SIDE ? 'medium' : 'small';
  const order = [first, 'tiny', 'tiny-unet', 'small', 'medium'];
  const fitting = order.find((name) => fits(presets, name, data));
  const preset = fitting ?? first;
  const images = `${countOf(trained, data.channels === 3 ? 'colour image' : 'grey image')} of ${data.width} × ${data.height}`;
  if (preset !== first) {
    return {
      preset,
      reason: `Recommended for ${images}, whose size suits its network; ${titleOf(presets, first)} would need another size.`,
    };
  }
  if (few)
    return { preset, reason: `Recommended for ${images}: a larger network would learn so few by heart.` };
  const reasons: Record<string, string> = {
    tiny: `Recommended for ${images}: the quickest here with samples worth seeing.`,
    small: `Recommended for ${images} on ${gpu ? 'a GPU' : 'a processor'}: colour takes the larger network${gpu ? '' : ', and about an hour on two cores'}.`,
    medium: `Recommended for ${images} on a GPU: pictures of this size take the larger network, and about an hour.`,
  };
  return { preset, reason: reasons[preset] ?? `Recommended for ${images}.` };
}

/** What to expect of a data set and how to train on it, with the recommended preset and why that one. */
export function adviceOn(
  presets: readonly Preset[],
  data: RecommendedFor,
  machine: Pick<TrainingMachine, 'kind'>,
): Advice & Pick<Recommendation, 'reason'> {
  const { preset, reason } = recommendPreset(presets, data, machine);
  // What is recommended is one of these, or `tiny`, which comes with the program.
  const { training, objective } = presets.find(({ name }) => name === preset)!.config;
  const advised = {
    name: preset,
    batchSize: training.batchSize,
    adversarial: objective.adversarial !== null,
  };
  return { ...adviceFor(data, advised), reason };
}

/** What is taken where nobody names a preset: `tiny`, or `tiny-unet` for images that are too small for it. */
export async function unnamedPreset(data: RecommendedFor): Promise<Preset> {
  const presets = await listPresets();
  const fitting = ['tiny', 'tiny-unet'].find((name) => fits(presets, name, data));
  return loadPreset(fitting ?? 'tiny');
}

/** The title without what it needs and gives. */
function titleOf(presets: readonly Preset[], name: string): string {
  const title = presets.find((preset) => preset.name === name)?.title ?? name;
  return `“${title.split(':')[0] ?? title}”`;
}

function fits(presets: readonly Preset[], name: string, data: RecommendedFor): boolean {
  const preset = presets.find((candidate) => candidate.name === name);
  if (preset === undefined) return false;
  try {
    fitPresetToData(preset, data);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
