/** `covae encode`, `covae decode` and `covae neighbours`. */
import path from 'node:path';
import type { Command } from 'commander';
import { formatNumber } from '../../../../core/digits.ts';
import { UserError } from '../../../../core/errors.ts';
import type { TimePoint } from '../../../../core/explore/api.ts';
import { formatPoint, type KeyPoint, pointWords } from '../../../../core/explore/points/point.ts';
import type { View } from '../../../../core/explore/view.ts';
import type { FormatName } from '../../../../core/export/sets/formats.ts';
import { runFolder } from '../../../../core/library.ts';
import { checkOutput } from '../../../../core/output.ts';
import { checkpointHash } from '../../../../core/run/checkpoint-hash.ts';
import { countOf } from '../../../../core/words.ts';
import type { Bind } from '../../bind.ts';
import { table } from '../../format.ts';
import { forceOption, parsePath, parsePlaces, wholeNumber, withCommonOptions } from '../../options.ts';
import type { Output } from '../../output.ts';
import { RUN_HELP } from '../drawing.ts';
import {
  checkTarget,
  formatFor,
  type LookOptions,
  parseKeyPoint,
  parseKeyPoints,
  progressOf,
  withExplorer,
  withLookOptions,
  withWriteOptions,
  type WriteOptions,
  writeView,
} from './look.ts';

const FORMATS: readonly FormatName[] = ['grid', 'png', 'npz', 'npy', 'zip', 'gif', 'webp', 'apng', 'frames'];
const MAX_INDEX = 100_000_000;

interface EncodeOptions extends LookOptions {
  from?: number;
  count?: number;
  point?: KeyPoint[];
  out?: string;
}

interface DecodeOptions extends LookOptions, WriteOptions {
  latents?: string;
  count?: number;
  point?: KeyPoint[];
  times?: TimePoint[];
  columns?: number;
}

interface NeighbourOptions extends LookOptions, WriteOptions {
  index?: number;
  of?: KeyPoint;
  count: number;
}

export function addLatentCommands(program: Command, bind: Bind): void {
  const encode = program
    .command('encode')
    .description('Encode images and write their latents, mean and standard deviation, as safetensors or npz.')
    .argument('[run]', RUN_HELP)
    .addOption(wholeNumber('--from <index>', 'first image of the data set (default: 0)', 0, MAX_INDEX))
    .addOption(wholeNumber('--count <n>', 'number of images (default: 8)', 1, 1_000_000))
    .option('--point <point>', 'or points, as for covae walk; may be given several times', parseKeyPoints)
    .option('--out <file>', 'file to write, .safetensors or .npz (default: a name of its own)', parsePath)
    .addOption(forceOption());
  withCommonOptions(withLookOptions(encode)).action(bind(encodeImages));

  const decode = program
    .command('decode')
    .description('Decode latents of a file that covae encode wrote, or points, into pictures.')
    .argument('[run]', RUN_HELP)
    .option('--latents <file>', 'file of latents, .safetensors or .npz; its rows are drawn', parsePath)
    .addOption(wholeNumber('--count <n>', 'so many of its rows (default: all)', 1, 1_000_000))
    .option('--point <point>', 'or points, as for covae walk; may be given several times', parseKeyPoints)
    .option('--times <places>', 'draw the points at each of these times, a row for each', parsePlaces)
    .addOption(wholeNumber('--columns <n>', 'of a grid: pictures in a row', 1, 10_000));
  withCommonOptions(withWriteOptions(withLookOptions(decode), FORMATS)).action(bind(decodeLatents));

  const neighbours = program
    .command('neighbours')
    .description(
      'Find the images of the data set whose encodings are nearest to that of an image, or of a point.',
    )
    .argument('[run]', RUN_HELP)
    .addOption(wholeNumber('--index <index>', 'image of the data set', 0, MAX_INDEX))
    .option('--of <point>', 'or a point, as for covae walk', parseKeyPoint)
    .addOption(wholeNumber('--count <n>', 'how many', 1, 1000).default(8));
  withCommonOptions(withWriteOptions(withLookOptions(neighbours), FORMATS)).action(bind(nearest));
}

/** Images that are encoded at a time. */
const PART = 128;

async function encodeImages(output: Output, options: EncodeOptions, query?: string): Promise<number> {
  const { point, from = 0, count = 8, out, force } = options;
  if (point !== undefined && (options.from !== undefined || options.count !== undefined)) {
    throw new UserError('--from and --count name images of the data set, --point points; give one of both.', {
      code: 'usage',
    });
  }
  const { latentFormat, writeLatents } = await import('../../../../core/explore/points/latent-file.ts');
  const { timeOf } = await import('../../../../core/explore/points/latents.ts');
  const { latentShape } = await import('../../../../core/config/network.ts');
  if (out !== undefined) {
    latentFormat(out);
    checkOutput(out, { force });
  }
  return withExplorer(output, options, query, async (opened) => {
    const { home, run, generator, explorer, supplies, look, signal } = opened;
    const shape = latentShape(generator.manifest.config.network);
    const { reencodingIndex } = await import('../../../../core/schedule/time-steps.ts');
    const at: TimePoint = look.at ?? { timeIndex: reencodingIndex(generator.manifest.config.objective) };
    const t = timeOf(generator, at);
    const file = path.resolve(out ?? `${run.id}-step-${generator.step}-latents.safetensors`);
    checkOutput(file, { force });
    const weights = look.weights ?? 'ema';
    const checkpoint = await checkpointHash(runFolder(home, run.id), generator.step, weights);
    const origin = {
      ...{ t, run: run.id, step: generator.step, weights },
      ...(checkpoint !== null && { checkpoint }),
    };
    if (point !== undefined) {
      const { rows } = await explorer.latents({ kind: 'points', points: point }, look, signal);
      const mu = new Float32Array(rows.flatMap((row) => [...row]));
      const told = { ...origin, space: look.space ?? 'mu', points: point.map(formatPoint) };
      await writeLatents(file, { count: rows.length, shape, mu, std: null, origin: told }, { force });
      output.result({ run: run.id, step: generator.step, t, count: rows.length, shape, files: [file] }, [
        `Wrote ${countOf(rows.length, 'latent')} as ${file}.`,
      ]);
      return;
    }
    await supplies.withDataset(async (dataset) => {
      if (from >= dataset.count) {
        throw new UserError(
          `Data set "${dataset.record.name}" has no image ${from}; give numbers from 0 to ${dataset.count - 1}.`,
          { code: 'not-found' },
        );
      }
      const { workInCalls } = await import('../../../../core/explore/parts.ts');
      const wanted = Math.min(count, dataset.count - from);
      const size = shape.reduce((product, side) => product * side, 1);
      const [mu, std] = [new Float32Array(wanted * size), new Float32Array(wanted * size)];
      const tell = progressOf(output, 'image', 'encoded');
      const drawing = {
        ...(look.weights && { weights: look.weights }),
        ...(look.label !== undefined && { label: look.label }),
      };
      for (let done = 0; done < wanted;) {
        const images = await dataset.readImages(from + done, Math.min(PART, wanted - done));
        const { value } = await workInCalls(
          () => generator,
          (model) => model.encodeCalls(images, at, drawing),
          signal,
        );
        mu.set(value.mu, done * size);
        std.set(value.std, done * size);
        done += images.count;
        tell(done, wanted);
      }
      const { name, fingerprint } = dataset.record;
      const told = { ...origin, data: name, dataFingerprint: fingerprint, from };
      await writeLatents(file, { count: wanted, shape, mu, std, origin: told }, { force });
      output.result(
        { run: run.id, step: generator.step, t, data: name, from, count: wanted, shape, files: [file] },
        [`Wrote the latents of ${countOf(wanted, 'image')} as ${file}.`],
      );
    });
  });
}

async function decodeLatents(output: Output, options: DecodeOptions, query?: string): Promise<number> {
  const { latents, point, times, columns, at } = options;
  if (options.count !== undefined && latents === undefined) {
    throw new UserError('--count says how many rows of --latents; leave it out.', { code: 'usage' });
  }
  if ((latents === undefined) === (point === undefined)) {
    throw new UserError('Say what to decode: --latents with a file, or --point.', { code: 'usage' });
  }
  if (times !== undefined && at !== undefined) {
    throw new UserError('--times and --at both say when; give one of them.', { code: 'usage' });
  }
  const as = await formatFor(options, FORMATS, 'grid');
  await checkTarget(as, options);
  let points = point ?? [];
  let t: number | null = null;
  if (latents !== undefined) {
    const { readLatents } = await import('../../../../core/explore/points/latent-file.ts');
    const { count: rows, origin } = await readLatents(latents);
    const { count = rows } = options;
    if (count > rows) {
      throw new UserError(`${latents} has ${countOf(rows, 'latent')}, fewer than ${count}.`, {
        ...{ code: 'not-found', file: latents },
      });
    }
    t = origin.t;
    points = Array.from({ length: count }, (_, row): KeyPoint => ({ kind: 'latent', file: latents, row }));
  }
  // Latents are decoded where they were encoded, unless something else is asked for.
  const placed =
    t === null || at !== undefined || times !== undefined ? options : { ...options, at: [{ t }] };
  const view: View = times === undefined ? { kind: 'points', points } : { kind: 'times', points, times };
  return withExplorer(output, placed, query, (opened) =>
    writeView(output, opened, view, as, {
      ...options,
      columns: as === 'grid' ? columns : undefined,
      stem: 'decoded',
    }),
  );
}

async function nearest(output: Output, options: NeighbourOptions, query?: string): Promise<number> {
  const { index, of, count, out } = options;
  if ((index === undefined) === (of === undefined)) {
    throw new UserError(
      'Say whose neighbours: --index with an image of the data set, or --of with a point.',
      {
        code: 'usage',
      },
    );
  }
  const point: KeyPoint = of ?? { kind: 'image', index: index ?? 0 };
  const as = await formatFor(options, FORMATS, 'grid');
  if (out !== undefined) await checkTarget(as, options);
  const { reencodingIndex } = await import('../../../../core/schedule/time-steps.ts');
  return withExplorer(output, options, query, async (opened) => {
    const { generator, explorer, supplies, look, signal, run } = opened;
    const mean = { ...look, space: 'mu' as const };
    const [mu = new Float32Array()] = (
      await explorer.latents({ kind: 'points', points: [point] }, mean, signal)
    ).rows;
    const at = look.at ?? { timeIndex: reencodingIndex(generator.manifest.config.objective) };
    const encoding = { at, ...(look.weights && { weights: look.weights }) };
    const own = point.kind === 'image' ? point.index : -1;
    const found = (await supplies.nearest(mu, count + 1, encoding, signal))
      .filter((entry) => entry.index !== own)
      .slice(0, count);
    if (out !== undefined) {
      const points = [point, ...found.map((entry): KeyPoint => ({ kind: 'image', index: entry.index }))];
      await writeView(output, opened, { kind: 'points', points }, as, {
        ...options,
        columns: as === 'grid' ? points.length : undefined,
        stem: 'neighbours',
        told: { of: formatPoint(point), neighbours: found },
      });
      return;
    }
    output.result({ run: run.id, step: generator.step, of: formatPoint(point), neighbours: found }, [
      `Nearest to ${pointWords(point)}:`,
      ...table([
        ['image', 'distance'],
        ...found.map((entry) => [String(entry.index), formatNumber(entry.distance)]),
      ]),
    ]);
  });
}
