/** What is used of a codec that comes without types. */
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  export interface JPEGDecoder {
    /** Room for the file's bytes in the module's memory; valid until the next call. */
    getEncodedBuffer(length: number): Uint8Array;
    /** @throws a number when the file is damaged */
    decode(): void;
    getFrameInfo(): { width: number; height: number; componentCount: number };
    getDecodedBuffer(): Uint8Array;
  }
  export default function load(options: {
    print: (text: string) => void;
    printErr: (text: string) => void;
  }): Promise<{ JPEGDecoder: new () => JPEGDecoder }>;
}
