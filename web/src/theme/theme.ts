/** Sets the appearance on the root; `system` leaves the choice to the browser. */
export function applyTheme(root: HTMLElement, theme: 'system' | 'light' | 'dark'): void {
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  // The bar of the browser goes along.
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const scheme = meta.dataset['scheme'];
    meta.media = theme === 'system' ? `(prefers-color-scheme: ${scheme})` : scheme === theme ? 'all' : 'not all';
  }
}

/** Everything is measured in `rem`, so that all grows with the text. `percent` of the size that the browser is set to. */
export function applyTextSize(root: HTMLElement, percent: number): void {
  root.style.fontSize = percent === 100 ? '' : `${percent}%`;
}

/** Class names that hold, with a space between. */
export function join(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(' ');
}
