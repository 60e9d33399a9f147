// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { datasetEntry } from '../test-studio/studio.ts';
import { missingDataset } from './missing-dataset.ts';

const known = { datasets: true, runs: true };
const digits = datasetEntry('digits');
const run = { dataset: 'digits', fingerprint: digits.record!.fingerprint, drawable: true };

it('says nothing while the images are here, or before that is known', () => {
  expect(missingDataset({ datasets: [digits], known }, run)).toBeNull();
  const renamed = { ...digits, name: 'numbers' };
  expect(missingDataset({ datasets: [renamed], known }, run)).toBeNull();
  expect(missingDataset({ datasets: [], known: { ...known, datasets: false } }, run)).toBeNull();
  expect(missingDataset({ datasets: [], known }, { dataset: null, drawable: true })).toBeNull();
});

it('says what is gone, changed or damaged, and what to do', () => {
  const gone = missingDataset({ datasets: [{ ...digits, lost: true }], known }, run);
  expect(gone).toMatchObject({ name: 'digits', findable: true });
  expect(gone?.sentence).toContain('find the folder of the data set again');
  const others = datasetEntry('digits', { fingerprint: 'sha256:1' });
  expect(missingDataset({ datasets: [others], known }, run)?.sentence).toContain('has other images by now');
  const damaged = { ...digits, record: null, problem: 'dataset.json is cut off.' };
  expect(missingDataset({ datasets: [damaged], known }, run)).toMatchObject({ findable: false });
  expect(missingDataset({ datasets: [damaged], known }, run)?.sentence).toContain('dataset.json is cut off.');
});

it('says that the model still draws where it does', () => {
  const sentence = (drawable: boolean) =>
    missingDataset({ datasets: [], known }, { ...run, drawable })?.sentence;
  expect(sentence(true)).toContain('any more. The model still draws. To train it on');
  expect(sentence(false)).toContain('any more. To train it on');
});
