/**
 * Images as a Parquet file in the form of the Hugging Face hub: `image`, a struct of a PNG's `bytes` and its `path`, and
 * `label`, with the features that `datasets` reads in the metadata (datasets/arrow_writer.py, `_build_metadata`).
 */
import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { writeAll } from '../zip.ts';
import { eachPng } from './png-sets.ts';
import type { SetFormat, SetShape, WrittenPart } from './set.ts';

/** Rows of a group, which are in memory together; the hub asks for few where rows are images. */
const ROWS = 1000;

export const parquetFile: SetFormat = {
  ending: '.parquet',
  words: 'a Parquet file',
  begin: async (target, shape, look) => {
    const file = await fs.open(target, 'wx');
    const out = new FileWriter(file);
    const writer = new ParquetWriter({
      writer: out,
      schema: schemaOf(shape),
      // PNG does not get smaller.
      codec: 'UNCOMPRESSED',
      statistics: false,
      createdBy: 'CoVAE Studio',
      kvMetadata: [
        { key: 'huggingface', value: JSON.stringify({ info: { features: featuresOf(shape) } }) },
        ...Object.entries(look.text).map(([key, value]) => ({ key, value })),
      ],
    });
    let rows: { bytes: Uint8Array; path: string }[] = [];
    let labels: (number | null)[] = [];
    const flush = async (): Promise<void> => {
      await writer.write({
        columnData: [
          { name: 'image', data: rows, columnIndex: false, offsetIndex: false },
          ...(shape.classes === null ? [] : [{ name: 'label', data: labels.map(big), offsetIndex: false }]),
        ],
        rowGroupSize: ROWS,
      });
      rows = [];
      labels = [];
    };
    return {
      write: (part: WrittenPart) =>
        eachPng(part, shape, look, async (path, bytes, place) => {
          rows.push({ bytes, path });
          labels.push(part.labels?.[place] ?? null);
          if (rows.length === ROWS) await flush();
        }),
      finish: async () => {
        if (rows.length > 0) await flush();
        await writer.finish();
        await out.flush();
        await file.sync();
        await file.close();
      },
      abort: () => file.close().catch(() => undefined),
    };
  },
};

function big(label: number | null): bigint | null {
  return label === null ? null : BigInt(label);
}

function schemaOf({ classes }: SetShape): SchemaElement[] {
  return [
    { name: 'schema', num_children: classes === null ? 1 : 2 },
    { name: 'image', repetition_type: 'OPTIONAL', num_children: 2 },
    { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    { name: 'path', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8' },
    ...(classes === null ? [] : [{ name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' } as const]),
  ];
}

function featuresOf({ classes }: SetShape): object {
  return {
    image: { _type: 'Image' },
    ...(classes !== null && { label: { names: classes, _type: 'ClassLabel' } }),
  };
}

/** Holds a row group, and hands it to the file. */
class FileWriter extends ByteWriter {
  constructor(private readonly file: FileHandle) {
    super();
  }

  async flush(): Promise<void> {
    const { index } = this;
    await writeAll(this.file, new Uint8Array(this.buffer, 0, index));
    this.index = 0;
  }
}
