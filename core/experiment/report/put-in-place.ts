/** Puts a finished report where an older one may be, and touches nothing there that the older one did not write. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { exists, replaceFolder, sha256OfFile, syncFolder, writeNewFile } from '../../files.ts';

/** Name → SHA-256 of every file that a report wrote. */
const FILES_FILE = 'files.json';

const FilesSchema = v.object({
  format: v.literal('covae-experiment-files'),
  version: v.literal(1),
  files: v.record(v.string(), v.string()),
});

/** A person's file that was in the way: what it was called, and what it is called now. */
export interface KeptFile {
  name: string;
  keptAs: string;
}

/** Notes what a report consists of, so that a later one knows what it may replace. */
export async function noteFiles(folder: string): Promise<void> {
  const content = { format: 'covae-experiment-files', version: 1, files: await hashesOf(folder) };
  await writeNewFile(path.join(folder, FILES_FILE), `${JSON.stringify(content, null, 1)}\n`);
}

/**
 * Moves a finished report to its place. Where there are only files of an older report, all change at once. Else one file
 * takes the place of another, the page last; a file that was changed since it was written is kept under another name.
 *
 * @param draft the finished folder, beside the target
 * @returns the files that were kept under another name
 */
export async function putInPlace(draft: string, target: string): Promise<KeptFile[]> {
  const there = (await exists(target)) ? await fs.readdir(target) : [];
  const older = await notedFiles(target);
  const isOurs = async (name: string): Promise<boolean> =>
    name === FILES_FILE || (Object.hasOwn(older, name) && (await hashOf(target, name)) === older[name]);
  const ours = new Set<string>();
  for (const name of there) if (await isOurs(name)) ours.add(name);
  if (there.every((name) => ours.has(name))) {
    await replaceFolder(draft, target);
    return [];
  }
  const kept: KeptFile[] = [];
  const written = (await fs.readdir(draft)).sort(lastThingsLast);
  for (const name of written) {
    const place = path.join(target, name);
    const isInTheWay = there.includes(name) && !ours.has(name);
    if (isInTheWay && (await hashOf(target, name)) !== (await hashOf(draft, name))) {
      const keptAs = await freeName(target, name);
      await fs.rename(place, path.join(target, keptAs));
      kept.push({ name, keptAs });
    }
    await fs.rename(path.join(draft, name), place);
  }
  for (const name of ours) if (!written.includes(name)) await fs.rm(path.join(target, name));
  await syncFolder(target);
  await fs.rm(draft, { recursive: true, force: true });
  return kept;
}

/** Whoever reads the page finds what it shows, and the note lists nothing that is not there yet. */
function lastThingsLast(a: string, b: string): number {
  const rank = (name: string): number => ['results.json', 'report.md', FILES_FILE].indexOf(name);
  return rank(a) - rank(b);
}

/** None for a report of an earlier version, which did not note its files: all are taken for the person's. */
async function notedFiles(folder: string): Promise<Record<string, string>> {
  try {
    const content: unknown = JSON.parse(await fs.readFile(path.join(folder, FILES_FILE), 'utf8'));
    const noted = v.safeParse(FilesSchema, content);
    return noted.success ? noted.output.files : {};
  } catch {
    return {};
  }
}

async function hashesOf(folder: string): Promise<Record<string, string>> {
  const names = (await fs.readdir(folder)).sort();
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await sha256OfFile(path.join(folder, name))] as const),
    ),
  );
}

/** null for what is no file. */
async function hashOf(folder: string, name: string): Promise<string | null> {
  const file = path.join(folder, name);
  const found = await fs.lstat(file);
  return found.isFile() ? sha256OfFile(file) : null;
}

/** `report.md` → `report (kept).md` */
async function freeName(folder: string, name: string): Promise<string> {
  const { name: base, ext } = path.parse(name);
  for (let number = 1; ; number++) {
    const candidate = `${base} (kept${number === 1 ? '' : ` ${number}`})${ext}`;
    if (!(await exists(path.join(folder, candidate)))) return candidate;
  }
}
