import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dative } from './german.ts';
import { decimal, languageOf, setLanguage } from './language.ts';
import { say, saidCount, saidList, saidNoun, sayCount } from './say.ts';
import { translated } from './translated.ts';

afterEach(() => setLanguage('en'));

describe('in English', () => {
  it('says what the sources have', () => {
    expect(say('Remove “{0}”?', ['sample'])).toBe('Remove “sample”?');
    expect(say('Not in any catalogue {0}', [undefined])).toBe('Not in any catalogue ');
    expect(saidCount(12_000, 'image')).toBe('12,000 images');
    expect(saidNoun(1, 'entry', 'entries')).toBe('entry');
    expect(translated('No run is chosen.')).toBe('No run is chosen.');
    expect(decimal('0.5')).toBe('0.5');
  });
});

describe('in German', () => {
  beforeEach(() => setLanguage('de'));

  it('says texts with what stands in their places, numbers and counts too', () => {
    expect(say('Remove “{0}”?', ['sample'])).toBe('„sample“ entfernen?');
    expect(say('Step {0}', [0.5])).toBe('Schritt 0,5');
    expect(say('Step {0}', ['9.980e-4'])).toBe('Schritt 9,980e-4');
    expect(say('{0} left out', ['1,200 files'])).toBe('1.200 Dateien ausgelassen');
    expect(say('Settings of {0} against their result', ['12 runs'])).toBe(
      'Einstellungen von 12 Läufen gegen ihr Ergebnis',
    );
  });

  it('says in English what nobody has translated', () => {
    expect(say('Nobody has translated {0}.', ['this'])).toBe('Nobody has translated this.');
  });

  it.each([
    [0, 'image', 'images', '0 Bilder'],
    [1, 'image', 'images', '1 Bild'],
    [12_000, 'image', 'images', '12.000 Bilder'],
    [2, 'entry', 'entries', '2 Einträge'],
    [2, 'thing without a translation', 'things', '2 things'],
  ])('counts %d %s', (count, one, many, text) => expect(saidCount(count, one, many)).toBe(text));

  it('tells a count from other texts', () => {
    expect(sayCount('2 passes')).toBe('2 Durchgänge');
    expect(sayCount('2 of them')).toBe('2 of them');
    expect(saidList(['a', 'b', 'c'])).toBe('a, b und c');
    expect(decimal('0.5')).toBe('0,5');
  });

  it.each([
    ['12 Bilder', '12 Bildern'],
    ['2 weitere Dateien', '2 weiteren Dateien'],
    ['3 Samples', '3 Samples'],
    ['1 Bild', '1 Bild'],
    ['1 und 2 Durchgänge', '1 und 2 Durchgängen'],
    ['1, 2 und 4 Durchgänge', '1, 2 und 4 Durchgängen'],
    ['keine', 'keine'],
  ])('puts %s into the dative', (text, wanted) => expect(dative(text)).toBe(wanted));

  it('finds sentences by their pattern, and translates what stands in their places', () => {
    expect(translated('There is no preset "big"; choose one of a, b.')).toBe(
      'Es gibt keine Voreinstellung „big“; eine von a, b wählen.',
    );
    expect(translated('The data set "x" has 1,200 images; at least 2 are needed to compare with.')).toBe(
      'Der Datensatz „x“ hat 1.200 Bilder; zum Vergleichen sind mindestens 2 nötig.',
    );
    expect(translated('Go on with a lower learning rate, 0.001 for instance')).toBe(
      'Mit einer kleineren Lernrate fortsetzen, etwa 0,001',
    );
  });

  it('leaves names between quotes as they are, be they words that it knows', () => {
    expect(translated('Class "image" of "sample" has no images; choose another.')).toBe(
      'Die Klasse „image“ von „sample“ hat keine Bilder; eine andere wählen.',
    );
  });

  it('takes sentences apart, and what stands before a colon', () => {
    expect(translated('There is no training to stop. The trainer ended.')).toBe(
      'Es gibt kein Training zu stoppen. Der Trainer ist beendet.',
    );
    expect(translated('photo.png: empty file')).toBe('photo.png: leere Datei');
  });

  it('finds texts of several sentences among others, and names of settings', () => {
    expect(
      translated(
        '10,000 images to train on, 28 × 28. Enough to learn from in minutes; overfitting comes late. Augmentation brings little.',
      ),
    ).toBe(
      '10.000 Bilder zum Trainieren, 28 × 28. Genug, um in Minuten daraus zu lernen; Overfitting kommt spät. Augmentierung bringt wenig.',
    );
    expect(translated('start a run with a smaller “Learning rate” (training.learningRate) than 0.1')).toBe(
      'einen Lauf mit kleinerem „Lernrate“ (training.learningRate) als 0,1 beginnen',
    );
  });

  it('finds clauses that were made sentences', () => {
    expect(
      translated('The samples are alike (their spread is 0.01 of the images’, at least 0.1 is expected).'),
    ).toBe(
      'Die Samples sind einander gleich (ihre Streuung ist das 0,01-Fache derer der Bilder, mindestens das 0,1-Fache wird erwartet).',
    );
    expect(translated('Go on with a lower learning rate, 0.001 for instance.')).toBe(
      'Mit einer kleineren Lernrate fortsetzen, etwa 0,001.',
    );
  });

  it('knows short texts in places', () => {
    expect(translated('Compared with all 200 held-out images of "image".')).toBe(
      'Verglichen mit allen 200 zurückgehaltenen Bildern von „image“.',
    );
    expect(translated('step 40 of digits-ab12, its weights averaged over a length of 0.1')).toBe(
      'Schritt 40 von digits-ab12, die Gewichte über eine Länge von 0,1 gemittelt',
    );
  });

  it('finds clauses between commas in a place', () => {
    expect(
      translated(
        'It goes on for 4,416 steps, to step 4,500: the learning rate falls from 9.98e-4 to 0 as a half cosine, the number of time steps rises as it was planned.',
      ),
    ).toBe(
      'Es geht 4.416 Schritte weiter, bis Schritt 4.500: die Lernrate fällt als halber Kosinus von 9,98e-4 auf 0, die Zahl der Zeitschritte steigt wie geplant.',
    );
  });

  it('leaves alone what is in no catalogue', () => {
    expect(translated('Ein Satz, der schon deutsch ist.')).toBe('Ein Satz, der schon deutsch ist.');
    expect(translated('a name of somebody')).toBe('a name of somebody');
  });
});

it.each([
  [['de-AT'], 'de'],
  [['DE'], 'de'],
  [['fr', 'de'], 'de'],
  [['fr'], 'en'],
  [[null, undefined, ''], 'en'],
])('of %j takes %s', (wanted, language) => expect(languageOf(...wanted)).toBe(language));
