/** Arrays and tables: npy, IDX, CIFAR, Parquet and safetensors. */
import type { Random } from '../random.ts';
import { joined, mutateBytes, type Mutator, otherNumber, readNumber, writeNumber } from './bytes.ts';
import { mutateFields } from './images.ts';
import { mutateJson } from './texts.ts';

const DTYPES = [
  '|u1',
  '<u2',
  '>i4',
  '<i8',
  '<f2',
  '<f4',
  '>f8',
  '|b1',
  '|S3',
  '<U5',
  '|O',
  '<c8',
  '<M8[ns]',
  '|V4',
];

/** npy: the words of its header, with the header's length right. */
export const mutateNpy: Mutator = (bytes, random) => {
  const wide = (bytes[6] ?? 1) > 1;
  const start = wide ? 12 : 10;
  const length = readNumber(bytes, 8, wide ? 4 : 2, true);
  if (random.chance(0.25) || start + length > bytes.length) return mutateBytes(bytes, random);
  let header = Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
  for (let times = random.between(1, 2); times > 0; times--) header = changedHeader(header, random);
  const text = Buffer.from(header, 'latin1');
  const head = bytes.slice(0, start);
  writeNumber(head, 8, text.length, wide ? 4 : 2, true);
  const data = bytes.subarray(start + length);
  return joined(head, text, random.chance(0.2) ? mutateBytes(data, random) : data);
};

function changedHeader(header: string, random: Random): string {
  switch (random.below(5)) {
    case 0:
      return header.replace(/'descr': *'[^']*'/, `'descr': '${random.pick(DTYPES)}'`);
    case 1:
      return header.replace(/True|False/, random.pick(['True', 'False', 'None', '1']));
    case 2: {
      const axes = Array.from({ length: random.below(6) }, () => Math.abs(otherNumber(8, random)));
      return header.replace(/\([^)]*\)/, `(${axes.join(', ')}${axes.length === 1 ? ',' : ''})`);
    }
    case 3: {
      const numbers = [...header.matchAll(/\d+/g)];
      if (numbers.length === 0) return header;
      const { 0: old, index } = random.pick(numbers);
      return (
        header.slice(0, index) + String(otherNumber(Number(old), random)) + header.slice(index + old.length)
      );
    }
    default:
      return Buffer.from(mutateBytes(Buffer.from(header, 'latin1'), random)).toString('latin1');
  }
}

export const mutateIdx = mutateFields(
  [
    [0, 2],
    [2, 1],
    [3, 1],
    [4, 4],
    [8, 4],
    [12, 4],
    [16, 4],
  ],
  false,
);

/** CIFAR's records have no header: labels, and lengths that are no whole number of records. */
export const mutateCifar: Mutator = (bytes, random) => {
  if (random.chance(0.4)) return mutateBytes(bytes, random);
  const result = bytes.slice();
  const record = random.pick([3073, 3074]);
  for (let times = random.between(1, 4); times > 0; times--) {
    result[record * random.below(Math.ceil(result.length / record))] = random.below(256);
  }
  const end = record * random.below(1 + Math.ceil(result.length / record)) + random.between(-1, 1);
  return random.chance(0.4) ? result.slice(0, Math.max(0, end)) : result;
};

/** Parquet: its table of contents and page headers, both in Thrift's compact form; the lengths around them stay right. */
export const mutateParquet: Mutator = (bytes, random) => {
  const footer = readNumber(bytes, bytes.length - 8, 4, true);
  const start = bytes.length - 8 - footer;
  if (start < 4 || random.chance(0.2)) return mutateBytes(bytes, random);
  const contents = bytes.slice(start, bytes.length - 8);
  const data = bytes.slice(0, start);
  if (random.chance(0.6)) {
    const varint = contents.length > 0 && random.chance(0.5);
    const changed = varint ? changedVarint(contents, random) : mutateBytes(contents, random);
    const tail = bytes.slice(bytes.length - 8);
    writeNumber(tail, 0, changed.length, 4, true);
    return joined(data, changed, tail);
  }
  return joined(data.subarray(0, 4), mutateBytes(data.subarray(4), random), bytes.subarray(start));
};

/** Thrift writes numbers seven bits a byte: another number, often of another length. */
function changedVarint(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  let end = at;
  while (end < bytes.length && bytes[end]! >= 0x80) end++;
  const number: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(otherNumber(bytes[at]!, random)));
  while (rest >= 128n) {
    number.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  number.push(Number(rest));
  return joined(bytes.subarray(0, at), Uint8Array.from(number), bytes.subarray(end + 1));
}

/** safetensors: its header's JSON, with the header's length right; or that length alone. */
export const mutateSafetensors: Mutator = (bytes, random) => {
  const length = readNumber(bytes, 0, 8, true);
  if (random.chance(0.25) || 8 + length > bytes.length) return mutateBytes(bytes, random);
  const header = mutateJson(bytes.subarray(8, 8 + length), random);
  const size = new Uint8Array(8);
  writeNumber(size, 0, random.chance(0.05) ? otherNumber(header.length, random) : header.length, 8, true);
  return joined(size, header, bytes.subarray(8 + length));
};
