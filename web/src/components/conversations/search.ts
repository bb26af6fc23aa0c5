/** The pressed button disappears with the answer; the search field stays. */
export function focusSearch(): void {
  document.getElementById('search')?.focus();
}
