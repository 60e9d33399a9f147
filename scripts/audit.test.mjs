import { describe, expect, it } from 'vitest';
import { EXIT, judge } from './audit.mjs';

// As npm 11 prints them, shortened.
const CLEAN = { auditReportVersion: 2, vulnerabilities: {}, metadata: { dependencies: { total: 490 } } };
const FOUND = {
  ...CLEAN,
  vulnerabilities: {
    braces: {
      name: 'braces',
      severity: 'high',
      via: [{ title: 'Uncontrolled resource consumption in braces' }],
      range: '<3.0.3',
      fixAvailable: true,
    },
    sharp: { name: 'sharp', severity: 'moderate', via: ['libvips'], range: '*', fixAvailable: false },
  },
};
const OUT_OF_REACH = { error: { code: 'ENOAUDIT', summary: 'audit endpoint returned an error' } };

describe('judge', () => {
  const shipped = new Set(['sharp']);

  it('tells clean, findings and no answer apart', () => {
    expect(judge(JSON.stringify(CLEAN), '', shipped)).toEqual({
      code: EXIT.clean,
      lines: ['No advisory is known for any of 490 packages.'],
    });
    expect(judge(JSON.stringify(FOUND), '', shipped).code).toBe(EXIT.findings);
    expect(judge(JSON.stringify(OUT_OF_REACH), '', shipped).code).toBe(EXIT.unknown);
    expect(new Set(Object.values(EXIT)).size).toBe(3);
  });

  it('names what ships first', () => {
    expect(judge(JSON.stringify(FOUND), '', shipped).lines).toEqual([
      'moderate  sharp * (ships): by way of libvips; no fix yet',
      'high  braces <3.0.3 (development only): Uncontrolled resource consumption in braces',
      '2 of 490 packages have advisories.',
    ]);
  });

  it.each([
    ['a report of an error', JSON.stringify(OUT_OF_REACH), '', 'audit endpoint returned an error'],
    ['an answer of another kind', '{"message":"404 Not Found"}', '', '404 Not Found'],
    ['nothing', '', 'npm error ENOTFOUND\nmore', 'npm error ENOTFOUND'],
    ['no JSON', '<html>', '', 'npm audit printed no report'],
    ['null', 'null', '', 'npm audit printed no report'],
  ])('never takes %s for a clean report', (_what, stdout, stderr, reason) => {
    expect(judge(stdout, stderr, shipped)).toEqual({
      code: EXIT.unknown,
      lines: [`The advisories could not be had, so nothing is known about the dependencies: ${reason}`],
    });
  });
});
