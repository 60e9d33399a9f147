/**
 * `npm run package [-- --old-electron]`: makes the unpacked Linux application in `release/linux-unpacked`, with the addon,
 * its libraries and all licences inside and a bill of materials beside it, starts it once and looks at the picture it
 * draws, then tries what it must refuse.
 */
import { cp, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNotices } from './build.mjs';
import { applicationOf, inTemporaryFolder, runToEnd } from './package/application.mjs';
import { checkElectron, electronReleases } from './package/electron.mjs';
import { wantedFuses, wrongFuses } from './package/fuses.mjs';
import { writeBill } from './package/sbom.mjs';
import { seal } from './package/seal.mjs';
import { TRIES } from './package/tries.mjs';
import { readNotes } from './setup/notes.mjs';
import { folderSize, run } from './setup/run.mjs';
import { addWeights } from './package/weights.mjs';
import { cacheFolder, root } from './setup/paths.mjs';
import { StepError, failureText, megabytes, step } from './setup/report.mjs';
import { setUp } from './setup.mjs';

const HELP = `Usage: npm run package -- [options]

Makes the application in release/linux-unpacked.

  --old-electron   package the Electron that is set up, also when it is not the version the application is made for
  --help           show this text
`;
const ADDON = 'node_modules/@tensorflow/tfjs-node-gpu';
const application = applicationOf(root);
const SMOKE_MS = 180_000;

async function packageApplication(progress) {
  const { electron, tensorflow } = readNotes();
  const { build, Platform } = await import('electron-builder');
  await rm(application, { recursive: true, force: true });
  progress('collecting licences');
  const parts = await buildNotices();
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
  const wrong = await wrongFuses(
    join(application, 'covae-studio'),
    wantedFuses(join(root, 'electron-builder.yml')),
  );
  if (wrong.length > 0) throw new StepError(`these fuses are not as they should be: ${wrong.join(', ')}.`);
  const archive = join(application, 'resources', 'app.asar');
  await checkLicences(archive, parts);
  seal(archive);

  progress('adding TensorFlow');
  const deps = join(application, 'resources', 'app.asar.unpacked', ADDON, 'deps');
  const source = join(root, ADDON, 'deps');
  for (const folder of ['lib', 'nvidia']) {
    if (!existsSync(join(source, folder))) continue;
    await cp(join(source, folder), join(deps, folder), { recursive: true, dereference: true });
  }
  progress('adding the weights of MobileNetV2');
  await addWeights(application, cacheFolder());
  return `release/linux-unpacked, ${megabytes(await folderSize(application))}, TensorFlow ${tensorflow.version} (${tensorflow.flavour})`;
}

/** Refuses a package with a part whose licence is not in the notices. */
async function checkLicences(archive, parts) {
  const { extractFile, listPackage } = await import('@electron/asar');
  const named = new Set(parts.map(({ name, version }) => `${name}@${version}`));
  const missing = listPackage(archive, { isPack: false })
    .filter((path) => /\/node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path))
    .map((path) => JSON.parse(extractFile(archive, path.slice(1)).toString('utf8')))
    .map(({ name, version }) => `${name}@${version}`)
    .filter((name) => !named.has(name));
  if (missing.length > 0)
    throw new StepError(`the notices have no licence of ${missing.join(', ')}, which are packaged.`);
}

/** Writes what the package is made of, for those who look for holes in it. */
async function writeMaterials(progress) {
  const { electron, tensorflow } = readNotes();
  progress('reading the lock file');
  const asked = await run(electron.executable, ['-p', 'JSON.stringify(process.versions)'], {
    env: { ELECTRON_RUN_AS_NODE: '1' },
    timeoutMs: 30_000,
  });
  const versions = JSON.parse(asked.stdout);
  const bundled = JSON.parse(await readFile(join(root, 'dist', 'bundled.json'), 'utf8'));
  const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const file = join(root, 'release', `${name}-${version}.cdx.json`);
  const count = await writeBill({ root, bundled, electron, versions, tensorflow }, file);
  return `${relative(root, file)} names ${count} components`;
}

/** Starts the packaged application, which draws one picture of an untrained network, and looks at the picture. */
async function smokeTest(progress) {
  return inTemporaryFolder(async (folder) => {
    progress('starting the packaged application');
    const result = await runToEnd(application, ['--home', join(folder, 'home'), '--smoke-test', folder], {
      folder,
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
  });
}

async function main() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        'old-electron': { type: 'boolean', default: false },
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
  if (process.platform !== 'linux') {
    process.stderr.write('Packaging is made for Linux only.\n');
    return 1;
  }
  if (!(await setUp({ screen: true }))) return 1;
  try {
    await step('Version of Electron', async () =>
      checkElectron({
        version: readNotes().electron.version,
        allowed: values['old-electron'],
        ...electronReleases(root),
      }),
    );
    await step('Package', packageApplication);
    await step('Bill of materials', writeMaterials);
    await step('Smoke test', smokeTest);
    for (const [title, work] of TRIES) await step(title, (progress) => work(application, progress));
    return 0;
  } catch (error) {
    process.stderr.write(`${failureText(error.step, error)}\n`);
    return 1;
  }
}

process.exitCode = await main();
