import { describe, expect, it } from 'vitest';
import { isInstalled } from './npm-packages.mjs';

const lock = {
  packages: {
    '': { name: 'covae-studio' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b-mac': { version: '2.0.0', integrity: 'sha512-b', optional: true },
  },
};
const installed = (packages) => ({ packages });
const a = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };

describe('isInstalled', () => {
  it('is false without npm’s record, which it writes last', () => {
    expect(isInstalled(lock, undefined)).toBe(false);
    expect(isInstalled(lock, {})).toBe(false);
  });

  it('is true when all but other platforms’ packages are there', () => {
    expect(isInstalled(lock, installed(a))).toBe(true);
  });

  it('is false when one is missing, is another version, has another hash, or is too many', () => {
    const other = (change) => installed({ 'node_modules/a': { ...a['node_modules/a'], ...change } });
    expect(isInstalled(lock, installed({}))).toBe(false);
    expect(isInstalled(lock, other({ version: '1.0.1' }))).toBe(false);
    expect(isInstalled(lock, other({ integrity: 'sha512-x' }))).toBe(false);
    expect(isInstalled(lock, installed({ ...a, 'node_modules/c': { version: '1.0.0' } }))).toBe(false);
  });
});
