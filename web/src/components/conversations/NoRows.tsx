import { Link } from 'wouter';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useMessenger, useSelect, useT } from '../app.tsx';
import { EmptyListArt } from '../art/TeaArt.tsx';
import { FROM_LIST } from '../BackLink.tsx';
import { Notice } from '../status/Notice.tsx';
import { focusSearch } from './search.ts';
import { useRowWords } from './sentences.ts';

/** Why there are no conversations to see, and the way on. */
export default function NoRows({ isAlone }: { isAlone: boolean }) {
  const t = useT();
  const words = useRowWords();
  const messenger = useMessenger();
  const filter = useSelect(state => state.list.filter);
  const isAdmin = useSelect(({ me }) => (me?.administers.length ?? 0) > 0);
  const followsNothing = useSelect(({ me }) => me?.user.role === 'user' && me.follows.length === 0 && me.administers.length === 0);
  const showAll = (
    <button
      type="button"
      className={controls.button}
      onClick={() => {
        focusSearch();
        messenger.list.filter({ unread: false, waiting: false, archived: false, confession: null });
      }}
    >
      {words('list.showAll')}
    </button>
  );
  if (filter.confession !== null) return <Notice title={words('list.noMatch')}>{showAll}</Notice>;
  if (filter.unread) return <Notice title={words('list.allRead')}>{showAll}</Notice>;
  if (filter.waiting || filter.archived)
    return <Notice title={words(filter.waiting ? 'list.nobodyWaits' : 'list.noArchive')}>{showAll}</Notice>;
  // There is nobody to write to: a way to a page that is empty, too, would help nobody.
  if (followsNothing) return <Notice art={<EmptyListArt size={140} />} title={words('list.empty')} lead={words('list.emptyFollow')} />;
  return (
    <Notice art={<EmptyListArt size={140} />} title={words('list.empty')} lead={words(isAdmin ? 'list.emptyAdmin' : 'list.emptyLead')}>
      <Link href="/new" state={isAlone ? FROM_LIST : null} className={join(controls.button, controls.primary)}>
        {t('list.new')}
      </Link>
    </Notice>
  );
}
