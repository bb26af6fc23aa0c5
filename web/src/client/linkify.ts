export type Span = { kind: 'text'; text: string } | { kind: 'link'; text: string; href: string };

const CANDIDATE =
  /(?<![\p{L}\p{N}:.@/])(?:https?:\/\/|www\.)[^\s<>"“”«»]+|(?<![\p{L}\p{N}:.])mailto:[^\s<>"]+|(?<![\p{L}\p{N}:/@])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/giu;
const TRAILING = /[.,;:!?'"’”»…]+$/u;
const SAFE = new Set(['http:', 'https:', 'mailto:']);

/** Closing brackets belong to the sentence unless the address opened them. */
function trimmed(candidate: string): string {
  let text = candidate.replace(TRAILING, '');
  for (const [open, close] of ['()', '[]', '{}'] as const) {
    while (text.endsWith(close as string) && text.split(open as string).length < text.split(close as string).length) {
      text = text.slice(0, -1).replace(TRAILING, '');
    }
  }
  return text;
}

function isMixed(host: string): boolean {
  return /\p{Script=Latin}/u.test(host) && /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]/u.test(host);
}

function linkOf(text: string): Span | null {
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
  // A host that mixes look-alike scripts is shown as what it really is.
  return { kind: 'link', text: isMixed(typedHost) ? text.replace(typedHost, url.hostname) : text, href: url.href };
}

/** Splits a text into plain spans and links: http, https and mailto, nothing else. It never makes HTML. */
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
