/** Which extractors a run can be evaluated with now. Told by the files there are: their networks are loaded elsewhere. */
import fs from 'node:fs/promises';
import { readDatasetRecord } from '../core/data/catalogue.ts';
import { windowSentenceOf } from '../core/errors.ts';
import { readClassifierRecord } from '../core/evaluate/classifier/record.ts';
import { EXTRACTORS, type ExtractorName, WEIGHTS_OF } from '../core/evaluate/extractors/extractor.ts';
import { extractorsFolder, isAddedName, mobilenetFile } from '../core/evaluate/extractors/weights-file.ts';
import type { RunManifest } from '../core/run/manifest.ts';
import { findDataset } from '../core/run/run-dataset.ts';

/** @returns every extractor, with why it cannot be used in one sentence, or null */
export async function extractorChoices(
  home: string,
  manifest: RunManifest,
): Promise<{ name: ExtractorName; problem: string | null }[]> {
  const folder = extractorsFolder();
  const added = folder === null ? [] : await fs.readdir(folder).catch(() => []);
  const problemOf = async (name: ExtractorName): Promise<string | null> => {
    const weights = WEIGHTS_OF[name];
    if (name === 'classifier') return problemIn(() => classifierOf(home, manifest));
    if (weights === null) return null;
    if (weights === 'mobilenet') return problemIn(mobilenetFile);
    if (added.some((file) => isAddedName(weights, file))) return null;
    return 'Its weights are not there; add a file of your own with covae extractors add FILE.';
  };
  return Promise.all(EXTRACTORS.map(async (name) => ({ name, problem: await problemOf(name) })));
}

async function classifierOf(home: string, manifest: RunManifest): Promise<void> {
  const { name } = await findDataset(home, manifest);
  await readClassifierRecord(home, await readDatasetRecord(home, name));
}

async function problemIn(work: () => unknown): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return windowSentenceOf(error);
  }
}
