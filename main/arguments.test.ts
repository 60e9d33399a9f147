import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';

describe('readArguments', () => {
  it('finds our switches between those of Electron and Chromium', () => {
    const argv = [
      '--inspect=0',
      '--no-sandbox',
      '/app',
      '--home',
      '/my library',
      '--user-data-dir=/u',
      '--lang=de',
    ];
    expect(readArguments(argv)).toEqual({
      ...{ home: '/my library', userDataDir: '/u' },
      ...{ smokeTest: undefined, language: 'de' },
    });
    expect(readArguments(['--smoke-test', 'out']).smokeTest).toBe('out');
  });

  it('takes a switch without its value as not given', () => {
    expect(readArguments(['--home'])).toEqual({
      home: undefined,
      userDataDir: undefined,
      smokeTest: undefined,
      language: undefined,
    });
  });
});
