/**
 * Sets this clone up: system packages, npm packages, TensorFlow, the addon, weights to measure with, Electron, the build. Each part is left
 * alone when it is there already, so running it again costs little. Plain Node.js: it runs before anything is installed.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureAddon, ensurePrebuiltAddon, needsCompiler } from './setup/addon.mjs';
import { ensureElectron } from './setup/electron.mjs';
import { ensureMobilenet, mobilenetFile } from './setup/extractors.mjs';
import { linkCli } from './setup/link.mjs';
import { withLock } from './setup/lock.mjs';
import { checkNode } from './setup/node-version.mjs';
import { readNotes, writeNotes } from './setup/notes.mjs';
import { ensureNpmPackages } from './setup/npm-packages.mjs';
import { cacheFolder, root } from './setup/paths.mjs';
import { StepError, failureText, step } from './setup/report.mjs';
import { ensureSystemPackages } from './setup/system-packages.mjs';
import { TENSORFLOW_VERSION, chooseFlavour, ensureTensorFlow, libraryOf } from './setup/tensorflow.mjs';
import { existsSync } from 'node:fs';

const HELP = `Usage: npm run setup -- [options]

Sets this clone up; what is there already is left alone.

  --electron        try Electron's own download again, even if it was out of reach before
  --skip-electron   do without Electron and its system libraries (the command line needs neither)
  --no-build        do not build the application
  --help            show this text

Environment:
  COVAE_TF=cpu|gpu  which TensorFlow (default: gpu where an NVIDIA driver is, else cpu)
  COVAE_CACHE       folder for downloads (default: $XDG_CACHE_HOME/covae-studio or ~/.cache/covae-studio)
  ELECTRON_OVERRIDE_DIST_PATH
                    folder of an unpacked Electron to use
`;

/**
 * @typedef {object} SetUpOptions
 * @property {boolean} [build] build the application (default: true)
 * @property {'required' | 'wished' | 'none'} [electron] whether a missing Electron stops set-up, is only worth a
 *   warning, or is not looked for (default: required)
 * @property {boolean} [screen] a virtual screen is required where there is no display (default: false)
 * @property {boolean} [films] what films are made and tested with is wished for (default: false)
 * @property {boolean} [retryElectron] try Electron's own download again
 */

/** Does the steps in order; throws at the first that fails. */
async function steps({
  build = true,
  electron = 'required',
  screen = false,
  films = false,
  retryElectron = false,
}) {
  const cache = cacheFolder();
  await step('Node.js', () => checkNode());

  const linux = process.platform === 'linux';
  let library;
  let title = 'TensorFlow';
  if (linux) {
    library = libraryOf(chooseFlavour(), cache);
    title = `TensorFlow ${TENSORFLOW_VERSION} (${library.flavour})`;
  }
  await step('System packages', async (progress) => {
    const required = [];
    const wished = [];
    if (linux && !existsSync(library.folder)) required.push('download');
    else if (!existsSync(mobilenetFile(cache))) wished.push('download');
    if (linux && (await needsCompiler(root, cache, library))) required.push('compile');
    if (electron !== 'none') {
      (electron === 'required' ? required : wished).push('window');
      if (!process.env.DISPLAY) (screen ? required : wished).push('screen');
    }
    if (films) wished.push('films');
    return ensureSystemPackages(required, wished, progress);
  });
  await step('npm packages', (progress) => ensureNpmPackages(root, progress));
  if (linux) {
    await step(title, (progress) => ensureTensorFlow(library, cache, progress));
    await step('TensorFlow addon', (progress) => ensureAddon(root, cache, library, progress));
    writeNotes({
      tensorflow: { version: TENSORFLOW_VERSION, flavour: library.flavour, folder: library.folder },
    });
  } else {
    await step('TensorFlow addon', (progress) => ensurePrebuiltAddon(root, progress));
  }
  await step('MobileNetV2 weights', async (progress) => {
    try {
      return await ensureMobilenet(cache, progress);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      return {
        note: `${error.message} Only measuring with them needs them; set-up tries again next time.`,
        warn: true,
      };
    }
  });
  if (electron !== 'none') {
    await step('Electron', async (progress) => {
      try {
        return await ensureElectron(root, cache, progress, { retry: retryElectron });
      } catch (error) {
        if (electron === 'required' || !(error instanceof StepError)) throw error;
        writeNotes({ electron: undefined });
        return { note: `${error.message} Only the window needs it.`, warn: true };
      }
    });
  }
  await step('Command line', () => linkCli(root));
  if (build) {
    const { build: buildApplication } = await import('./build.mjs');
    await step('Application', buildApplication);
  }
}

/**
 * Sets up, printing a line a step. Returns true, or prints what failed and returns false.
 *
 * @param {SetUpOptions} options
 */
export async function setUp(options = {}) {
  try {
    await withLock(
      join(root, 'set-up'),
      () => steps(options),
      () => process.stdout.write('… waiting for another set-up of this folder\n'),
    );
    return true;
  } catch (error) {
    process.stderr.write(`${failureText(error.step ?? 'Set-up', error)}\n`);
    return false;
  }
}

async function main() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        electron: { type: 'boolean', default: false },
        'skip-electron': { type: 'boolean', default: false },
        'no-build': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const done = await setUp({
    build: !values['no-build'],
    electron: values['skip-electron'] ? 'none' : 'required',
    retryElectron: values.electron,
  });
  if (done && readNotes().tensorflow?.flavour === 'cpu') {
    process.stdout.write('Ready. TensorFlow runs on the CPU; COVAE_TF=gpu sets it up for an NVIDIA card.\n');
  } else if (done) {
    process.stdout.write('Ready.\n');
  }
  return done ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main();
