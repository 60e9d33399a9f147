/** For the tests of the command line. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, vi } from 'vitest';
import { runCli } from './program.ts';

/** What a command did. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  /** The objects that `--json` printed. */
  events: Record<string, unknown>[];
}

/** Runs a command inside this process. */
export async function covae(...args: string[]): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  const events = args.includes('--json') ? stdout.trim().split('\n').filter(Boolean).map(parseObject) : [];
  return { code, stdout, stderr, events };
}

/** @throws Error when a line is no JSON object */
export function parseObject(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${line}`);
  return { ...value };
}

/** As `expect.stringMatching`, which is typed `any`. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

/**
 * What a command said on stderr, without that a training of a few steps has learned nothing at its end.
 *
 * @param step of that end; any, where none is given
 */
export function withoutAlarms(stderr: string, step?: number): string {
  return stderr.replace(new RegExp(`^\\w+ collapsed at step ${step ?? '\\d+'} .*\\n`, 'gm'), '');
}

// Most of these compile networks; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** A folder of the test file's own. */
export const root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-cli-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** 40 images of noise in two classes, and one file that is none. */
export async function makeImages(folder: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const below = path.join(folder, i % 2 === 0 ? 'even' : 'odd');
    fs.mkdirSync(below, { recursive: true });
    const pixels = Uint8Array.from({ length: 256 }, (_, p) => (p * (i + 3) * 7) % 256);
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toFile(path.join(below, `${String(i).padStart(2, '0')}.png`));
  }
  fs.writeFileSync(path.join(folder, 'odd', 'notes.png'), 'not an image');
}
