import fs from 'node:fs/promises';
import path from 'node:path';
import { isTemporaryName } from '../../files.ts';

const LEFT_OVER_AGE_MS = 24 * 60 * 60 * 1000;

/** Removes what an import left that was killed; a day is longer than any import that still runs. */
export async function removeLeftOvers(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporaryName)) {
    const left = path.join(folder, name);
    const stat = await fs.stat(left).catch(() => null);
    if (stat !== null && Date.now() - stat.mtimeMs > LEFT_OVER_AGE_MS) {
      await fs.rm(left, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
