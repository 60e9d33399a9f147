import type { DatasetsPlatform } from './datasets.ts';
import type { ExportKind } from './export-kind.ts';

/** What only the system can do. */
export interface Platform extends DatasetsPlatform {
  /** Null when the person cancels. */
  choosePath(options: { name: string; kind: ExportKind }): Promise<string | null>;
  /** Puts a PNG into the clipboard. */
  copyImage(png: Uint8Array): Promise<void>;
}
