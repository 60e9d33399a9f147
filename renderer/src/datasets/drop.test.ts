import { describe, expect, it } from 'vitest';
import { broughtBy, pathsInText } from './drop.ts';

function transfer(
  files: { name: string; type?: string }[],
  texts: Record<string, string> = {},
): DataTransfer {
  const data = { files, getData: (type: string) => texts[type] ?? '' };
  return data as unknown as DataTransfer;
}

describe('pathsInText', () => {
  it.each([
    ['/home/me/faces', ['/home/me/faces']],
    ['/a/b\n/a/c.zip\r\n', ['/a/b', '/a/c.zip']],
    ['file:///home/me/Gro%C3%9Fe%20Bilder', ['/home/me/Große Bilder']],
    ['# list\nfile:///C:/Users/me/x.npz', ['C:/Users/me/x.npz']],
    ['D:\\data\\mnist', ['D:\\data\\mnist']],
    ['\\\\server\\share\\faces', ['\\\\server\\share\\faces']],
  ])('%s', (text, paths) => expect(pathsInText(text)).toEqual(paths));

  it.each(['', 'hello', '// a comment', 'faces/cats', '/a/b\nand a sentence', 'file:///%E0%A4%A'])(
    'takes “%s” for no path',
    (text) => expect(pathsInText(text)).toEqual([]),
  );
});

describe('broughtBy', () => {
  const pathOf = (file: File) => (file.name.startsWith('/') ? file.name : '');

  it('takes files by their path, and images that have none as they are', () => {
    const screenshot = { name: 'image.png', type: 'image/png' };
    const brought = broughtBy(
      transfer([{ name: '/a/x.png' }, screenshot, { name: 'text', type: '' }]),
      pathOf,
    );
    expect(brought).toEqual({ paths: ['/a/x.png'], images: [screenshot] });
  });

  it('looks into the text only when there are no files', () => {
    const texts = { 'text/uri-list': 'file:///a/faces', 'text/plain': '/b' };
    expect(broughtBy(transfer([], texts), pathOf)).toEqual({ paths: ['/a/faces'], images: [] });
    expect(broughtBy(transfer([{ name: '/c' }], texts), pathOf).paths).toEqual(['/c']);
    expect(broughtBy(transfer([], { 'text/plain': '/b' }), pathOf).paths).toEqual(['/b']);
  });
});
