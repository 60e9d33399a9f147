/** The `covae` command and its sub-commands. */
import { Command, CommanderError } from 'commander';
import { toErrorData } from '../../core/error-data.ts';
import { withSentence } from '../../core/errors.ts';
import { tidyLibrary } from '../../core/left-overs.ts';
import { libraryHome } from '../../core/library.ts';
import { nameLockHolder } from '../../core/lock.ts';
import { isStandardOutput } from '../../core/output.ts';
import { printable } from '../../core/printable.ts';
import { APP_VERSION } from '../../core/version.ts';
import { addBenchCommand } from './commands/bench.ts';
import { addCompareImagesCommand } from './commands/compare-images.ts';
import { addDataCommands } from './commands/data.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDescribeCommand } from './commands/describe.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addDrawingCommands } from './commands/draw.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addExperimentCommand } from './commands/experiment.ts';
import { addDirectionCommands } from './commands/explore/directions.ts';
import { addDrawCommands } from './commands/explore/draws.ts';
import { addLatentCommands } from './commands/explore/latents.ts';
import { addMapCommand } from './commands/explore/map.ts';
import { addSavedCommands } from './commands/explore/saved.ts';
import { addSideBySideCommand } from './commands/explore/side-by-side.ts';
import { addWalkCommands } from './commands/explore/walk.ts';
import { addExportCommand } from './commands/export.ts';
import { addExtractorCommands } from './commands/extractors.ts';
import { addLicencesCommand } from './commands/licences.ts';
import { addLikelihoodCommand } from './commands/likelihood.ts';
import { addParityCommand } from './commands/parity.ts';
import { addMoveLibraryCommand } from './commands/move-library.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addPresetCommands } from './commands/presets.ts';
import { addProvenanceCommand } from './commands/provenance.ts';
import { addReconstructCommand } from './commands/reconstruct.ts';
import { addRedrawCommand } from './commands/redraw.ts';
import { addQueueCommands } from './commands/queue.ts';
import { addRunCommands } from './commands/runs.ts';
import { addSettingsCommand } from './commands/settings.ts';
import { addSweepCommand } from './commands/sweep.ts';
import { addTrainingCommands } from './commands/train.ts';
import { addWeightsCommands } from './commands/weights.ts';
import type { Bind } from './bind.ts';
import { EXIT, exitCodeHelp } from '../exit-codes.ts';
import { inShort, Output, type Streams } from './output.ts';

/**
 * Runs one command line.
 *
 * @param args without the program's name
 * @returns the exit code, see exit-codes.ts
 */
export async function runCli(
  args: readonly string[],
  streams: Streams = { stdout: process.stdout, stderr: process.stderr },
): Promise<number> {
  let exitCode = 0;
  const told = toldOn(args, streams);
  const bind: Bind =
    (action) =>
    async (...commanderArgs) => {
      // Commander calls with the arguments, the options and the command.
      const command = commanderArgs.at(-1);
      if (!(command instanceof Command)) throw new Error('commander called without its command');
      const options = command.opts<Parameters<typeof action>[1]>();
      const output = new Output(told, { json: options.json === true });
      nameLockHolder(fullName(command));
      if (command.options.some(({ long }) => long === '--home')) await tidyLibrary(libraryHome(options.home));
      exitCode = await action(output, options, ...command.processedArgs.flat().filter(isText));
    };

  const program = new Command('covae')
    .description('Train, sample and explore CoVAE models on your own images, offline.')
    .version(APP_VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this text')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      outputError: (text, write) => write(usageSentence(text)),
    });
  addDoctorCommand(program, bind);
  addDataCommands(program, bind);
  addTrainingCommands(program, bind);
  addPlanCommand(program, bind);
  addPresetCommands(program, bind);
  addRunCommands(program, bind);
  addQueueCommands(program, bind);
  addSweepCommand(program, bind);
  addDrawingCommands(program, bind);
  addReconstructCommand(program, bind);
  addWalkCommands(program, bind);
  addDirectionCommands(program, bind);
  addLatentCommands(program, bind);
  addMapCommand(program, bind);
  addSideBySideCommand(program, bind);
  addSavedCommands(program, bind);
  addDrawCommands(program, bind);
  addExportCommand(program, bind);
  addProvenanceCommand(program, bind);
  addRedrawCommand(program, bind);
  addMoveLibraryCommand(program, bind);
  addWeightsCommands(program, bind);
  addEvaluateCommand(program, bind);
  addCompareImagesCommand(program, bind);
  addLikelihoodCommand(program, bind);
  addDescribeCommand(program, bind);
  addSettingsCommand(program, bind);
  addExperimentCommand(program, bind);
  addParityCommand(program, bind);
  addBenchCommand(program, bind);
  addDemoCommand(program, bind);
  addExtractorCommands(program, bind);
  addLicencesCommand(program, bind);
  program.addHelpText(
    'after',
    `
A first look:
  covae demo                             the whole way with sample digits, images in ./demo
  covae data import sample               the 10,000 sample digits into your library
  covae train --data sample --preset tiny
  covae sample                           64 samples from the newest run

Exit codes:
${exitCodeHelp()}

Every command explains itself with --help.`,
  );

  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    const output = new Output(told, { json: args.includes('--json') });
    if (error instanceof CommanderError) {
      // Help and version come this way too; what was wrong is on stderr already.
      if (error.exitCode !== 0) output.error({ code: 'usage', message: error.message }, error.exitCode);
      return error.exitCode;
    }
    const data = toErrorData(withSentence(error));
    output.error(data);
    if (data.code === 'internal' && process.env['COVAE_DEBUG'] && error instanceof Error) {
      output.failure(`covae: ${error.stack ?? error.message}`);
    } else {
      output.failure(`covae: ${data.code === 'internal' ? defect(data.message) : data.message}`);
    }
    return EXIT.FAILED;
  }
}

/** Where a file goes to standard output it stands there alone: all else is told on standard error, also what went wrong. */
function toldOn(args: readonly string[], streams: Streams): Streams {
  const isTaken = args.some((arg) => isStandardOutput(arg.replace(/^--[\w-]+=/, '')));
  return isTaken ? { stdout: streams.stderr, stderr: streams.stderr } : streams;
}

/** `covae data import` */
function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** What commander says, which quotes what was typed; a suggestion stays on a line of its own. */
function usageSentence(text: string): string {
  const [, sentence = '', suggestion = ''] = /^([^]*?)(\n\(Did you mean [^\n]*\))?\n*$/.exec(text) ?? [];
  return `${inShort(printable(sentence))}${suggestion === '' ? '' : `\n${printable(suggestion.slice(1))}`}\n`;
}

/** The sentence for a defect of ours: its first line only, unless someone asks for more. */
function defect(message: string): string {
  const reason = message.split('\n', 1)[0] ?? '';
  return `something went wrong that should not: ${reason} (set COVAE_DEBUG=1 to see where).`;
}
