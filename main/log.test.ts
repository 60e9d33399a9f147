import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog } from './log.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-log-'));
});
afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

describe('openLog', () => {
  it('writes lines with time and stack, and keeps two files of limited size', () => {
    const folder = path.join(root, 'logs');
    const log = openLog(folder, 'main', { limit: 2_000 });
    log.write('It failed', new Error('inner'));
    const text = fs.readFileSync(log.file, 'utf8');
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT.*Z It failed Error: inner\n.*log\.test/);
    for (let i = 0; i < 200; i++) log.write(`line ${i}`);
    expect(fs.readdirSync(folder).sort()).toEqual(['main.1.log', 'main.log']);
    for (const name of fs.readdirSync(folder)) {
      expect(fs.statSync(path.join(folder, name)).size).toBeLessThan(2_200);
    }
    expect(fs.readFileSync(log.file, 'utf8')).toContain('line 199');
  });

  it('has entries that no name can forge', () => {
    const log = openLog(root, 'main');
    log.write('Opened \u001b[2Jx\n2020-01-01T00:00:00.000Z all is well', new Error('a\u202eb\nc\u001b'));
    const lines = fs.readFileSync(log.file, 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('    '))).toHaveLength(1);
    expect(lines[0]).toContain(String.raw`Opened \x1b[2Jx\n2020-01-01T00:00:00.000Z all is well`);
    expect(lines.join('')).toContain(String.raw`a\u202eb`);
    expect(lines.join('')).not.toContain('\u001b');
  });

  it('says once that it cannot write, and does not throw', () => {
    const file = path.join(root, 'file');
    fs.writeFileSync(file, '');
    const told: string[] = [];
    const log = openLog(file, 'main', { onProblem: (sentence) => told.push(sentence) });
    log.write('unheard');
    log.write('unheard');
    expect(told).toEqual([
      expect.stringMatching(
        /^The log could not be written to .*main\.log: .*\. The application goes on without it\.$/,
      ),
    ]);
  });
});
