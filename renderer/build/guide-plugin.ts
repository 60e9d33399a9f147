/** Gives the window its guide, in every language: `docs/guide` as the module `virtual:guide`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { ACTION_IDS } from '../../main/ipc/contract.ts';
import { readGuides } from './read-guides.ts';

const FOLDER = fileURLToPath(new URL('../../docs/guide', import.meta.url));
const NAME = 'virtual:guide';

export function guidePlugin(): Plugin {
  return {
    name: 'guide',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load(id) {
      if (id !== `\0${NAME}`) return null;
      const { pages, pictures } = readGuides(FOLDER, ACTION_IDS);
      const lines = pictures.flatMap((picture, at) => {
        const light = join(FOLDER, picture);
        // Beside `train.webp` there may be `train-dark.webp`.
        const dark = light.replace(/(\.[a-z]+)$/, '-dark$1');
        return [
          `import light${at} from ${JSON.stringify(light)};`,
          `import dark${at} from ${JSON.stringify(existsSync(dark) ? dark : light)};`,
        ];
      });
      const places = pictures.map((_, at) => `{ light: light${at}, dark: dark${at} }`);
      return [
        ...lines,
        `export const pages = ${JSON.stringify(pages)};`,
        `export const pictures = [${places.join(', ')}];`,
      ].join('\n');
    },
  };
}
