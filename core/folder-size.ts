/** What folders take on the disk. */
import fs from 'node:fs/promises';
import path from 'node:path';

/** Bytes of the files in a folder; 0 for a link to one, and for what vanishes meanwhile. */
export async function bytesIn(folder: string): Promise<number> {
  if ((await fs.lstat(folder).catch(() => null))?.isDirectory() !== true) return 0;
  // Folder by folder: the Node.js of the oldest Electron that this runs on lists no folders below.
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return bytesIn(file);
      return (await fs.lstat(file).catch(() => null))?.size ?? 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
