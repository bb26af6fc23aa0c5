const MOST = 3;
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[#*\d]\ufe0f?\u20e3/u;
/** Longer texts are not looked at: a family with its joiners and skin tones has fewer units. */
const LONGEST = 120;

/** How many emoji a text consists of, one to three; 0 for all other texts. */
export function fewEmoji(text: string): number {
  const trimmed = text.trim();
  // Browsers before 2024 have no segmenter.
  if (trimmed === '' || trimmed.length > LONGEST || typeof Intl.Segmenter !== 'function') return 0;
  const signs = [...new Intl.Segmenter().segment(trimmed)].map(({ segment }) => segment).filter(sign => sign.trim() !== '');
  return signs.length <= MOST && signs.every(sign => EMOJI.test(sign)) ? signs.length : 0;
}
