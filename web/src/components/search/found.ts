import { createStore } from '@suhbat/client';

/** The places of what is searched for in a message, as long as a search is open. */
export type Marker = (message: number, text: string) => [from: number, to: number][];

/** What the search tells the conversation: how its words are marked, and that a hit was chosen, maybe the same again. */
export const found = createStore<{ marker: Marker | null; chosen: number }>(() => ({ marker: null, chosen: 0 }));

export const markerOf = (state: { marker: Marker | null }) => state.marker;
export const chosenOf = (state: { chosen: number }) => state.chosen;
