/** A package is made with the Electron that this version of the application is made for, unless one says otherwise. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepError } from '../setup/report.mjs';

const DAY_MS = 24 * 3600 * 1000;

/** The pinned version, and when versions came out. */
export function electronReleases(root) {
  const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
  return {
    pinned: read('package.json').devDependencies.electron,
    released: read('main', 'electron-releases.json').released,
  };
}

/** `25.1.1 (released 2023-06, 3.5 years ago)` */
export function datedVersion(version, released, now) {
  const date = released[version];
  if (date === undefined) return `${version} (its date is not known here)`;
  const days = Math.max(0, Math.floor((now - Date.parse(date)) / DAY_MS));
  const age = days < 100 ? `${days} days` : `${(days / 365.25).toFixed(1)} years`;
  return `${version} (released ${date}, ${age} ago)`;
}

/**
 * Refuses another Electron than the pinned one.
 *
 * @param {object} found
 * @param {string} found.version what set-up found
 * @param {string} found.pinned
 * @param {Record<string, string>} found.released
 * @param {boolean} found.allowed whether another one was asked for
 * @param {number} [found.now] milliseconds since 1970
 * @returns {{ note: string, warn: boolean }} for the step's line
 * @throws StepError
 */
export function checkElectron({ version, pinned, released, allowed, now = Date.now() }) {
  const text = datedVersion(version, released, now);
  if (version === pinned) return { note: text, warn: false };
  const wanted = datedVersion(pinned, released, now);
  if (allowed) return { note: `${text} instead of ${wanted}, as asked`, warn: true };
  throw new StepError(
    `Electron ${text} is set up here, and the application is made for ${wanted}; holes found in between would be open in the package.`,
    {
      remedy:
        'run `npm run setup -- --electron` where Electron’s release host is in reach, or take the one there is with `npm run package -- --old-electron`.',
    },
  );
}
