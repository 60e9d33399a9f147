/** Weights from a rule, and what the published code makes of them: both as testdata/make_features.py has them. */
import fs from 'node:fs';
import * as v from 'valibot';
import { elementCount } from '../../shape.ts';
import type { FloatTensors } from '../../run/safetensors.ts';

/** From −1 to 1, by the last step of MurmurHash3. */
function uniform(tensor: number, place: number): number {
  let h = (Math.imul(place + 1, 0x9e3779b1) + Math.imul(tensor, 0x85ebca77)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
}

/** Centre and reach of a tensor's numbers. */
function rule(name: string, shape: readonly number[]): [number, number] {
  const inputs = elementCount(shape.slice(1));
  if (shape.length === 4) return [0, Math.sqrt(6 / inputs)];
  if (shape.length === 2) return [0, Math.sqrt(3 / inputs)];
  if (name.endsWith('running_var')) return [1, 0.5];
  if (name.endsWith('gamma')) return [0.5, 0.2];
  return name.endsWith('weight') ? [1, 0.2] : [0, 0.2];
}

/** Each number follows from its tensor's place among the names in alphabetical order and from its own place. */
export function weightsByRule(shapes: Readonly<Record<string, number[]>>): FloatTensors {
  const tensors: FloatTensors = {};
  Object.keys(shapes)
    .sort()
    .forEach((name, tensor) => {
      const shape = shapes[name]!;
      const [centre, reach] = rule(name, shape);
      const data = new Float32Array(elementCount(shape));
      for (let i = 0; i < data.length; i++) data[i] = centre + reach * uniform(tensor, i);
      tensors[name] = { shape, data };
    });
  return tensors;
}

const told = v.array(v.object({ every10th: v.array(v.number()), sum: v.number(), largest: v.number() }));
const transformer = v.object({
  shape: v.object({ width: v.number(), depth: v.number(), heads: v.number() }),
  images: told,
});
const pixels = v.array(v.number());

export type ToldFeatures = v.InferOutput<typeof told>;

const ElsewhereSchema = v.object({
  images: v.array(v.object({ height: v.number(), width: v.number(), channels: v.picklist([1, 3]) })),
  resized: v.object({ 'half-pixel': pixels, corner: pixels, bicubic: pixels }),
  inception: told,
  'inception-tf1': told,
  dinov2: transformer,
  'dinov2-small': transformer,
});

/** What PyTorch, pytorch-fid, torch-fidelity, Pillow and DINOv2's code make of them. */
export function featuresElsewhere(): v.InferOutput<typeof ElsewhereSchema> {
  const file = new URL('testdata/features.json', import.meta.url);
  return v.parse(ElsewhereSchema, JSON.parse(fs.readFileSync(file, 'utf8')));
}
