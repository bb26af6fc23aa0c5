import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useApp, useMessenger, useT } from '../app.tsx';
import styles from './Announcer.module.css';

/** A button in a toast, which it can close. */
type Button = (close: () => void) => ReactNode;

interface Announce {
  /** Read by a screen reader when it is free. */
  say: (text: string) => void;
  /** Read at once: an action of the person has failed. */
  alarm: (text: string) => void;
  /** Shown for a moment, and read; longer where it has a button. */
  toast: (text: string, button?: Button) => void;
  /** A dialog makes the rest of the page inert, so it lends a place for toasts. */
  lend: (place: Element | null) => (() => void) | undefined;
}

const AnnounceContext = createContext<Announce>({ say: () => {}, alarm: () => {}, toast: () => {}, lend: () => undefined });

export function useAnnounce(): Announce {
  return useContext(AnnounceContext);
}

/** Copies a text, and shows in a toast whether that worked. */
export function useCopy(): (text: string) => void {
  const t = useT();
  const { environment } = useApp();
  const { toast } = useAnnounce();
  return text => void environment.copy(text).then(done => toast(t(done ? 'message.copied' : 'message.copyFailed')));
}

/** The place of toasts inside a dialog. */
export function ToastPlace() {
  const { lend } = useAnnounce();
  return <div ref={lend} className={styles.place} role="status" />;
}

const SHOWN = 4_000;
const SHOWN_WITH_BUTTON = 8_000;

/** The same text twice is read once, unless it differs. */
const anew = (text: string) => (old: string) => (old === text ? `${text}\u00a0` : text);

/** The live regions of the page. They exist from the start: a region that appears with its text is often not read. */
export function Announcer({ children }: { children: ReactNode }) {
  const { clock } = useMessenger();
  const [said, setSaid] = useState('');
  const [toast, setToast] = useState<{ text: string; button: Button | undefined } | null>(null);
  const timer = useRef<unknown>(null);
  const [alarmed, setAlarmed] = useState('');
  const say = useCallback((text: string) => setSaid(anew(text)), []);
  const alarm = useCallback((text: string) => setAlarmed(anew(text)), []);
  const show = useCallback(
    (text: string, button?: Button) => {
      clock.cancel(timer.current);
      setToast({ text, button });
      timer.current = clock.after(button ? SHOWN_WITH_BUTTON : SHOWN, () => setToast(null));
    },
    [clock],
  );
  useEffect(() => () => clock.cancel(timer.current), [clock]);
  const [home, setHome] = useState<Element | null>(null);
  const [places, setPlaces] = useState<readonly Element[]>([]);
  const lend = useCallback((place: Element | null) => {
    if (!place) return undefined;
    setPlaces(old => [...old, place]);
    return () => setPlaces(old => old.filter(other => other !== place));
  }, []);
  const announce = useRef({ say, alarm, toast: show, lend }).current;
  const top = places.at(-1) ?? home;
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="hidden" aria-live="polite" aria-atomic="true">
        {said}
      </div>
      <div className="hidden" role="alert">
        {alarmed}
      </div>
      <div ref={setHome} className={styles.place} role="status" />
      {toast &&
        top &&
        createPortal(
          <div className={styles.toast}>
            {toast.text}
            {toast.button?.(() => setToast(null))}
          </div>,
          top,
        )}
    </AnnounceContext>
  );
}
