export type Span = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string };

const CANDIDATE =
  /(?<![\p{L}\p{N}:.@/])(?:https?:\/\/|www\.)[^\s<>"“”«»]+|(?<![\p{L}\p{N}:.])mailto:[^\s<>"]+|(?<![\p{L}\p{N}:/@])[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+|(?<![\p{L}\p{N}+])(?:tel:)?\+\d(?:[ \u00a0().-]{0,2}\d){8,14}(?!\d)/giu;
const TRAILING = new Set('.,;:!?\'"’”»…');
const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const SAFE = new Set(['http:', 'https:', 'mailto:']);

/** Without the characters that belong to the sentence: its signs, and closing brackets that the address did not open. */
function trimmed(candidate: string): string {
  const surplus: Record<string, number> = {};
  for (const [close, open] of Object.entries(OPENING)) surplus[close] = candidate.split(close).length - candidate.split(open).length;
  let end = candidate.length;
  for (; end > 0; end -= 1) {
    const last = candidate.charAt(end - 1);
    if (TRAILING.has(last)) continue;
    const left = surplus[last] ?? 0;
    if (left <= 0) break;
    surplus[last] = left - 1;
  }
  return candidate.slice(0, end);
}

function isMixed(host: string): boolean {
  return /\p{Script=Latin}/u.test(host) && /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]/u.test(host);
}

function linkOf(text: string): Span | null {
  if (/^(?:tel:)?\+\d/i.test(text)) return { kind: 'link', text, href: `tel:+${text.replace(/\D/g, '')}` };
  const mail = !/^(?:https?:|www\.|mailto:)/i.test(text);
  let url: URL;
  try {
    url = new URL(mail ? `mailto:${text}` : /^www\./i.test(text) ? `https://${text}` : text);
  } catch {
    return null;
  }
  if (!SAFE.has(url.protocol) || url.username || url.password) return null;
  if (url.protocol === 'mailto:') return { kind: 'link', text, href: url.href };
  if (!url.hostname.includes('.') && url.hostname !== 'localhost') return null;
  const typedHost = text.replace(/^https?:\/\//i, '').split(/[/?#:]/)[0] ?? '';
  // A host that mixes look-alike scripts is shown in its ASCII form.
  return { kind: 'link', text: isMixed(typedHost) ? text.replace(typedHost, url.hostname) : text, href: url.href };
}

/** Splits a text into plain spans and links: http, https, mailto, and tel for numbers with a country code. Nothing else, and it never makes HTML. */
export function linkify(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    if (match.index < from) continue;
    const candidate = trimmed(match[0]);
    const link = candidate ? linkOf(candidate) : null;
    if (!link) continue;
    if (match.index > from) spans.push({ kind: 'text', text: text.slice(from, match.index) });
    spans.push(link);
    from = match.index + candidate.length;
  }
  if (from < text.length) spans.push({ kind: 'text', text: text.slice(from) });
  return spans;
}
