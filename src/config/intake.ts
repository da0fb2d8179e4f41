/** Text that comes from outside (files, variables, pasted keys) becomes text we can work with: decoded, trimmed, expanded. */

/** The text of a file: UTF-8, or UTF-16 as PowerShell's `>` writes it, without its byte order mark. */
export function decodeText(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString('utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    const pairs = bytes.subarray(2, bytes.length - (bytes.length % 2));
    return Buffer.from(pairs).swap16().toString('utf16le');
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Variables of an .env file. `${NAME}` means an earlier line or `outer`; what stands in single quotes is literal, as in a shell. */
export function envVariables(
  bytes: Buffer,
  outer: Variables,
  parse: (text: string) => Variables,
): Record<string, string> {
  const text = decodeText(bytes).replaceAll('\r\n', '\n');
  const literal = new Set([...text.matchAll(/^\s*(?:export\s+)?([\w.-]+)\s*=\s*'/gm)].map((match) => match[1]));
  const read: Record<string, string> = {};
  for (const [written, value = ''] of Object.entries(parse(text))) {
    // Some Node 20 to 23 take lines without `=` for the beginning of the next name (nodejs/node#56775).
    const name = written
      .slice(written.lastIndexOf('\n') + 1)
      .replace(/^\s*export\s+/, '')
      .trim();
    read[name] = literal.has(name)
      ? value
      : value.replace(/\$\{(\w+)\}/g, (_, other: string) => outer[other] ?? read[other] ?? '');
  }
  return read;
}

/** A key as it was meant: what is read from a file or pasted often ends in a line break, or begins with a byte order mark. */
export function keyText(text: string | undefined): string | undefined {
  return text?.trim() || undefined;
}

/** Whether a key can stand in a header at all; one that cannot is no network trouble and is not tried again. */
export function fitsHeader(key: string): boolean {
  return /^[\x20-\x7e]+$/.test(key);
}
