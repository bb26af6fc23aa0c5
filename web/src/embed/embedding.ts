import { browserClock, type ParentWindow, PostMessageTokenSource } from '@suhbat/client';

function parentWindow(): ParentWindow {
  return {
    origin: () => location.ancestorOrigins?.[0] ?? null,
    listen: onMessage =>
      window.addEventListener('message', event => {
        if (event.source === window.parent && event.source !== window) onMessage(event.origin, event.data);
      }),
    ask: origin => window.parent.postMessage({ type: 'suhbat:token-please' }, origin),
  };
}

/** The tokens of the page around this one, if that has one of these origins. */
export const hostTokens = (origins: readonly string[]) => new PostMessageTokenSource(parentWindow(), origins, browserClock);
