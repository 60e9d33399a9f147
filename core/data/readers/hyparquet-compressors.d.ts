/** What is used of a library that comes without types. */
declare module 'hyparquet-compressors' {
  type Decompress = (input: Uint8Array, outputLength: number) => Uint8Array;
  export const decompressSnappy: Decompress;
  export const decompressZstd: (input: Uint8Array) => Uint8Array;
  export const decompressLz4: Decompress;
  export const decompressLz4Raw: Decompress;
}
