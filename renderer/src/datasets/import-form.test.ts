import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import {
  Calls,
  DEFAULT_SETTINGS,
  type ImportPreview,
  type ImportSettings,
  type SourceRequest,
} from '../../../main/ipc/contract.ts';
import { ImportForm, ownSize } from './import-form.svelte.ts';

const folder = { request: { kind: null, paths: ['/home/me/faces'] } };

/** Images of these sizes, as a preview tells of them. */
function sized(...sizes: [number, number][]): Pick<ImportPreview, 'images'> {
  return {
    images: sizes.map(([width, height], index) => ({
      ...{ file: `${index}.png`, className: null, index, reason: null },
      ...{ width, height },
    })),
  };
}

describe('ImportForm', () => {
  it('begins with the usual settings, or with those of an earlier import', () => {
    const form = new ImportForm(folder, 64);
    expect(form.settings).toEqual(DEFAULT_SETTINGS);
    expect(form.request).toEqual(folder.request);
    expect(form.name).toBe('faces');
    const settings: ImportSettings = {
      size: 48,
      channels: 1,
      fit: 'pad',
      padColour: '#102030',
      background: '#000000',
      minSide: 16,
      dedupe: true,
      holdOut: 0.1,
      classes: 'auto',
      classMap: { a: 'b' },
      flip: 'no',
    };
    const request: SourceRequest = {
      kind: 'npz',
      paths: ['/x.npz'],
      layout: 'NCHW',
      labelsPath: '/y.npy',
      imagesKey: 'x',
      tile: { size: 64, stride: 32 },
    };
    const draft = { request, name: 'again', settings };
    const again = new ImportForm(draft, 64);
    expect(again.settings).toEqual(settings);
    // Neither a file of labels nor tiles do anything for an npz file.
    const { labelsPath: _, tile: __, ...suiting } = request;
    expect(again.request).toEqual(suiting);
    expect(again.name).toBe('again');
  });

  it('sends a colour of bars only where there are any', () => {
    const form = new ImportForm({ ...folder, settings: { fit: 'crop', padColour: '#102030' } }, 64);
    expect(form.settings.padColour).toBe(DEFAULT_SETTINGS.padColour);
    form.fit = 'pad';
    expect(form.settings.padColour).toBe('#102030');
  });

  it('asks for the kind where a folder holds several, and keeps the question after the answer', () => {
    const form = new ImportForm(folder, 64);
    const rivals = [
      { kind: 'parquet', total: 40 },
      { kind: 'folder', total: 30 },
    ] as const;
    expect(form.undecided).toBe(false);
    form.learn({ kind: 'parquet', ...sized([28, 28]), rivals: [...rivals] });
    expect(form.undecided).toBe(true);
    form.setKind('folder');
    expect(form.undecided).toBe(false);
    form.learn({ kind: 'folder', ...sized([28, 28]), rivals: [] });
    expect(form.rivals).toEqual(rivals);
  });

  it('forgets what was said of classes when others are to come', () => {
    const form = new ImportForm(folder, 64);
    for (const change of [() => (form.labels = 'none'), () => (form.labelsKey = 'kind')]) {
      form.setClass('a', 'b');
      change();
      expect(form.classMap).toEqual({});
    }
  });

  it('keeps all that a data set was made with, and reads its own images where the source is gone', () => {
    const request: SourceRequest = {
      kind: 'idx',
      paths: ['/x-images.gz'],
      labelsPath: '/y.gz',
      again: 'digits',
    };
    const settings: ImportSettings = {
      ...DEFAULT_SETTINGS,
      ...{ size: 28, channels: 1, minSide: 20, limit: 500, classes: 'folders', classMap: { a: 'b' } },
    };
    const form = new ImportForm({ request, settings, name: 'digits 2' }, 64);
    expect(form.request).toEqual(request);
    expect(form.settings).toEqual(settings);
    form.learn({ kind: 'idx', ...sized([28, 28]) });
    expect(form.request).toEqual(request);
    form.learn({ kind: 'dataset', ...sized([28, 28]) });
    expect(form.request).toEqual({ kind: 'dataset', paths: ['digits'] });
    const { limit: _, classMap: __, ...kept } = settings;
    expect(form.settings).toEqual({ ...kept, minSide: 0 });
    expect(form.replaced).toBe(true);
    const order = { jobId: '1', name: form.name, request: form.request, settings: form.settings };
    expect(v.is(Calls['datasets.import'].params, order)).toBe(true);
  });

  it('makes what the contract takes', () => {
    const form = new ImportForm(folder, 64);
    form.labels = 'none';
    form.tileSize.text = '32';
    form.holdOut = 0.2;
    form.setClass('cats', 'animals');
    const { request, settings } = form;
    const order = { jobId: '1', name: form.name, request, settings };
    expect(v.is(Calls['datasets.import'].params, order)).toBe(true);
    expect(request).toMatchObject({ labelsPath: null, tile: { size: 32 } });
  });

  it('asks for an encoding of names, until another kind is chosen', () => {
    const form = new ImportForm({ request: { kind: 'zip', paths: ['/x.zip'], zipEncoding: 'gbk' } }, 64);
    expect(form.request).toEqual({ kind: 'zip', paths: ['/x.zip'], zipEncoding: 'gbk' });
    form.zipEncoding = 'shift-jis';
    expect(v.is(Calls['datasets.import'].params.entries.request, form.request)).toBe(true);
    expect(form.request.zipEncoding).toBe('shift-jis');
    form.setKind('tar');
    expect(form.request).toEqual({ kind: 'tar', paths: ['/x.zip'] });
  });

  it('keeps the size that all images have, and proposes the usual one for others', () => {
    const form = new ImportForm(folder, 64);
    form.proposeSize(sized([400, 300], [640, 480]));
    expect(form.size).toBe(64);
    form.proposeSize(sized([28, 28], [28, 28]));
    expect(form.size).toBeNull();
    form.setSize(32);
    form.proposeSize(sized([28, 28]));
    expect(form.size).toBe(32);
    const again = new ImportForm({ ...folder, settings: { size: 48 } }, 64);
    again.proposeSize(sized([28, 28]));
    expect(again.size).toBe(48);
  });

  it('renames classes, leaves them out and takes that back', () => {
    const form = new ImportForm(folder, 64);
    form.setClass('cats', ' animals ');
    form.setClass('dogs', null);
    form.setClass('birds', 'crows');
    form.setClass('birds', 'birds');
    expect(form.settings.classMap).toEqual({ cats: 'animals', dogs: null });
    form.useClasses = false;
    expect(form.settings.classMap).toBeUndefined();
    expect(form.settings.classes).toBe('none');
    form.useClasses = true;
    form.setKind('zip');
    expect(form.settings.classMap).toBeUndefined();
  });

  it('is not valid with a name, a number or a class that cannot be', () => {
    const form = new ImportForm(folder, 64);
    expect(form.valid).toBe(true);
    form.name = '../faces';
    expect(form.nameProblem).toMatch(/^A name has/);
    expect(form.valid).toBe(false);
    form.name = 'faces';
    form.minSide.text = 'small';
    expect(form.valid).toBe(false);
    form.minSide.text = '20';
    form.limit.text = '0';
    expect(form.valid).toBe(false);
    form.limit.text = '';
    form.tileSize.text = '4';
    expect(form.valid).toBe(false);
    form.tileSize.text = '';
    form.setClass('cats', ' ');
    expect(form.valid).toBe(false);
  });
});

describe('ownSize', () => {
  it.each([
    [sized([28, 28], [28, 28]), 28],
    [sized([28, 28], [32, 32]), null],
    [sized([30, 20]), null],
    [sized([4, 4]), null],
    [sized([300, 300]), null],
    [sized(), null],
  ])('%#', (about, side) => expect(ownSize(about)).toBe(side));

  it('does not ask images that cannot be read', () => {
    const unread = { file: 'x', className: null, width: null, height: null, index: null, reason: 'damaged' };
    expect(ownSize({ images: [unread, ...sized([16, 16]).images] })).toBe(16);
  });
});
