import { describe, expect, it } from 'vitest';
import { electronRemark, electronText, PINNED_ELECTRON } from './electron-release.ts';

const now = Date.UTC(2026, 10, 28);

describe('electronText', () => {
  it('says when a version came out and how old it is', () => {
    expect(electronText('25.1.1', now)).toBe('25.1.1 of June 2023, 3 years and 5 months old');
    expect(electronText('45.4.1', now)).toBe('45.4.1 of 19 November 2026, less than a month old');
    expect(electronText('45.4.1', Date.UTC(2027, 11, 1))).toContain('1 year old');
  });

  it('is silent about a date that is not known', () => {
    expect(electronText('99.0.0', now)).toBe('99.0.0');
  });

  it('knows the date of the pinned version', () => {
    expect(electronText(PINNED_ELECTRON, now)).toContain(' of ');
  });
});

describe('electronRemark', () => {
  it('speaks of the pinned version only when another one runs', () => {
    expect(electronRemark(PINNED_ELECTRON, now)).toBeNull();
    expect(electronRemark('25.1.1', now)).toBe(
      'this version of CoVAE Studio is made for 45.4.1 of 19 November 2026, less than a month old',
    );
  });
});
