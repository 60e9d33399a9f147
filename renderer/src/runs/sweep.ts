/** A sweep as it is typed, in the form of the contract. */
import type { CallParams } from '../../../main/ipc/contract.ts';
import { type TypedSetting, valueOfText } from './changed-settings.svelte.ts';

type Order = CallParams<'sweep.plan'>;

/** Parts of a text between commas that stand in no brackets. */
export function splitValues(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const sign of text) {
    if ('[({'.includes(sign)) depth++;
    if ('])}'.includes(sign)) depth--;
    if (sign === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${sign}`);
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** `0.001, 0.003` are values, `0.0001..0.01` is a range from which numbers are drawn. Nothing typed varies nothing. */
function variedOf({ key, text }: TypedSetting): Order['vary'] {
  const range = /^\s*([-+.\deE]+)\.\.([-+.\deE]+)\s*$/.exec(text);
  if (range !== null) return [{ key, from: Number(range[1]), to: Number(range[2]) }];
  const values = splitValues(text).map(valueOfText);
  return values.length === 0 ? [] : [{ key, values }];
}

/** @param random how many by chance; null for all */
export function sweepOf({
  rows,
  seeds,
  random,
  name,
  ...base
}: Pick<Order, 'dataset' | 'preset' | 'settings' | 'name'> & {
  rows: readonly TypedSetting[];
  seeds: number;
  random: number | null;
}): Order {
  return {
    ...base,
    name: name.trim() === '' ? 'sweep' : name.trim(),
    vary: rows.flatMap(variedOf),
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    ...(random !== null && { random: { count: random, seed: 0 } }),
  };
}
