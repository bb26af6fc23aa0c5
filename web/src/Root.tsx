import { lazy, Suspense, useEffect, useState } from 'react';
import { Router } from 'wouter';
import { useStore } from 'zustand';
import { type App, AppProvider, useSelect } from './components/app.tsx';
import { Announcer } from './components/status/Announcer.tsx';
import { type Catalog, chooseLocale, type Locale, loadCatalog } from './i18n/translate.ts';
import { Inbox } from './pages/Inbox.tsx';
import { applyTheme } from './theme/theme.ts';

const SignIn = lazy(() => import('./pages/SignIn.tsx'));

function Pages() {
  const session = useSelect(state => state.session);
  if (session === 'signed-in') return <Inbox />;
  return (
    <Suspense fallback={null}>
      <SignIn />
    </Suspense>
  );
}

/** The page: language and appearance around it, and the way to the right part. */
export function Root({ app, base, languages }: { app: App; base: string; languages: readonly string[] }) {
  const settings = useStore(app.preferences);
  const wanted = chooseLocale(settings.locale, languages);
  const [loaded, setLoaded] = useState<{ locale: Locale; catalog: Catalog } | null>(null);

  useEffect(() => {
    let current = true;
    void loadCatalog(wanted).then(catalog => {
      if (!current) return;
      document.documentElement.lang = wanted;
      setLoaded({ locale: wanted, catalog });
    });
    return () => {
      current = false;
    };
  }, [wanted]);

  useEffect(() => applyTheme(document.documentElement, settings.theme), [settings.theme]);

  if (!loaded) return null;
  return (
    <AppProvider app={app} locale={loaded.locale} catalog={loaded.catalog}>
      <Router base={base}>
        <Announcer>
          <Pages />
        </Announcer>
      </Router>
    </AppProvider>
  );
}
