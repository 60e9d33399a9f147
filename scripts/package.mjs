/**
 * `npm run package`: makes the unpacked Linux application in `release/linux-unpacked`, with the addon and its
 * libraries inside, then starts it once and looks at the picture it draws.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNotes } from './setup/notes.mjs';
import { folderSize, run } from './setup/run.mjs';
import { root } from './setup/paths.mjs';
import { StepError, failureText, megabytes, step } from './setup/report.mjs';
import { setUp } from './setup.mjs';

const ADDON = 'node_modules/@tensorflow/tfjs-node-gpu';
const application = join(root, 'release', 'linux-unpacked');
const SMOKE_MS = 180_000;

async function packageApplication(progress) {
  const { electron, tensorflow } = readNotes();
  const { build, Platform } = await import('electron-builder');
  await rm(application, { recursive: true, force: true });
  progress('collecting files');
  try {
    await build({
      projectDir: root,
      targets: Platform.LINUX.createTarget('dir'),
      config: { electronDist: electron.dist, electronVersion: electron.version },
    });
  } catch (error) {
    throw new StepError('electron-builder failed.', { output: String(error.stack ?? error) });
  }
  // The stand-in default application is for running from sources.
  await rm(join(application, 'resources', 'app'), { recursive: true, force: true });

  progress('adding TensorFlow');
  const deps = join(application, 'resources', 'app.asar.unpacked', ADDON, 'deps');
  const source = join(root, ADDON, 'deps');
  for (const folder of ['lib', 'nvidia']) {
    if (!existsSync(join(source, folder))) continue;
    await cp(join(source, folder), join(deps, folder), { recursive: true, dereference: true });
  }
  return `release/linux-unpacked, ${megabytes(await folderSize(application))}, TensorFlow ${tensorflow.version} (${tensorflow.flavour})`;
}

/** Starts the packaged application, which draws one picture of an untrained network, and looks at the picture. */
async function smokeTest(progress) {
  const folder = await mkdtemp(join(tmpdir(), 'covae-smoke-'));
  try {
    progress('starting the packaged application');
    const command = [join(application, 'covae-studio')];
    if (process.getuid?.() === 0) command.push('--no-sandbox');
    command.push(
      `--user-data-dir=${join(folder, 'user')}`,
      '--home',
      join(folder, 'home'),
      '--smoke-test',
      folder,
    );
    if (!process.env.DISPLAY) command.unshift('xvfb-run', '-a');
    const result = await run(command[0], command.slice(1), {
      cwd: folder,
      // What is found must come from the package, not from this folder.
      env: { NODE_PATH: '', ELECTRON_RUN_AS_NODE: undefined },
      timeoutMs: SMOKE_MS,
    });
    const picture = join(folder, 'sample.png');
    if (result.code !== 0 || !existsSync(picture)) {
      throw new StepError(
        result.limit
          ? `the application did not end: ${result.limit}.`
          : `the application ended with code ${result.code} and drew nothing.`,
        { output: result.output },
      );
    }
    const { default: sharp } = await import('sharp');
    const { format, width, height } = await sharp(picture).metadata();
    const { channels } = await sharp(picture).stats();
    const deviation = Math.max(...channels.map(({ stdev }) => stdev));
    if (format !== 'png' || width < 8 || height < 8 || !(deviation > 1)) {
      throw new StepError(
        `the picture it drew is no sample: ${format}, ${width}×${height}, standard deviation ${deviation.toFixed(2)}.`,
      );
    }
    return `it starts and draws a sample of ${width}×${height} pixels`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main() {
  if (process.platform !== 'linux') {
    process.stderr.write('Packaging is made for Linux only.\n');
    return 1;
  }
  if (!(await setUp({ screen: true }))) return 1;
  try {
    await step('Package', packageApplication);
    await step('Smoke test', smokeTest);
    return 0;
  } catch (error) {
    process.stderr.write(`${failureText(error.step, error)}\n`);
    return 1;
  }
}

process.exitCode = await main();
