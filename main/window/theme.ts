import { nativeTheme } from 'electron';
import type { PreferenceStore } from '../preferences.ts';

/** Shows the window and its menus in the chosen theme, now and after each change. */
export function followTheme(preferences: PreferenceStore): void {
  nativeTheme.themeSource = preferences.value.theme;
  preferences.onChange(({ theme }) => {
    if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme;
  });
}
