import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { sideBySide } from './side-by-side.mjs';

const part = (title, script) => ({ title, command: [process.execPath, '-e', script] });

async function run(parts) {
  let shown = '';
  const codes = await sideBySide(parts, { cwd: tmpdir(), write: (text) => (shown += String(text)) });
  return { shown, codes };
}

it('shows what each printed as one piece, in their order, and has the code of each', async () => {
  // The second is done before the first says its last word.
  const slow = `console.log('a'); setTimeout(() => { console.error('b'); process.exitCode = 3; }, 500)`;
  const { shown, codes } = await run([part('Slow', slow), part('Fast', `console.log('c'); process.exit(4)`)]);
  expect(shown).toBe('\n== Slow\na\nb\n\n== Fast\nc\n');
  expect(codes).toEqual([3, 4]);
});

it('runs them at the same time', async () => {
  // Each waits for the other's file.
  const wait = (own, other) => `const fs = require('node:fs');
    const [own, other] = ['${own}', '${other}'].map((name) => require('node:path').join(require('node:os').tmpdir(), name));
    fs.writeFileSync(own, '');
    const timer = setInterval(() => { if (fs.existsSync(other)) { clearInterval(timer); setTimeout(() => fs.rmSync(own), 500); } }, 20);
    setTimeout(() => process.exit(1), 60_000).unref();`;
  const [a, b] = ['a', 'b'].map((name) => `covae-side-${process.pid}-${name}`);
  expect((await run([part('A', wait(a, b)), part('B', wait(b, a))])).codes).toEqual([0, 0]);
});

it('tells of a command that cannot be started', async () => {
  const { shown, codes } = await run([
    { title: 'None', command: ['/no/such/program'] },
    part('Other', `console.log('x')`),
  ]);
  expect(codes).toEqual([127, 0]);
  expect(shown).toContain('== None\n/no/such/program: ');
  expect(shown).toContain('\n== Other\nx\n');
});
