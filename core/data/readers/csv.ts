/**
 * The rows of a text in CSV form (RFC 4180): fields between commas, in double quotes where they hold commas, quotes or
 * line breaks. Lines may end with LF, CRLF or CR; a byte order mark and empty lines are passed over.
 */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  const endRow = (): void => {
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      const quoted = /"((?:[^"]|"")*)"?/y;
      quoted.lastIndex = at;
      const match = quoted.exec(text)!;
      field = match[1]!.replaceAll('""', '"');
      at += match[0].length;
    }
    // What follows a closing quote, which should be nothing, belongs to the field.
    const plain = /[^,\r\n]*/y;
    plain.lastIndex = at;
    field += plain.exec(text)![0];
    at = plain.lastIndex;
    row.push(field);
    if (text[at] === ',') {
      at++;
      if (at === text.length) row.push('');
      else continue;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    endRow();
  }
  if (row.length > 0) endRow();
  return rows;
}
