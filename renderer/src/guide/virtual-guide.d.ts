/**
 * The guide as renderer/build/guide-plugin.ts makes it of docs/guide when the window is built, in each language: each page a
 * tree of few kinds of elements, never HTML.
 */
declare module 'virtual:guide' {
  /** Elements that a page may have. */
  export type GuideTag =
    | 'p'
    | 'h2'
    | 'h3'
    | 'strong'
    | 'em'
    | 'code'
    | 'pre'
    | 'ul'
    | 'ol'
    | 'li'
    | 'table'
    | 'thead'
    | 'tbody'
    | 'tr'
    | 'th'
    | 'td'
    | 'aside';

  export type GuideNode =
    | string
    | { tag: GuideTag; children: GuideNode[] }
    /** `link`: a page, or something that the window does. */
    | { link: GuideTarget; children: GuideNode[] }
    /** `picture`: its place among the pictures of the guide. */
    | { picture: number; text: string };

  export type GuideTarget = { page: string } | { action: string };

  export interface GuidePage {
    id: string;
    title: string;
    nodes: GuideNode[];
    /** All its words, for the search. */
    text: string;
  }

  /** Addresses of a picture in each theme. */
  export interface GuidePicture {
    light: string;
    dark: string;
  }

  /** By the languages of text/language.ts. */
  export const pages: Readonly<Record<'en' | 'de', readonly GuidePage[]>>;
  export const pictures: readonly GuidePicture[];
}
