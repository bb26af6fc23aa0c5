import { test } from './test.ts';
import { walk } from './walk.ts';

for (const locale of ['en-US', 'ru-RU', 'uz-UZ']) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 360, height: 640 },
    ]) {
      test(`every screen in every state: ${locale}, ${colorScheme}, ${viewport.width} wide`, async ({ as, chat, service, faultProxy }) => {
        await walk({ as, chat, service, faultProxy }, { locale, colorScheme, viewport });
      });
    }
  }
}
