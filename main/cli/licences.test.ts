import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { covae, root } from './test-cli.ts';

const file = path.join(root, 'notices.json');
vi.mock('./project.ts', () => ({ projectFile: () => (fs.existsSync(file) ? file : null) }));

const MIT = 'Permission is hereby granted …';

describe('covae licences', () => {
  it('says what to do when they are not collected', async () => {
    const { code, stderr } = await covae('licences');
    expect(code).toBe(1);
    expect(stderr).toBe('covae: The licences are not collected yet; npm run build does it.\n');
  });

  describe('where they are', () => {
    beforeAll(() => {
      const parts = [
        { name: 'covae-studio', version: '0.1.0', licence: 'MIT', text: 0 },
        {
          name: 'sharp',
          version: '0.34.5',
          licence: 'Apache-2.0',
          homepage: 'https://sharp.example',
          text: 1,
        },
        { name: 'libvips', version: '', licence: 'LGPL-3.0', note: 'Its source is there.', text: 2 },
      ];
      fs.writeFileSync(
        file,
        JSON.stringify({ parts, texts: [MIT, 'Apache License\nVersion 2.0', 'LESSER'] }),
      );
    });

    it('lists the parts', async () => {
      const { code, stdout } = await covae('licences');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^covae-studio +0\.1\.0 +MIT\nsharp +0\.34\.5 +Apache-2\.0\n/);
      expect(stdout).not.toContain(MIT);
    });

    it('prints one, or all, with where the source is', async () => {
      expect((await covae('licences', 'Sharp')).stdout).toBe(
        '== sharp 0.34.5, Apache-2.0, https://sharp.example\n\nApache License\nVersion 2.0\n',
      );
      const { stdout } = await covae('licences', '--full');
      for (const text of [MIT, 'Apache License', '== libvips, LGPL-3.0\nIts source is there.\n\nLESSER\n'])
        expect(stdout).toContain(text);
    });

    it('has them for machines', async () => {
      const { events } = await covae('licences', 'libvips', '--json');
      expect(events).toEqual([
        {
          event: 'result',
          exitCode: 0,
          licences: [
            {
              name: 'libvips',
              version: '',
              licence: 'LGPL-3.0',
              homepage: null,
              note: 'Its source is there.',
              text: 'LESSER',
            },
          ],
        },
      ]);
    });

    it('names what it does not know', async () => {
      const { code, stderr } = await covae('licences', 'nothing');
      expect(code).toBe(1);
      expect(stderr).toBe('covae: There is no part "nothing"; covae licences lists all of them.\n');
    });
  });
});
