/** Kept with an entry of the browser's history that was opened from the list. */
export const FROM_LIST = { list: true };
