/** `covae saved`: latents, paths, boards and directions that the window exported. */
import type { Command } from 'commander';
import { UserError } from '../../../../core/errors.ts';
import type { SavedThing } from '../../../../core/explore/saved/saved-thing.ts';
import type { View } from '../../../../core/explore/view.ts';
import type { FormatName } from '../../../../core/export/sets/formats.ts';
import { EXIT } from '../../../exit-codes.ts';
import type { Bind } from '../../bind.ts';
import { table } from '../../format.ts';
import { type CommonOptions, parsePath, withCommonOptions } from '../../options.ts';
import type { Output } from '../../output.ts';
import { RUN_HELP } from '../drawing.ts';
import {
  checkTarget,
  formatFor,
  type LookOptions,
  withExplorer,
  withLookOptions,
  withWriteOptions,
  type WriteOptions,
  writeView,
} from './look.ts';

const FORMATS: readonly FormatName[] = ['grid', 'png', 'gif', 'webp', 'apng', 'frames', 'npz', 'npy', 'zip'];

interface DrawSavedOptions extends LookOptions, WriteOptions {
  file: string;
  name?: string;
}

export function addSavedCommands(program: Command, bind: Bind): void {
  const saved = program
    .command('saved')
    .description(
      'What was saved in the window and exported there: latents, paths, boards and directions. A latent of such a file is a ' +
        'point everywhere (covae walk --from saved.safetensors#NAME), a direction a direction.',
    )
    .helpCommand(false);
  withCommonOptions(
    saved
      .command('list')
      .description('Check a file of saved things, and list what it holds.')
      .argument('<file>', 'the .json, or the .safetensors beside it', parsePath),
  ).action(bind(list));
  const draw = saved
    .command('draw')
    .description('Draw a saved latent, path or board through a run of the same shape.')
    .argument('[run]', RUN_HELP)
    .requiredOption('--file <file>', 'the .json, or the .safetensors beside it', parsePath)
    .option('--name <name>', 'what it is called (default: the only thing in the file)');
  withCommonOptions(withWriteOptions(withLookOptions(draw), FORMATS)).action(bind(drawOne));
}

/** How a thing is named elsewhere on the command line. */
function wordOf({ kind, name }: SavedThing, tensors: string): string {
  return kind === 'point' || kind === 'direction' ? `${tensors}#${name}` : '';
}

async function list(output: Output, _: CommonOptions, file = ''): Promise<number> {
  const { readSaved, tensorsBeside } = await import('../../../../core/explore/saved/saved-file.ts');
  const { things, problems } = await readSaved(file);
  problems.forEach((problem) => output.warn(problem));
  const tensors = /\.json$/i.test(file) ? tensorsBeside(file) : file;
  output.result(
    {
      file,
      things: things.map((thing) => ({
        ...{ kind: thing.kind, name: thing.name, run: thing.run, shape: thing.shape },
        ...{ createdAt: thing.createdAt, word: wordOf(thing, tensors) },
      })),
    },
    things.length === 0
      ? [`${file} holds nothing that was saved.`]
      : table([
          ['name', 'kind', 'run', 'latent', 'elsewhere called'],
          ...things.map((thing) => [
            thing.name,
            thing.kind === 'point' ? 'latent' : thing.kind,
            thing.run,
            thing.shape.join(' × '),
            wordOf(thing, tensors),
          ]),
        ]),
  );
  return EXIT.DONE;
}

async function drawOne(output: Output, options: DrawSavedOptions, query?: string): Promise<number> {
  const as = await formatFor(options, FORMATS, 'grid');
  await checkTarget(as, options);
  const { readSaved } = await import('../../../../core/explore/saved/saved-file.ts');
  const { file, name } = options;
  const { things, problems } = await readSaved(file);
  problems.forEach((problem) => output.warn(problem));
  const [only, second] = things;
  const thing = name === undefined && second === undefined ? only : things.find((one) => one.name === name);
  if (thing === undefined) {
    const names = things.map((one) => one.name).join(', ');
    throw new UserError(
      name === undefined
        ? `${file} holds several things; name one with --name: ${names}.`
        : `${file} holds nothing called "${name}"; it has ${names}.`,
      { code: 'not-found', file },
    );
  }
  const { view, look: saved, columns } = viewOf(thing, file);
  return withExplorer(output, options, query, (opened) => {
    const { run, look } = opened;
    if (thing.run !== '' && thing.run !== run.id) {
      output.warn(
        `"${thing.name}" was saved from the run ${thing.run}; in ${run.id} its latents may mean something else.`,
      );
    }
    // What is asked for on the command line goes before what was saved.
    return writeView(output, { ...opened, look: { ...saved, ...look } }, view, as, {
      ...options,
      columns: as === 'grid' ? columns : undefined,
      stem: `saved-${thing.name.replace(/[^\w.-]+/g, '-').slice(0, 40)}`,
      told: { name: thing.name, kind: thing.kind },
    });
  });
}

/** What is seen of a thing. @throws UserError for one that shows nothing by itself */
function viewOf(thing: SavedThing, file: string): { view: View; look: object; columns: number | undefined } {
  switch (thing.kind) {
    case 'point': {
      const at = thing.value.kind === 'values' ? { at: { t: thing.value.t } } : {};
      return { view: { kind: 'points', points: [thing.value] }, look: at, columns: undefined };
    }
    case 'path':
      return { ...thing.value, columns: thing.value.columns };
    case 'board': {
      const { seen } = thing.value;
      if (seen !== null) return { ...seen, columns: seen.columns };
      throw new UserError(`The board "${thing.name}" draws no pictures; open it in the window.`, { file });
    }
    case 'direction':
      throw new UserError(
        `"${thing.name}" is a direction; draw points along it with covae directions apply --direction ${file.replace(/\.json$/i, '.safetensors')}#${thing.name}.`,
        { code: 'usage', file },
      );
  }
}
