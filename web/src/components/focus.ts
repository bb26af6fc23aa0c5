/** Whether no element has the focus, or one that cannot be seen: the starting point of a keyboard or a screen reader is lost then. */
export function isFocusLost(): boolean {
  const { activeElement, body } = document;
  return !activeElement || activeElement === body || activeElement.getClientRects().length === 0;
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type="checkbox"], [type="radio"]), textarea, select');
}

/** Moves the focus when the focused element is gone and nothing is nearer: to the field, else to the main part. */
export function focusHome(): void {
  const home = document.querySelector<HTMLElement>('[data-region="composer"] textarea') ?? document.getElementById('main');
  home?.focus({ preventScroll: true });
}

/** An overlay that closes returns the focus to its opener, or to the next best element if that is no longer there. */
export function giveBackFocus(opener: Element | null): void {
  if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) opener.focus({ preventScroll: true });
  else if (!document.activeElement || document.activeElement === document.body) focusHome();
}
