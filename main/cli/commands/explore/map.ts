/** `covae map`: encodings in the plane, as a table or a chart. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { UserError } from '../../../../core/errors.ts';
import { MAP_METHODS, type MapMethod } from '../../../../core/explore/map/map-order.ts';
import type { TimePoint } from '../../../../core/explore/api.ts';
import { isFolder } from '../../../../core/files.ts';
import { checkOutput, isStreamTarget, writeOutputFile } from '../../../../core/output.ts';
import { countOf } from '../../../../core/words.ts';
import type { Bind } from '../../bind.ts';
import {
  forceOption,
  MAX_SEED,
  parsePath,
  parsePlaces,
  wholeNumber,
  withCommonOptions,
} from '../../options.ts';
import type { Output } from '../../output.ts';
import { RUN_HELP, withDrawingOptions } from '../drawing.ts';
import { type LookOptions, parseIndices, progressOf, withExplorer } from './look.ts';

interface MapCommandOptions extends Omit<LookOptions, 'at'> {
  method: MapMethod;
  count?: number;
  images?: number[];
  times?: TimePoint[];
  seed: number;
  out?: string;
}

export function addMapCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    withDrawingOptions(
      program
        .command('map')
        .description(
          'Lay encodings of images out in the plane, and write them as a table (CSV) or a chart (SVG).',
        )
        .argument('[run]', RUN_HELP)
        .addOption(
          new Option('--method <method>', 'principal components, t-SNE or UMAP')
            .choices(MAP_METHODS)
            .default('pca'),
        )
        .addOption(wholeNumber('--count <n>', 'images, spread over the data set (default: 500)', 2, 100_000))
        .option('--images <list>', 'or these, by number: 1,5,9', parseIndices)
        .option(
          '--times <places>',
          'encoded at each of these times: 1,129 or t=0.5 (default: the middle)',
          parsePlaces,
        )
        .addOption(wholeNumber('--seed <n>', 'the same seed gives the same map', 0, MAX_SEED).default(0)),
    )
      .option(
        '--out <file>',
        'file to write, .csv or .svg (default: a CSV with a name of its own)',
        parsePath,
      )
      .addOption(forceOption()),
  ).action(bind(drawMap));
}

async function drawMap(output: Output, options: MapCommandOptions, query?: string): Promise<number> {
  const { method, count, images, times, seed, out, force } = options;
  if (count !== undefined && images !== undefined) {
    throw new UserError('--count and --images both say which images; give one of them.', { code: 'usage' });
  }
  const named = out !== undefined && !(await isFolder(out));
  const ending = named ? path.extname(out).toLowerCase() : '.csv';
  if (named && ending !== '.csv' && ending !== '.svg' && !isStreamTarget(out)) {
    throw new UserError(`${out} is no name for a map; give one that ends in .csv or .svg.`, { file: out });
  }
  if (named) checkOutput(out, { force });
  const { mapCsv, mapImages } = await import('../../../../core/explore/map/map-images.ts');
  const { mapSvg } = await import('../../../../core/explore/map/map-svg.ts');
  return withExplorer(
    output,
    options as LookOptions,
    query,
    async ({ home, run, generator, supplies, look, signal }) => {
      const file = path.resolve(
        named ? out : path.join(out ?? '.', `${run.id}-step-${generator.step}-map-${method}.csv`),
      );
      checkOutput(file, { force });
      output.phase('Encoding images');
      const tell = {
        encoding: progressOf(output, 'image', 'encoded'),
        mapping: progressOf(output, 'round', 'done'),
      };
      const map = await mapImages(
        {
          ...{ method, seed },
          ...(count !== undefined && { count }),
          ...(images && { indices: images }),
          ...(times && { times }),
          ...(look.weights && { weights: look.weights }),
        },
        {
          ...{ home, supplies, signal },
          modelNow: () => generator,
          onProgress: (phase, done, total) => tell[phase](done, total),
        },
      );
      const text = ending === '.svg' ? await mapSvg(map, { method, run: run.id }) : mapCsv(map);
      await writeOutputFile(file, text, 'map', { force });
      const { indices, t } = map;
      output.result(
        { run: run.id, step: generator.step, method, images: indices.length, t, seed, files: [file] },
        [`Wrote a map of ${countOf(indices.length, 'image')} at ${countOf(t.length, 'time')} as ${file}.`],
      );
    },
  );
}
