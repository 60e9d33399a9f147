import { checkValue } from '../../json-file.ts';
import { DEFAULT_SETTINGS, type ImportSettings, ImportSettingsSchema } from './settings.ts';

/**
 * Fills in what is left out.
 *
 * @throws UserError naming the setting that is out of range
 */
export function completeSettings(settings: Partial<ImportSettings> = {}): ImportSettings {
  return checkValue(ImportSettingsSchema, { ...DEFAULT_SETTINGS, ...settings }, 'Import settings');
}
