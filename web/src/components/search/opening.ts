import type { State } from '@suhbat/client';

/** Whether the service searches messages. One that says nothing of it does. */
export function canSearch({ config }: Pick<State, 'config'>): boolean {
  return config?.features?.search ?? true;
}

/** Kept with an entry of the browser's history that the search was opened by: a step back closes it, and `chat` was open before. */
export interface Opened {
  back: true;
  chat: number | null;
}
