import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useT } from '../app.tsx';
import { giveBackFocus } from '../focus.ts';
import { ToastPlace } from '../status/Announcer.tsx';
import styles from './Dialog.module.css';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  role?: 'dialog' | 'alertdialog';
}

/** A modal dialog on the platform's own element: it traps focus, closes by Esc and returns the focus. */
export function Dialog({ title, onClose, children, actions, wide, role = 'dialog' }: Props) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const close = useRef(onClose);
  close.current = onClose;

  useEffect(() => {
    const element = dialog.current;
    const opener = document.activeElement;
    if (element && !element.open) element.showModal();
    element?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      element?.close();
      giveBackFocus(opener);
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      className={join(controls.raised, styles.dialog, wide && styles.wide)}
      role={role}
      aria-labelledby={heading}
      onCancel={event => {
        event.preventDefault();
        close.current();
      }}
      onMouseDown={event => {
        if (event.target === dialog.current) close.current();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') event.stopPropagation();
      }}
    >
      <div className={styles.body}>
        <header className={styles.header}>
          <h2 id={heading}>{title}</h2>
          {role === 'dialog' && (
            <button type="button" className={controls.icon} aria-label={t('common.close')} onClick={onClose}>
              <X aria-hidden size={20} />
            </button>
          )}
        </header>
        {children}
        {actions && <footer className={styles.actions}>{actions}</footer>}
      </div>
      <ToastPlace />
    </dialog>
  );
}
