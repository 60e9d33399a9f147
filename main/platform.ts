import type { DatasetsPlatform } from './datasets.ts';
import type { ExportKind } from './export-kind.ts';
import type { ActionId } from './ipc/actions.ts';
import type { CallResult } from './ipc/contract.ts';

/** What only the system can do. */
export interface Platform extends DatasetsPlatform {
  /** Null when the person cancels. */
  choosePath(options: { name: string; kind: ExportKind }): Promise<string | null>;
  /** Puts a PNG into the clipboard. */
  copyImage(png: Uint8Array): Promise<void>;
  /** Lets these actions, and no others, be chosen from the menu. */
  offerActions(actions: readonly ActionId[]): void;
  abilities(): CallResult<'shell.abilities'>;
}
