import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noteLibrary, noticeOfSecond, refusalOfSecond } from './one-instance.ts';

let userData: string;
beforeEach(() => {
  userData = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'covae-instance-')), 'data');
});
afterEach(() => fs.rmSync(path.dirname(userData), { recursive: true }));

const SENTENCE =
  'The library /b was not opened, since the window shows /a; close that first, or start with another --user-data-dir.';

it('says why another library is not opened, in the terminal and in the window', () => {
  expect(noteLibrary(userData, '/a')).toBe(false);
  expect(noteLibrary(userData, '/a')).toBe(true);
  expect(refusalOfSecond(userData, '/b')).toBe(SENTENCE);
  expect(noticeOfSecond({ home: '/b' }, '/a')).toBe(SENTENCE);
});

it('has nothing to say of the same library, nor where nothing is known', () => {
  expect(refusalOfSecond(userData, '/a')).toBeNull();
  noteLibrary(userData, '/a');
  expect(refusalOfSecond(userData, '/a')).toBeNull();
  expect(noticeOfSecond({ home: '/a' }, '/a')).toBeNull();
  expect(noticeOfSecond('nonsense', '/a')).toBeNull();
  fs.writeFileSync(path.join(userData, 'library.json'), 'damaged');
  expect(refusalOfSecond(userData, '/b')).toBeNull();
  expect(noteLibrary(userData, '/a')).toBe(true);
});

it('outlasts a folder that cannot be written', () => {
  fs.writeFileSync(userData, '');
  expect(noteLibrary(userData, '/a')).toBe(false);
});
