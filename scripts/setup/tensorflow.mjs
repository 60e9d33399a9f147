/** TensorFlow's C library, taken out of PyPI wheels into the cache. No Python package is installed. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyOf } from './hash.mjs';
import { withLock } from './lock.mjs';
import { clearPartial, publishFolder } from './publish.mjs';
import { StepError, megabytes } from './report.mjs';
import { run } from './run.mjs';

export const TENSORFLOW_VERSION = '2.20.0';

const here = dirname(fileURLToPath(import.meta.url));

/** The two libraries, the headers the addon includes, of NVIDIA's wheels what is needed at run time, and all licences. */
const PATTERNS = [
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
  'tensorflow/include/tensorflow/c/*.h',
  'tensorflow/include/tensorflow/core/platform/ctstring*.h',
  'tensorflow/include/tsl/platform/ctstring*.h',
  'tensorflow/include/xla/tsl/c/*.h',
  'nvidia/*/lib/*.so*',
  'nvidia/cuda_nvcc/bin/ptxas',
  'nvidia/cuda_nvcc/nvvm/libdevice/*',
  'tensorflow/include/LICENSE',
  'tensorflow/THIRD_PARTY_NOTICES.txt',
  'nvidia_*.dist-info/*icense.txt',
];

/** Tags of wheels that run on this architecture. */
const PLATFORM_TAGS = {
  x64: ['2_17', '2_12', '2_25', '2_27'].map((v) => `manylinux_${v}_x86_64`).concat('manylinux2014_x86_64'),
  arm64: ['manylinux_2_17_aarch64', 'manylinux2014_aarch64'],
};

/** `gpu` where an NVIDIA driver is, `cpu` else; COVAE_TF overrules. */
export function chooseFlavour(env = process.env, hasDriver = existsSync('/proc/driver/nvidia/version')) {
  if (env.COVAE_TF === 'cpu' || env.COVAE_TF === 'gpu') return env.COVAE_TF;
  if (env.COVAE_TF) {
    throw new StepError(`COVAE_TF is "${env.COVAE_TF}".`, { remedy: 'set it to cpu or gpu, or unset it.' });
  }
  return hasDriver ? 'gpu' : 'cpu';
}

/** Reads a lock file: one wheel a line, `name==version --hash=sha256:…  # <bytes> bytes`. */
export function parseLock(text) {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const match = /^(\S+==\S+) (--hash=sha256:[0-9a-f]{64}) {2}# (\d+) bytes$/.exec(line);
      if (!match) throw new StepError(`the lock file has a line that is not understood: ${line}`);
      return { requirement: match[1], hash: match[2], bytes: Number(match[3]) };
    });
}

/**
 * Fetches the lock file's wheels into `folder` by pip, which checks each against its hash. Whole wheels of an
 * interrupted run are kept; pip checks their hashes again.
 */
export async function downloadWheels(wheels, folder, tags, progress) {
  const total = wheels.reduce((sum, wheel) => sum + wheel.bytes, 0);
  let before = 0;
  for (const { requirement, hash, bytes } of wheels) {
    const target = join(folder, requirement);
    const temporary = join(folder, `${requirement}.tmp`);
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    const list = join(temporary, 'requirements.txt');
    await writeFile(list, `${requirement} ${hash}\n`);
    const result = await run(
      'python3',
      [
        ...[
          '-m',
          'pip',
          'download',
          '--require-hashes',
          '--no-deps',
          '--only-binary=:all:',
          '--no-cache-dir',
        ],
        ...['--python-version', '3.11', '--implementation', 'cp', '--disable-pip-version-check'],
        ...['--progress-bar', 'off', '--dest', target, '-r', list],
        ...tags.flatMap((tag) => ['--platform', tag]),
      ],
      {
        env: { TMPDIR: temporary },
        watch: {
          folder: temporary,
          onSize: (size) => progress(`downloaded ${megabytes(before + size)} of ${megabytes(total)}`),
        },
      },
    );
    await rm(temporary, { recursive: true, force: true });
    if (result.code !== 0) {
      const mismatch = /DO NOT MATCH THE HASHES/.test(result.output);
      throw new StepError(
        mismatch
          ? `the download of ${requirement} is not the file that the lock file names; it was thrown away.`
          : `pip could not download ${requirement}.`,
        {
          output: result.output,
          remedy: mismatch
            ? 'try again; if it stays so, the package index serves another file than the one this project was built with.'
            : 'check the network or the package index that pip is set to, then run the same command again; finished files are kept.',
        },
      );
    }
    before += bytes;
  }
}

/** Folder in the cache of the library for a flavour, and the lock file it is made from. */
export function libraryOf(flavour, cache, arch = process.arch) {
  const lockFile = join(here, '..', 'lock', `tensorflow-${flavour}-linux-${arch}.txt`);
  if (!existsSync(lockFile)) {
    throw new StepError(
      `there is no ${flavour === 'gpu' ? 'GPU' : 'CPU'} build of TensorFlow for Linux on ${arch}.`,
      {
        remedy:
          flavour === 'gpu'
            ? 'set COVAE_TF=cpu to run without the GPU.'
            : 'use a machine with an x64 or arm64 processor.',
      },
    );
  }
  const lock = readFileSync(lockFile, 'utf8');
  const key = keyOf(lock, PATTERNS);
  return {
    flavour,
    key,
    lock,
    folder: join(cache, `tensorflow-${flavour}-${TENSORFLOW_VERSION}-${arch}-${key}`),
  };
}

/** Downloads and unpacks the library unless the cache has it. */
export async function ensureTensorFlow(library, cache, progress) {
  const { folder, key } = library;
  if (existsSync(folder)) return 'in the cache';
  return withLock(
    folder,
    async () => {
      if (existsSync(folder)) return 'in the cache';
      const wheels = parseLock(library.lock);
      const bytes = wheels.reduce((sum, wheel) => sum + wheel.bytes, 0);
      await mkdir(cache, { recursive: true });
      checkSpace(cache, bytes * 4);
      await clearPartial(folder);
      const downloads = join(cache, 'downloads', key);
      await downloadWheels(wheels, downloads, PLATFORM_TAGS[process.arch], progress);
      await publishFolder(folder, async (partial) => {
        for (const { requirement } of wheels) {
          progress(`unpacking ${requirement}`);
          await unpackWheel(join(downloads, requirement), partial);
        }
      });
      await rm(downloads, { recursive: true, force: true });
      return `downloaded ${megabytes(bytes)}, checked and unpacked`;
    },
    () => progress('waiting for another set-up that is fetching it'),
  );
}

async function unpackWheel(folder, target) {
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  const result = await run('python3', [
    join(here, 'unpack_wheel.py'),
    join(folder, wheel ?? ''),
    target,
    ...PATTERNS,
  ]);
  if (result.code !== 0) {
    throw new StepError(`${wheel} could not be unpacked.`, {
      output: result.output,
      remedy: `see that the disk of ${target} is not full, then run the same command again.`,
    });
  }
}

function checkSpace(folder, needed) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < needed) {
    throw new StepError(
      `${folder} needs ${megabytes(needed)} of free space for a while, and has ${megabytes(bavail * bsize)}.`,
      { remedy: 'free some space, or set COVAE_CACHE to a folder on another disk.' },
    );
  }
}
