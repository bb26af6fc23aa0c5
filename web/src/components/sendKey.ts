import type { KeyboardEvent } from 'react';
import type { Settings } from '../settings.ts';

/** Whether Enter alone sends. On a keyboard of glass it breaks the line, which Shift and Ctrl could not do there. */
export function sendsByEnter({ sendWith }: Settings): boolean {
  return sendWith === 'enter' && !matchMedia('(pointer: coarse)').matches;
}

/** While a word is being composed, keys belong to the input method. */
export function isComposing({ nativeEvent, keyCode }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || keyCode === 229;
}

export function isSendKey(event: KeyboardEvent, settings: Settings): boolean {
  if (event.key !== 'Enter') return false;
  return event.ctrlKey || event.metaKey || (sendsByEnter(settings) && !event.shiftKey);
}
