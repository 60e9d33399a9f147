import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Finding, supervise } from './supervise.ts';

/** A child that hangs in case 2, ends itself in case 4, takes much memory in case 6 and tells of a failure in case 8. */
const CHILD = `
const fs = require('node:fs');
const path = require('node:path');
const folder = process.argv[3];
let held;
process.on('message', async ({ first, cases }) => {
  for (let number = first; number < first + cases; number++) {
    fs.writeFileSync(path.join(folder, 'current'), String(number));
    if (number === 2) for (;;);
    if (number === 4) process.exit(7);
    if (number === 6) { held = Buffer.alloc(900e6, 1); await new Promise(() => setInterval(() => held, 1000)); }
    const outcome = number === 8 ? { failure: 'It failed.' } : 'result';
    await new Promise((done) => process.send({ number, outcome, milliseconds: 1, peak: 5e7 }, done));
  }
  process.exit(0);
});
`;

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-supervise-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

async function watch(child: string): Promise<{ told: number[]; findings: Finding[] }> {
  const program = path.join(folder, 'child.cjs');
  fs.writeFileSync(program, child);
  const told: number[] = [];
  const findings: Finding[] = [];
  await supervise({
    ...{ program, root: folder, folder: path.join(folder, 'work') },
    order: { runSeed: 1, formats: ['png'], first: 0, cases: 10, milliseconds: 100_000 },
    limits: { seconds: 6, memory: 600e6 },
    onTold: ({ number }) => told.push(number),
    onFinding: (finding) => void findings.push(finding),
  });
  return { told, findings };
}

it('goes on after a case that hangs, ends its process or takes too much memory, and tells of each once', async () => {
  const { told, findings } = await watch(CHILD);
  expect(told).toEqual([0, 1, 3, 5, 7, 8, 9]);
  expect(findings.map(({ number }) => number)).toEqual([2, 4, 6, 8]);
  const [hung, ended, large, failed] = findings.map(({ what }) => what);
  expect(hung).toMatch(/^hung for \d+ s$/);
  expect(ended).toBe('ended its process (exit code 7): without a word');
  expect(large).toMatch(/^took [\d,]+ MB of memory$/);
  expect(failed).toBe('It failed.');
});

it('says when the child cannot begin', async () => {
  await expect(watch('throw new Error("no such thing");')).rejects.toThrow(
    /could not begin: .*no such thing/s,
  );
});
