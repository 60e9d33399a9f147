/** What computes: the processor, or the GPU as NVIDIA's own tool describes it. Loads no TensorFlow. */
import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import { countOf } from './words.ts';

/** One NVIDIA GPU. */
export interface Gpu {
  index: number;
  /** `GPU-…`, as CUDA_VISIBLE_DEVICES may name it. */
  uuid: string;
  /** `NVIDIA GeForce RTX 4090` */
  name: string;
  /** Bytes; null where the driver does not tell. */
  memory: number | null;
  driver: string;
}

export interface Device {
  kind: 'CPU' | 'GPU';
  /** Name of processor or GPU; null where nobody knows it. */
  name: string | null;
  /** Bytes of memory that it has: the GPU's own, or the machine's. */
  memory: number | null;
  /** Cores that this process may use; null for a GPU. */
  cores: number | null;
  /** Version of the GPU's driver. */
  driver: string | null;
}

const QUERY = ['--query-gpu=index,uuid,name,memory.total,driver_version', '--format=csv,noheader,nounits'];
/** A driver that is being loaded takes some seconds to answer; one that hangs never does. */
const PATIENCE_MS = 10_000;
const MEBIBYTE = 2 ** 20;

/** Asks nvidia-smi, and gives what it printed. */
export type AskNvidia = () => Promise<string>;

const nvidiaSmi: AskNvidia = async () => {
  const { stdout } = await promisify(execFile)('nvidia-smi', QUERY, { timeout: PATIENCE_MS });
  return stdout;
};

/**
 * The GPUs of this machine that programs may use, those of CUDA_VISIBLE_DEVICES where it is set; none when there is
 * no nvidia-smi or it fails.
 */
export async function listGpus(
  ask: AskNvidia = nvidiaSmi,
  visible: string | undefined = process.env['CUDA_VISIBLE_DEVICES'],
): Promise<Gpu[]> {
  let text: string;
  try {
    text = await ask();
  } catch {
    // Not installed, no driver, no GPU: all the same here.
    return [];
  }
  return visibleOf(parseGpus(text), visible);
}

/** The lines of nvidia-smi's answer; those that are none are left out. */
function parseGpus(text: string): Gpu[] {
  return text.split('\n').flatMap((line) => {
    const cells = line.split(',').map((cell) => cell.trim());
    const [index = '', uuid = '', name = '', memory = '', driver = ''] = cells;
    if (cells.length !== 5 || !/^\d+$/.test(index) || name === '') return [];
    const mebibytes = /^\d+$/.test(memory) ? Number(memory) : null;
    return [{ index: Number(index), uuid, name, memory: mebibytes && mebibytes * MEBIBYTE, driver }];
  });
}

/** CUDA's rule: in the order given, by number or by the beginning of the uuid, up to the first that is none. */
function visibleOf(gpus: readonly Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return [...gpus];
  const chosen: Gpu[] = [];
  for (const word of visible.split(',').map((part) => part.trim())) {
    const gpu = gpus.find(({ index, uuid }) =>
      /^\d+$/.test(word) ? index === Number(word) : word !== '' && uuid.startsWith(word),
    );
    if (!gpu) break;
    chosen.push(gpu);
  }
  return chosen;
}

/**
 * What TensorFlow computes on here.
 * @param usesGpu whether it does on a GPU: it takes the first one that programs may use
 */
export async function describeDevice(usesGpu: boolean, ask: AskNvidia = nvidiaSmi): Promise<Device> {
  if (usesGpu) {
    const [gpu] = await listGpus(ask);
    return {
      kind: 'GPU',
      name: gpu?.name ?? null,
      memory: gpu?.memory ?? null,
      cores: null,
      driver: gpu?.driver ?? null,
    };
  }
  const model = os.cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? '';
  return {
    kind: 'CPU',
    name: model === '' || model === 'unknown' ? null : model,
    memory: os.totalmem(),
    cores: os.availableParallelism(),
    driver: null,
  };
}

/** `NVIDIA H100 80GB HBM3, 80 GB`, `AMD EPYC, 2 cores, 23 GB`: name and size as people know them. */
export function deviceText({ kind, name, memory, cores }: Device): string {
  const parts = [name ?? kind];
  if (cores !== null) parts.push(countOf(cores, 'core'));
  if (memory !== null) parts.push(memoryText(memory));
  return parts.join(', ');
}

/** Whole gigabytes of 2^30 bytes, as memory is sold. */
export function memoryText(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 2 ** 30))} GB`;
}
