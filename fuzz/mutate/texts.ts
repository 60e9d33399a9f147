/** JSON and lines of JSON. */
import type { Random } from '../random.ts';
import { joined, mutateBytes, mutateList, type Mutator } from './bytes.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MOST_CHARACTERS = 500_000;
/** Deep lists grow with the square of their depth when they are indented. */
const MOST_INDENTED = 5_000;

/** JSON: values of another type or size, keys dropped, doubled, made up; now and then not even JSON. */
export const mutateJson: Mutator = (bytes, random) => {
  if (random.chance(0.2)) return mutateBytes(bytes, random);
  let value: Json;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json;
  } catch {
    return mutateBytes(bytes, random);
  }
  for (let times = random.between(1, 3); times > 0; times--) value = changed(value, random);
  const indent = random.pick([0, 2]);
  let text = JSON.stringify(value);
  // What grew beyond all measure only takes time.
  if (text.length > MOST_CHARACTERS) return mutateBytes(bytes, random);
  if (text.length < MOST_INDENTED) text = JSON.stringify(value, null, indent);
  if (random.chance(0.05)) text = text.replace(/"(\w+)":/, '"$1": 1, "$1":');
  if (random.chance(0.05)) text = '\ufeff' + text;
  return new Uint8Array(Buffer.from(text, 'utf8'));
};

function changed(value: Json, random: Random): Json {
  // Deeper with each level, so that most changes are near the leaves.
  if (Array.isArray(value) && value.length > 0 && random.chance(0.7)) {
    if (random.chance(0.3)) return mutateList(value, random);
    const at = random.below(value.length);
    return value.with(at, changed(value[at]!, random));
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value) && random.chance(0.85)) {
    const keys = Object.keys(value);
    if (keys.length === 0 || random.chance(0.08)) return { ...value, [random.pick(KEYS)]: odd(random) };
    const key = random.pick(keys);
    if (random.chance(0.15)) {
      const { [key]: gone, ...rest } = value;
      return random.chance(0.5) ? rest : { ...rest, [random.pick(KEYS)]: gone ?? null };
    }
    return { ...value, [key]: changed(value[key] ?? null, random) };
  }
  if (typeof value === 'number' && random.chance(0.6))
    return value * random.pick([-1, 0.5, 2, 10, 1e6, 1e300]);
  if (typeof value === 'string' && random.chance(0.6)) {
    const at = random.below(value.length + 1);
    return value.slice(0, at) + random.pick(TEXTS) + value.slice(at + random.below(3));
  }
  return odd(random);
}

const KEYS = ['__proto__', 'constructor', 'toString', '', 'length', 'x', 'version', 'name', '0', 'a.b', 'é'];
const TEXTS = [
  '',
  '/',
  '../',
  '\0',
  '\n',
  '"',
  '🐈',
  '\ud800',
  'x'.repeat(5000),
  '%s',
  'sha256:',
  '1e999',
  '-',
];

function odd(random: Random): Json {
  switch (random.below(9)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick([0, -0, -1, 0.1, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 5e-324]);
    case 3:
      return random.pick(TEXTS);
    case 4:
      return [];
    case 5:
      return {};
    case 6: {
      let deep: Json = 1;
      for (let i = random.pick([10, 200, 3000]); i > 0; i--) deep = [deep];
      return deep;
    }
    case 7:
      return Array.from({ length: random.pick([3, 1000, 20_000]) }, () => 0);
    default:
      return { [random.pick(KEYS)]: random.pick(TEXTS) };
  }
}

/** Lines of JSON: lines in another order or number, one changed as JSON, the last one torn. */
export const mutateJsonLines: Mutator = (bytes, random) => {
  if (random.chance(0.2)) return mutateBytes(bytes, random);
  let lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1);
  for (let times = random.between(1, 3); times > 0; times--) {
    const at = random.below(lines.length);
    const line = lines[at];
    if (line === undefined || random.chance(0.4)) lines = mutateList(lines, random);
    else lines = lines.with(at, Buffer.from(mutateJson(Buffer.from(line), random)).toString('utf8'));
  }
  const text = Buffer.from(lines.join('\n') + random.pick(['\n', '\n', '', '\r\n', '\n\n']), 'utf8');
  return joined(random.chance(0.2) ? text.subarray(0, random.below(text.length)) : text);
};
