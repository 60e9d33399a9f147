// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { preset } from '../test-studio/preset.ts';
import { type Changes, changed, type Patch } from './changes.ts';

const after = (...patches: Patch[]): Changes =>
  patches.reduce<Changes>((changes, patch) => changed(changes, patch, preset), {});

describe('changed', () => {
  it('keeps what differs from the preset, and nothing else', () => {
    expect(after({ 'training.optimizer': 'adamw', 'training.accumulate': 1 })).toEqual({
      'training.optimizer': 'adamw',
    });
    expect(after({ 'training.optimizer': 'adamw' }, { 'training.optimizer': 'radam' })).toEqual({});
    expect(after({ 'training.accumulate': 4 }, { 'training.accumulate': undefined })).toEqual({});
  });

  it('drops what only the variant before knew', () => {
    const changes = after(
      { 'objective.klWeight': 'ones', 'objective.denoiserLoss': null, 'training.accumulate': 2 },
      { 'objective.variant': 's-covae' },
    );
    expect(changes).toEqual({
      'objective.variant': 's-covae',
      'objective.denoiserLoss': null,
      'training.accumulate': 2,
    });
    expect(changed(changes, { 'objective.variant': 'beta-vae' }, preset)).toEqual({
      'objective.variant': 'beta-vae',
      'training.accumulate': 2,
    });
    expect(
      after({ 'objective.variant': 's-covae', 'objective.kernel': 'li' }, { 'objective.variant': 'covae' }),
    ).toEqual({});
  });

  it('compares another variant’s own settings with nothing of the preset', () => {
    const changes = after({ 'objective.variant': 's-covae' }, { 'objective.sigmaMax': 3 });
    expect(changes['objective.sigmaMax']).toBe(3);
  });
});
