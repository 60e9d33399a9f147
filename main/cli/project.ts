import { existsSync } from 'node:fs';
import path from 'node:path';

/** A file of the project or installation, looked for from the running file upwards; null when it is nowhere. */
export function projectFile(relative: string, from: string = __dirname): string | null {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, relative);
    if (existsSync(candidate)) return candidate;
    if (path.dirname(folder) === folder) return null;
  }
}
