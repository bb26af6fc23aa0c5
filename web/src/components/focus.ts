/** Whether nothing has the focus, or something that cannot be seen: what a keyboard or a screen reader starts from is lost then. */
export function isFocusLost(): boolean {
  const { activeElement, body } = document;
  return !activeElement || activeElement === body || activeElement.getClientRects().length === 0;
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type="checkbox"], [type="radio"]), textarea, select');
}

/** Where the focus goes when what had it is gone and nothing is nearer: the field, else the main part. */
export function focusHome(): void {
  const home = document.querySelector<HTMLElement>('[data-region="composer"] textarea') ?? document.getElementById('main');
  home?.focus({ preventScroll: true });
}

/** An overlay that closes returns the focus to what opened it, or to the next best thing where that is gone. */
export function giveBackFocus(opener: Element | null): void {
  if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) opener.focus({ preventScroll: true });
  else if (!document.activeElement || document.activeElement === document.body) focusHome();
}
