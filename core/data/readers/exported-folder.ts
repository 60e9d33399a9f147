/** The note that an exported folder of images carries, so that it comes back as it was: names, order, hold-out. */
import path from 'node:path';
import * as v from 'valibot';

/** Lies beside the folders. Written by core/export/dataset.ts. */
export const EXPORT_NOTE = 'covae-images.json';

export const ExportNoteSchema = v.object({
  format: v.literal('covae-images'),
  version: v.literal(1),
  /** In the order of their numbers, with the folder of each; null without classes. */
  classes: v.nullable(v.array(v.object({ name: v.string(), folder: v.string() }))),
  /** Folders above those of the classes; null when no image is held out. */
  parts: v.nullable(v.object({ train: v.string(), heldOut: v.string() })),
});

export type ExportNote = v.InferOutput<typeof ExportNoteSchema>;

export interface ExportedFolder {
  /** By the numbers they are called by; what else was laid there comes last. */
  files: readonly string[];
  names: readonly string[] | null;
  classOf(file: string): string | null;
  /** Number of files without a class where others have one. */
  unlabelled: number;
  isHeldOut(file: string): boolean;
}

/** @returns null when `text` is no such note */
export function readExportedFolder(listed: readonly string[], text: string): ExportedFolder | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const note = v.safeParse(ExportNoteSchema, json);
  if (!note.success) return null;
  const { classes, parts } = note.output;
  const names = new Map(classes?.map(({ name, folder }) => [folder, name]));
  const number = (file: string): number => {
    const [, digits] = /^(\d+)\.png$/.exec(path.posix.basename(file)) ?? [];
    return digits === undefined ? Infinity : Number(digits);
  };
  const partOf = (file: string): string | undefined => (parts === null ? undefined : file.split('/')[0]);
  const files = listed
    .filter((file) => file !== EXPORT_NOTE)
    .map((file) => ({ file, number: number(file) }))
    .sort((a, b) => (a.number === b.number ? 0 : a.number - b.number))
    .map(({ file }) => file);
  const classOf = (file: string): string | null => {
    const folders = file.split('/').slice(parts === null ? 0 : 1, -1);
    return names.get(folders[0] ?? '') ?? null;
  };
  return {
    files,
    names: classes === null ? null : classes.map(({ name }) => name),
    classOf,
    unlabelled: classes === null ? 0 : files.filter((file) => classOf(file) === null).length,
    isHeldOut: (file) => parts !== null && partOf(file) === parts.heldOut,
  };
}
