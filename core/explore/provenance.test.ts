import { expect, it } from 'vitest';
import { APP_VERSION } from '../version.ts';
import { provenanceOf } from './provenance.ts';

const run = (app: string) => ({
  ...{ id: 'r-1', seed: 3, preset: 'tiny', dataset: null },
  versions: { app, node: '20.19.0', tensorflow: '2.20.0', tfjs: '4.22.0' },
});

it('names the version that drew, and that of the training where it was another one', () => {
  const text = provenanceOf(run(APP_VERSION), 5, { kind: 'samples' });
  expect(text['Software']).toBe(`CoVAE Studio ${APP_VERSION}`);
  expect(JSON.parse(text['covae'] ?? '')).toEqual({
    run: 'r-1',
    step: 5,
    trainingSeed: 3,
    preset: 'tiny',
    kind: 'samples',
  });
  const older = provenanceOf(run('0.0.9'), 5, {});
  expect(older['Software']).toBe(`CoVAE Studio ${APP_VERSION}`);
  expect(JSON.parse(older['covae'] ?? '')).toMatchObject({ trainedBy: '0.0.9' });
});
