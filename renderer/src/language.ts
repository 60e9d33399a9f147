/** The language of this page, before anything is said in it: the first import of the program. */
import { language, languageOf, setLanguage } from '../../text/language.ts';

// Main names it in the page's address.
setLanguage(languageOf(new URLSearchParams(location.search).get('language')));
document.documentElement.lang = language();
