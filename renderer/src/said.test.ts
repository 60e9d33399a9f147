import { afterEach, expect, it } from 'vitest';
import { setLanguage } from '../../text/language.ts';
import { said } from './said.ts';

afterEach(() => setLanguage('en'));

it('translates what is a sentence, and hands on the rest as it is', () => {
  setLanguage('de');
  const curve = Array.from({ length: 1000 }, (_, i) => i);
  const told = { name: 'Finished', message: 'No run is chosen.', curve, inner: { text: [1, 2] } };
  const spoken = said(told);
  expect(spoken).toEqual({ ...told, message: 'Kein Lauf ist gewählt.' });
  expect(spoken.curve).toBe(curve);
  expect(spoken.inner).toBe(told.inner);
  const silent = { step: 3, values: [{ loss: 0.5 }] };
  expect(said(silent)).toBe(silent);
  setLanguage('en');
  expect(said(told)).toBe(told);
});

it('says what a measure is, and how it was taken', () => {
  setLanguage('de');
  const about =
    '256 samples, against 9,000 training images of sample, features of inception, EMA weights, temperature 0.8, class 3';
  expect(said({ key: 'a', title: 'Fréchet distance, 2 passes', about, better: 'lower' })).toEqual({
    ...{ key: 'a', title: 'Fréchet-Distanz, 2 Durchgänge', better: 'lower' },
    about:
      '256 Samples, gegen 9.000 Trainingsbilder von sample, Merkmale von inception, EMA-Gewichte, Temperatur 0,8, Klasse 3',
  });
  expect(said({ key: 'b', title: 'SSIM, reconstructions', about: 'raw weights', better: 'higher' })).toEqual({
    ...{ key: 'b', title: 'SSIM, Rekonstruktionen', about: 'rohe Gewichte', better: 'higher' },
  });
});
