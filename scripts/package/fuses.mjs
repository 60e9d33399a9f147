/** Electron's fuses: switches inside its executable. `electron-builder.yml` says how they are to be. */
import { readFileSync } from 'node:fs';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { load } from 'js-yaml';

const ON = 0x31;

/** `{ runAsNode: false, … }`, as the configuration wants them. */
export function wantedFuses(configurationFile) {
  return load(readFileSync(configurationFile, 'utf8')).electronFuses ?? {};
}

/**
 * Reads an executable's fuses.
 *
 * @returns {Promise<string[]>} names of those that are not as they are wanted
 */
export async function wrongFuses(executable, wanted) {
  const wire = await getCurrentFuseWire(executable);
  return Object.entries(wanted)
    .filter(([name, on]) => (wire[FuseV1Options[name[0].toUpperCase() + name.slice(1)]] === ON) !== on)
    .map(([name]) => name);
}
