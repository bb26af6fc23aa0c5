/** Length as the service counts it: Unicode scalar values. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** Lone surrogates cannot travel as UTF-8; NUL is refused by the service. */
export function wellFormed(text: string): string {
  const clean = text.replaceAll('\0', '');
  return clean.isWellFormed ? (clean.isWellFormed() ? clean : clean.toWellFormed()) : clean;
}

export function isBlank(text: string): boolean {
  return text.trim() === '';
}

// Directional overrides could make `cod.exe` read as `exe.doc`.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A file name that is safe to show: control and bidi characters become �. */
export function shownFileName(name: string): string {
  return name.replace(CONTROLS, '\ufffd');
}
