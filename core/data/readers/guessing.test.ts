import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guessClassFolders } from './class-folders.ts';
import { labelNamesFor } from './label-array.ts';
import { openSource } from './open.ts';
import type { SourceRequest } from './source.ts';
import { spread } from './spread.ts';
import { findClutter } from './clutter.ts';
import { imagesOf } from './words.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata');

describe('class folders', () => {
  const names = (...files: string[]): readonly string[] | null => guessClassFolders(files).names;

  it('are the folders in which all images lie', () => {
    expect(names('dogs/1.png', 'cats/1.png', 'dogs/2.png')).toEqual(['cats', 'dogs']);
    expect(names('dogs/small/1.png', 'cats/1.png', 'readme.txt')).toEqual(['cats', 'dogs']);
    expect(names('1.png', '2.png', '3.png', 'cats/1.png', 'dogs/2.png')).toBeNull();
    expect(names('cats/1.png', 'cats/2.png')).toBeNull();
    expect(names('1.png')).toBeNull();
  });

  it('lie below folders that hold everything, and below train and test', () => {
    const files = ['set/train/0/a.png', 'set/train/1/a.png', 'set/test/0/a.png'];
    expect(names(...files)).toEqual(['0', '1']);
    const guess = guessClassFolders(files);
    expect(files.map((file) => guess.classOf(file))).toEqual(['0', '1', '0']);
    expect(guess.classOf('set/train/c.png')).toBeNull();
    expect(names('set/train/a.png', 'set/test/b.png')).toBeNull();
  });

  it('stay when fewer images lie beside them, which have no class then', () => {
    const guess = guessClassFolders(['1.png', 'cats/1.png', 'dogs/2.png']);
    expect(guess).toMatchObject({ names: ['cats', 'dogs'], unlabelled: 1, loose: ['1.png'] });
    expect(guess.classOf('1.png')).toBeNull();
    expect(guessClassFolders(['cover.png', 'set/cats/1.png', 'set/dogs/2.png'])).toMatchObject({
      names: ['cats', 'dogs'],
      unlabelled: 1,
    });
    expect(guessClassFolders(['cover.png', 'train/a/1.png', 'test/b/1.png'])).toMatchObject({
      names: ['a', 'b'],
      unlabelled: 1,
    });
    expect(names('cats/1.png', '2.png')).toBeNull();
  });

  it('stay where a test set has none, however large it is', () => {
    const tests = Array.from({ length: 20 }, (_, i) => `test/${i}.png`);
    const guess = guessClassFolders(['train/cats/1.png', 'train/dogs/1.png', ...tests]);
    expect(guess).toMatchObject({ names: ['cats', 'dogs'], unlabelled: 20 });
  });

  it('are not those that say they hold images without a class', () => {
    const guess = guessClassFolders(['cats/1.png', 'dogs/1.png', 'unlabelled/1.png', 'unlabelled/2.png']);
    expect(guess).toMatchObject({ names: ['cats', 'dogs'], unlabelled: 2 });
    expect(guessClassFolders(['cats/1.png', 'unlabeled/1.png']).names).toEqual(['cats']);
  });

  it('are none when nearly every image has a folder of its own', () => {
    const own = Array.from({ length: 40 }, (_, i) => `${i}/image.png`);
    expect(names(...own)).toBeNull();
    expect(names(...own, ...own.map((file) => file.replace('image', 'other')))).toHaveLength(40);
  });
});

describe('names', () => {
  it('of labels follow those of images', () => {
    expect(labelNamesFor('x_train')).toEqual(expect.arrayContaining(['y_train', 'Y_train']));
    expect(labelNamesFor('X')).toEqual(expect.arrayContaining(['y', 'Y']));
    expect(labelNamesFor('train_images')).toContain('train_labels');
    expect(labelNamesFor('arr_0')).toContain('arr_1');
    expect(labelNamesFor('max')).not.toContain('may');
  });

  it('say what is clutter, and what images there are', () => {
    const isClutter = (file: string): boolean => findClutter([file]).has(file);
    expect(['a/.b', '__MACOSX/a.png', 'x/Thumbs.db', '.git/a.png'].map(isClutter)).toEqual(
      Array(4).fill(true),
    );
    expect(['a.png', './a.png', '../a.png', 'a..b.png'].map(isClutter)).toEqual(Array(4).fill(false));
    expect(imagesOf(['a.png', 'b.JPG', 'c.jpeg', 'd.txt'], 0)).toBe(
      '3 images (JPEG and PNG) and 1 other file',
    );
    expect(imagesOf(['a', 'b'], 2)).toBe('2 files in 2 class folders');
  });

  it('are spread evenly for a preview', () => {
    expect(spread(10, 4)).toEqual([0, 2, 5, 7]);
    expect(spread(3, 9)).toEqual([0, 1, 2]);
    expect(spread(0, 4)).toEqual([]);
  });
});

describe('a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-guess-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const copy = (...names: string[]): void => {
    for (const name of names)
      fs.copyFileSync(path.join(FOLDER, name), path.join(folder, path.basename(name)));
  };
  const outcome = async (more: Partial<SourceRequest> = {}): Promise<string> => {
    try {
      const source = await openSource({ kind: null, paths: [folder], ...more });
      await source.close();
      const found = `${source.kind} ${source.total ?? '?'}`;
      const rivals = source.rivals?.map(({ kind, total }) => `${kind} ${total ?? '?'}`).join(', ');
      return rivals === undefined ? found : `${found}, or ${rivals}`;
    } catch (error) {
      return error instanceof Error ? error.message.replaceAll(folder, 'F') : String(error);
    }
  };

  it('of Parquet files is one data set', async () => {
    copy('hub-none.parquet', 'hub-zstd.parquet');
    expect(await outcome()).toBe('parquet 12');
  });

  it('with one archive or array is that', async () => {
    copy('stored.npz');
    expect(await outcome()).toBe('npz 6');
    copy('images.tar.gz');
    expect(await outcome()).toBe('npz 6, or npz 6, tar 6');
  });

  it('with several files of one kind is none of them', async () => {
    copy('stored.npz', 'one-hot.npz', '../../decode/testdata/png-rgb-8.png');
    expect(await outcome()).toBe('F holds 2 npz files (one-hot.npz and stored.npz); choose one of them.');
  });

  it('with data in a format of its own is that, whatever stray pictures lie in it', async () => {
    copy('stored.npz', '../../decode/testdata/png-rgb-8.png');
    expect(await outcome()).toBe('npz 6');
    expect(await outcome({ kind: 'folder' })).toBe('folder 2');
    expect(await outcome({ kind: 'idx' })).toBe('F holds no IDX files of images; choose another folder.');
    expect(await outcome({ kind: 'npy' })).toBe(
      'F is a folder, not an npy file; leave the kind out to have it guessed.',
    );
  });

  it('of pictures and data of like numbers is a question, and a few of either are none', async () => {
    copy('stored.npz');
    const png = fs.readFileSync(path.join(FOLDER, '../../decode/testdata/png-rgb-8.png'));
    const put = (count: number): void => {
      for (let i = 0; i < count; i++) fs.writeFileSync(path.join(folder, `${i}.png`), png);
    };
    put(5);
    expect(await outcome()).toBe('npz 6');
    put(20);
    expect(await outcome()).toBe('folder 21');
    copy('images.tar.gz', 'hub-none.parquet');
    for (let i = 9; i < 20; i++) fs.rmSync(path.join(folder, `${i}.png`));
    fs.copyFileSync(path.join(folder, 'hub-none.parquet'), path.join(folder, 'b.parquet'));
    expect(await outcome()).toBe('parquet 12, or parquet 12, folder 9');
  });

  it('with damaged data and a stray picture is told of the damage', async () => {
    copy('hub-none.parquet', '../../decode/testdata/png-rgb-8.png');
    fs.truncateSync(path.join(folder, 'hub-none.parquet'), 300);
    expect(await outcome()).toMatch(/^F\/hub-none\.parquet is cut off/);
  });

  it('that holds one archive or array is that also when its kind is said', async () => {
    copy('stored.npz');
    expect(await outcome({ kind: 'npz' })).toBe('npz 6');
    copy('cifar-10-binary.tar.gz');
    expect(await outcome({ kind: 'cifar' })).toBe('cifar 5');
    const paths = [path.join(FOLDER, 'cifar-10-binary.tar.gz')];
    expect(await outcome({ kind: 'cifar', paths })).toBe('cifar 5');
  });

  it('of class folders has classes, whatever broken images lie beside them', async () => {
    for (const name of ['a', 'b']) {
      fs.mkdirSync(path.join(folder, 'set', name), { recursive: true });
      copy('../../decode/testdata/png-rgb-8.png');
      fs.renameSync(path.join(folder, 'png-rgb-8.png'), path.join(folder, 'set', name, '1.png'));
    }
    const classes = async (): Promise<readonly string[] | null> => {
      const source = await openSource({ kind: null, paths: [folder] });
      await source.close();
      return source.classNames;
    };
    const whole = fs.readFileSync(path.join(folder, 'set', 'a', '1.png'));
    fs.writeFileSync(path.join(folder, 'cover.png'), whole.subarray(0, whole.length - 30));
    fs.writeFileSync(path.join(folder, 'set', 'text.jpg'), 'This is no picture.');
    expect(await classes()).toEqual(['a', 'b']);
    // A good one beside them has no class itself.
    fs.writeFileSync(path.join(folder, 'set', 'text.jpg'), whole);
    expect(await classes()).toEqual(['a', 'b']);
  });

  it('of IDX files prefers a plain file to the same compressed', async () => {
    copy('idx/t10k-images-idx3-ubyte', 'idx/t10k-labels-idx1-ubyte');
    fs.writeFileSync(path.join(folder, 't10k-images-idx3-ubyte.gz'), 'left over');
    expect(await outcome()).toBe('idx 2');
  });
});

describe('arrays and columns that are not there', () => {
  const outcome = async (name: string, more: Partial<SourceRequest>): Promise<string> => {
    const error: unknown = await openSource({ kind: null, paths: [path.join(FOLDER, name)], ...more }).catch(
      (e: unknown) => e,
    );
    return error instanceof Error ? error.message.replace(`${FOLDER}${path.sep}`, '') : 'opened';
  };

  it('are named', async () => {
    expect(await outcome('texts.npz', { imagesKey: 'x' })).toBe(
      'texts.npz has no array "x"; it has images and labels.',
    );
    expect(await outcome('texts.npz', { imagesKey: 'labels' })).toMatch(/texts\.npz: labels has the shape 6/);
    expect(await outcome('hub-none.parquet', { imagesKey: 'label' })).toBe(
      'hub-none.parquet holds no image files in its column "label"; choose another column.',
    );
    expect(await outcome('hub-none.parquet', { labelsKey: 'kind' })).toBe(
      'hub-none.parquet has no column "kind"; it has image and label.',
    );
  });
});
