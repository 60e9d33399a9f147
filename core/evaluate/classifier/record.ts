/** A classifier on the disk: one file of the library, its record in the metadata, found by what its data set is, not by its name. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import * as v from 'valibot';
import type { DatasetRecord } from '../../data/dataset.ts';
import { UserError } from '../../errors.ts';
import { exists } from '../../files.ts';
import { checkValue } from '../../json-file.ts';
import { readSafetensors } from '../../run/safetensors.ts';

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const ClassifierRecordSchema = v.object({
  format: v.literal('covae-classifier'),
  version: v.literal(1),
  dataset: v.object({ name: v.string(), fingerprint: v.string() }),
  height: count,
  width: count,
  channels: v.picklist([1, 3]),
  classes: v.array(v.string()),
  parameters: count,
  settings: v.object({ seed: count, steps: count, batch: count, learningRate: v.number() }),
  trainedOn: count,
  heldOut: v.object({
    count,
    /** Share of the held-out images whose class it finds. */
    accuracy: share,
    /** Share of them that it is at least 90 % sure of: what samples are held against. */
    sure: share,
    /** Share of each class among them, as it finds them. */
    balance: v.array(share),
  }),
  seconds: v.number(),
  createdAt: v.string(),
});

export type ClassifierRecord = v.InferOutput<typeof ClassifierRecordSchema>;

/** The classifier of a data set's images and classes: copies and other names of a data set share it. */
export function classifierFile(home: string, record: DatasetRecord): string {
  const key = createHash('sha256')
    .update(JSON.stringify([record.fingerprint, record.hashes?.labels ?? null, record.classes ?? null]))
    .digest('hex');
  return path.join(home, 'classifiers', `${key.slice(0, 16)}.safetensors`);
}

/**
 * What is known of a data set's classifier.
 *
 * @throws UserError when none was trained, or its file is damaged
 */
export async function readClassifierRecord(home: string, record: DatasetRecord): Promise<ClassifierRecord> {
  const file = classifierFile(home, record);
  if (!(await exists(file))) {
    throw new UserError(
      `Data set "${record.name}" has no classifier; train one with covae data classifier ${record.name}.`,
      { code: 'not-found' },
    );
  }
  const { metadata } = await readSafetensors(file, () => false);
  let value: unknown = null;
  try {
    value = JSON.parse(metadata['classifier'] ?? '');
  } catch {
    // The check below says so.
  }
  return checkValue(ClassifierRecordSchema, value, file, { code: 'unreadable', file });
}
