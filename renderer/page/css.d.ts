/** Style sheets come as text into the page's program (scripts/bundle-page.mjs). */
declare module '*.css' {
  const text: string;
  export default text;
}
