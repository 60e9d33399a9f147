/** Writes the hash of an archive's table beside it; `main/archive/asar.ts` holds the archive to it at each start. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { getRawHeader } from '@electron/asar';

/** @param {string} archive path of `app.asar` */
export function seal(archive) {
  const header = createHash('sha256').update(getRawHeader(archive).headerString).digest('hex');
  writeFileSync(`${archive}.seal.json`, `${JSON.stringify({ algorithm: 'SHA256', header })}\n`);
}
