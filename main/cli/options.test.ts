import os from 'node:os';
import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { givenSettings, parsePath, parsePaths } from './options.ts';

describe('givenSettings', () => {
  it('gives options their dotted keys', () => {
    expect(givenSettings({ steps: 5, batch: 2, lr: 0.1 })).toEqual({
      'training.steps': 5,
      'training.batchSize': 2,
      'training.learningRate': 0.1,
    });
    expect(givenSettings({ lr: undefined })).toEqual({});
  });

  it('lays what --set names over them', () => {
    expect(givenSettings({ steps: 5, lr: 0.1, set: { 'training.steps': 6 } })).toEqual({
      'training.steps': 6,
      'training.learningRate': 0.1,
    });
  });
});

it('a tilde that no shell has seen is the home folder', () => {
  expect(parsePath('~/x')).toBe(path.join(os.homedir(), 'x'));
  expect(parsePath('~')).toBe(os.homedir());
  expect(['a~/b', '~ada/x', './~'].map(parsePath)).toEqual(['a~/b', '~ada/x', './~']);
  expect(parsePaths('b', parsePaths('~/a'))).toEqual([path.join(os.homedir(), 'a'), 'b']);
  expect(() => parsePath('')).toThrow(InvalidArgumentError);
});
