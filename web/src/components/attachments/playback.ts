/** One thing plays at a time. */
export function pauseOthers(playing: HTMLMediaElement): void {
  for (const media of document.querySelectorAll<HTMLMediaElement>('audio, video')) if (media !== playing) media.pause();
}
