/** Which sources have text for people, and in which catalogue it is. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

const NO_SOURCE = /\.test\.ts$|\.d\.ts$|(^|\/)(testdata|test-[^/]*|text)(\/|$)|(^|\/)test-[^/]*\.ts$/;

/** What only the command line shows, what goes into documents, and the names of a graph's operations. */
const NOT_IN_THE_WINDOW =
  /^core\/(tensor|nn|covae|experiment|bench|portable|train\/parity|export\/chart|takeout\/runs\/(report|compare-page|compare)\b)/;

/** What the window is made of, or may take along. */
export function isWindowSource(file) {
  return /^(renderer\/src|core|main\/ipc)\/.+\.(ts|svelte)$/.test(file) && !NO_SOURCE.test(file);
}

/** Whether there can be any text: cheaper than to parse it. */
export function mayHoldText(code) {
  return /['"`>]/.test(code);
}

/**
 * Sources by catalogue, relative to the project, sorted: `window` is the window's and the dialogs of main, `core` what
 * comes to the window from elsewhere.
 */
export function textSources() {
  const under = (folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
      .map((entry) =>
        join(entry.parentPath ?? entry.path, entry.name)
          .slice(root.length + 1)
          .replaceAll('\\', '/'),
      )
      .filter((file) => !NO_SOURCE.test(file))
      .sort();
  const main = under('main').filter((file) => !file.startsWith('main/cli/'));
  const dialogs = (file) => file.startsWith('main/window/');
  return {
    window: [...under('renderer/src'), ...main.filter(dialogs)],
    core: [
      ...under('core').filter((file) => !NOT_IN_THE_WINDOW.test(file)),
      ...main.filter((file) => !dialogs(file)),
    ],
  };
}
