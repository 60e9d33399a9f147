/** The native addon of tfjs-node, compiled against our TensorFlow and put in its place. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { copyFile, cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ADDON_CHANGES, changeAddon } from './addon-changes.mjs';
import { hashFiles, keyOf } from './hash.mjs';
import { withLock } from './lock.mjs';
import { publishFolder } from './publish.mjs';
import { StepError } from './report.mjs';
import { run } from './run.mjs';

/** Node-API version the addon is built for: one that Electron 25 knows too. The package looks in `lib/napi-v8`. */
const NAPI = 8;
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

const packageFolder = (root) => join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
const binary = (root) => join(packageFolder(root), 'lib', `napi-v${NAPI}`, 'tfjs_binding.node');

async function compilerVersion() {
  const { stdout } = await run(process.env.CXX || 'g++', ['--version']);
  return stdout.split('\n')[0];
}

/** Folder in the cache for the addon, named after everything that goes into it. */
async function addonFolder(root, cache, library) {
  const versionOf = (name) =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  const key = keyOf(
    versionOf('@tensorflow/tfjs-node-gpu'),
    hashFiles(packageFolder(root), ['binding', 'binding.gyp']),
    JSON.stringify(ADDON_CHANGES),
    library.key,
    versionOf('node-gyp'),
    await compilerVersion(),
    process.arch,
    NAPI,
  );
  return join(cache, 'addon', `tfjs-${library.flavour}-${key}`);
}

/** Whether the addon must be compiled, so that a compiler is needed. Before the npm packages are there: yes. */
export async function needsCompiler(root, cache, library) {
  try {
    return !existsSync(await addonFolder(root, cache, library));
  } catch {
    return true;
  }
}

/** Compiles the addon unless the cache has it, and puts it where the package looks for it. */
export async function ensureAddon(root, cache, library, progress) {
  const folder = await addonFolder(root, cache, library);
  let compiled = false;
  if (!existsSync(folder)) {
    compiled = await withLock(folder, () =>
      publishFolder(folder, (partial) => compile(root, library, partial, progress)),
    );
  }
  const placed = await place(root, library, folder);
  if (compiled) return 'compiled and in place';
  return placed ? 'from the cache, in place' : 'in place';
}

async function compile(root, library, partial, progress) {
  const source = packageFolder(root);
  const work = join(partial, 'build-here');
  await mkdir(join(work, 'deps', 'lib'), { recursive: true });
  await cp(join(source, 'binding'), join(work, 'binding'), { recursive: true });
  await changeAddon(work);
  await cp(join(source, 'binding.gyp'), join(work, 'binding.gyp'));
  await cp(join(source, 'package.json'), join(work, 'package.json'));
  const tensorflow = join(library.folder, 'tensorflow');
  await symlink(join(tensorflow, 'include'), join(work, 'deps', 'include'));
  for (const name of LIBRARIES) {
    await symlink(join(tensorflow, name), join(work, 'deps', 'lib', name));
    // The linker looks for `-ltensorflow`; the result names the library by its own name, `libtensorflow_cc.so.2`.
    const linkName = name.replace('_cc', '').replace(/\.2$/, '');
    await symlink(join(tensorflow, name), join(work, 'deps', 'lib', linkName));
  }
  const prefix = resolve(dirname(process.execPath), '..');
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
  progress('compiling');
  const timer = setInterval(() => progress('compiling'), 1000);
  const result = await run(
    process.execPath,
    [
      join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
      ...['rebuild', '--jobs=max', '--module_name=tfjs_binding', `--module_path=lib/napi-v${NAPI}`],
      ...[`--napi_build_version=${NAPI}`, ...headers],
    ],
    { cwd: work },
  ).finally(() => clearInterval(timer));
  const built = join(work, 'build', 'Release', 'tfjs_binding.node');
  if (result.code !== 0 || !existsSync(built)) {
    throw new StepError('node-gyp could not compile the addon.', {
      output: result.output,
      remedy: headers.length
        ? 'see the compiler’s message above; a C++17 compiler and make are needed.'
        : `this Node.js came without its header files (${prefix}/include/node) and they could not be downloaded; install a Node.js that brings them.`,
    });
  }
  await rename(built, join(partial, 'tfjs_binding.node'));
  await rm(work, { recursive: true });
}

function isPlaced(root, library, folder) {
  try {
    return (
      existsSync(binary(root)) &&
      readFileSync(join(packageFolder(root), 'deps', '.made-from'), 'utf8') === folder &&
      LIBRARIES.every(
        (name) =>
          readlinkSync(join(packageFolder(root), 'deps', 'lib', name)) ===
          join(library.folder, 'tensorflow', name),
      )
    );
  } catch {
    return false;
  }
}

/** Returns whether anything had to be done. */
async function place(root, library, folder) {
  if (isPlaced(root, library, folder)) return false;
  const deps = join(packageFolder(root), 'deps');
  await rm(deps, { recursive: true, force: true });
  await mkdir(join(deps, 'lib'), { recursive: true });
  for (const name of LIBRARIES)
    await symlink(join(library.folder, 'tensorflow', name), join(deps, 'lib', name));
  // The loader looks for CUDA in ../nvidia beside the folder by whose name it found the library.
  const nvidia = join(library.folder, 'nvidia');
  if (existsSync(nvidia)) await symlink(nvidia, join(deps, 'nvidia'));

  const target = binary(root);
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.${process.pid}`;
  await copyFile(join(folder, 'tfjs_binding.node'), partial);
  // A rename, because another process may have the old one loaded.
  await rename(partial, target);

  const probe = await run(process.execPath, ['-p', 'require(process.argv[1]).TF_Version', target]);
  if (probe.code !== 0) {
    throw new StepError('the compiled addon does not load.', {
      output: probe.output,
      remedy: `delete ${folder} and run the same command again.`,
    });
  }
  await writeFile(join(deps, '.made-from'), folder);
  return true;
}

/**
 * macOS and Windows: tfjs-node's own installation, which downloads a prebuilt library and addon.
 */
export async function ensurePrebuiltAddon(root, progress) {
  if (existsSync(binary(root))) return 'in place (prebuilt; only Linux is tested)';
  progress('downloading tfjs-node’s prebuilt library');
  const kind = process.platform === 'darwin' ? 'cpu' : 'gpu';
  const result = await run(process.execPath, ['scripts/install.js', kind, 'download'], {
    cwd: packageFolder(root),
    env: {
      PATH: `${join(root, 'node_modules', '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
    },
  });
  if (result.code !== 0 || !existsSync(binary(root))) {
    throw new StepError('tfjs-node’s own installation failed.', {
      output: result.output,
      remedy: 'only Linux is tested; on this system set-up can do no more than run tfjs-node’s installation.',
    });
  }
  return 'prebuilt library downloaded (only Linux is tested)';
}
