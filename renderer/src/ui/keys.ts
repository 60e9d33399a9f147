import { word } from '../../../text/say.ts';

/** Keys as people read them on their keyboards: `Ctrl+Shift+O` is `Strg+Umschalt+O` in German. */
export function saidKeys(keys: string): string {
  const [ctrl, shift] = [word('Ctrl+'), word('Shift+')];
  return keys.replace(/\bCtrl\+/, ctrl).replace(/\bShift\+/, shift);
}
