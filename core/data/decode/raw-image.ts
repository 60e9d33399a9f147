import type { SignificantBits } from './wide.ts';

/** Pixels as they are stored: uint8, height × width × channels, row by row; four channels are RGBA. */
export interface RawImage {
  height: number;
  width: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
  /** Of a file of 16 bits a value: as how many they were read. */
  bits?: SignificantBits;
}
