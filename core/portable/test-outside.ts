/** For tests: runs with some weights, and what other programs make of exported models, where they are installed. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { covaeModel } from '../covae/model.ts';
import { runFolder } from '../library.ts';
import { initialValues, toTorch } from '../nn/parameters.ts';
import { writeSafetensors } from '../run/safetensors.ts';
import { elementCount } from '../shape.ts';
import { normals } from '../tensor/noise.ts';
import { readConfigFile } from '../train/config-file.ts';
import { importWeights } from '../train/weights-import.ts';
import type { ModelConfig } from '../config/model.ts';

const GOLDEN = path.join(import.meta.dirname, '../train/testdata/golden');

/** The configuration of a golden case, some of it changed. */
export async function goldenConfig(
  name: string,
  change: (config: ModelConfig) => ModelConfig = (config) => config,
): Promise<ModelConfig> {
  return change((await readConfigFile(path.join(GOLDEN, `${name}.json`))).config);
}

/**
 * A run of a configuration, with weights that use every part of its networks: the initial ones leave most at 0.
 * @returns its folder
 */
export async function runOf(home: string, name: string, config: ModelConfig): Promise<string> {
  fs.mkdirSync(home, { recursive: true });
  const { layout } = covaeModel(config.network, config.objective).plan;
  const noise = normals([7, 7], layout.size);
  const flat = initialValues(layout, 1).map((value, i) => value + 0.05 * noise[i]!);
  const file = path.join(home, `${name}.safetensors`);
  const configFile = path.join(home, `${name}.json`);
  await writeSafetensors(file, toTorch(layout, flat));
  fs.writeFileSync(configFile, JSON.stringify(config));
  const { manifest } = await importWeights({ home, file, configFile, name });
  fs.rmSync(file);
  fs.rmSync(configFile);
  return runFolder(home, manifest.id);
}

export interface OutsideTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

export interface OutsideJob {
  as: 'savedmodel' | 'onnx';
  file: string;
  function: string;
  inputs: Record<string, OutsideTensor>;
}

/** Runs exported models in Python, and gives their outputs. */
export function runOutside(python: string, jobs: readonly OutsideJob[]): Record<string, Float32Array>[] {
  const packed = jobs.map((job) => ({
    ...job,
    inputs: Object.fromEntries(
      Object.entries(job.inputs).map(([name, { shape, data }]) => {
        if (elementCount(shape) !== data.length) throw new Error(`${name} has ${data.length} values`);
        const dtype = data instanceof Float32Array ? 'float32' : 'int32';
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        return [name, { dtype, shape, data: bytes.toString('base64') }];
      }),
    ),
  }));
  const script = path.join(import.meta.dirname, 'testdata/run_models.py');
  const text = execFileSync(python, [script], {
    input: JSON.stringify(packed),
    maxBuffer: 2 ** 30,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const results = JSON.parse(text) as Record<string, { data: string }>[];
  return results.map((outputs) =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, { data }]) => {
        const bytes = new Uint8Array(Buffer.from(data, 'base64'));
        return [name, new Float32Array(bytes.buffer)];
      }),
    ),
  );
}
