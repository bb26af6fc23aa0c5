/** The pressed button disappears with the answer; the way to the search stays. */
export function focusSearch(): void {
  document.querySelector<HTMLElement>('[data-search]')?.focus();
}
