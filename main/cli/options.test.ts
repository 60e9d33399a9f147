import { describe, expect, it } from 'vitest';
import { givenSettings } from './options.ts';

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
