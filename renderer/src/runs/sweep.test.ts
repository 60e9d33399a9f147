import { expect, it } from 'vitest';
import { splitValues, sweepOf } from './sweep.ts';

const base = { name: ' rates ', dataset: 'digits', preset: 'tiny', settings: { 'training.steps': 10 } };

it('takes values between commas, lists in brackets, and ranges', () => {
  expect(splitValues('[1,2], [1, 2, 4], x')).toEqual(['[1,2]', '[1, 2, 4]', 'x']);
  const rows = [
    { key: 'training.learningRate', text: '0.001, 0.003' },
    { key: 'training.optimizer', text: 'adamw' },
    { key: 'training.emaRate', text: '0.9..0.999' },
    { key: 'training.steps', text: '  ' },
  ];
  expect(sweepOf({ ...base, rows, seeds: 2, random: 5 })).toEqual({
    name: 'rates',
    dataset: 'digits',
    preset: 'tiny',
    settings: { 'training.steps': 10 },
    vary: [
      { key: 'training.learningRate', values: [0.001, 0.003] },
      { key: 'training.optimizer', values: ['adamw'] },
      { key: 'training.emaRate', from: 0.9, to: 0.999 },
    ],
    seeds: [0, 1],
    random: { count: 5, seed: 0 },
  });
});
