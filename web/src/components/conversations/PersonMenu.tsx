import { meOf, nameOf } from '@suhbat/client';
import { LogOut, Settings } from 'lucide-react';
import { useLocation } from 'wouter';
import { useApp, useLanguage, useMessenger, useSelect } from '../app.tsx';
import menu from '../overlays/Menu.module.css';
import { Menu, type MenuItem, type Spot } from '../overlays/Menu.tsx';
import { Avatar } from './Avatar.tsx';

const ROLES = { user: 'role.user', admin: 'role.admin', superadmin: 'role.superadmin' } as const;

interface Props {
  at: Spot;
  opener: HTMLElement;
  onSettings: () => void;
  onClose: () => void;
}

/** Who is signed in, and what concerns them alone: their settings, and the way out. */
export default function PersonMenu({ at, opener, onSettings, onClose }: Props) {
  const { t, names } = useLanguage();
  const messenger = useMessenger();
  const { environment } = useApp();
  const [, navigate] = useLocation();
  const me = useSelect(meOf);
  const administers = useSelect(state => state.me?.administers);
  const confessions = administers && administers.length > 0 ? names(administers.map(({ name }) => name)) : null;
  const items: MenuItem[] = [{ id: 'settings', label: t('settings.title'), icon: <Settings aria-hidden size={18} />, run: onSettings }];
  // Inside of another page, that page signs in and out.
  if (!environment.embedded) {
    items.push({
      id: 'sign-out',
      label: t('settings.signOut'),
      icon: <LogOut aria-hidden size={18} />,
      run: () => {
        messenger.signOut();
        // The next person begins at their own list.
        navigate('/', { replace: true });
      },
    });
  }
  const head = me && (
    <>
      <Avatar user={me} />
      <span className={menu.who}>
        <span dir="auto">{nameOf(me)}</span>
        <small dir="auto">{confessions ?? t(ROLES[me.role])}</small>
      </span>
    </>
  );
  const label = me ? t('me.is', { name: nameOf(me), role: t(ROLES[me.role]) }) : t('me.menuUnknown');
  return <Menu label={label} head={head} items={items} at={at} opener={opener} onClose={onClose} />;
}
