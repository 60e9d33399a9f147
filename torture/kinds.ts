/** All kinds of torture. */
import type { Bench, Kind } from './case.ts';
import { call } from './kinds/calls.ts';
import { canMount, disk } from './kinds/disks.ts';
import { mutation } from './kinds/mutations.ts';
import { OPERATION_KINDS } from './kinds/operations.ts';
import { random, signal, together } from './kinds/processes.ts';

const KINDS: Readonly<Record<string, Kind>> = {
  ...OPERATION_KINDS,
  ...{ mutation, random, signal, together, disk, call },
};

export const KIND_NAMES: readonly string[] = Object.keys(KINDS);

/**
 * The kinds of these names that can be tried here.
 *
 * @throws Error for a name that is not known
 */
export function kindsFor(bench: Bench, names: readonly string[]): Record<string, Kind> {
  const unknown = names.find((name) => !KIND_NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`no kind "${unknown}"; there are ${KIND_NAMES.join(', ')}`);
  const mounts = names.includes('disk') && canMount(bench.folder);
  const possible = (name: string): boolean =>
    (name !== 'disk' || mounts) && (KINDS[name]?.shim !== true || bench.crew.options.shim !== null);
  return Object.fromEntries(Object.entries(KINDS).filter(([name]) => names.includes(name) && possible(name)));
}
