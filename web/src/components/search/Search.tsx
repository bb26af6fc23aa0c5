import { HitBar } from './HitBar.tsx';
import { SearchPanel } from './SearchPanel.tsx';

/** The search, in one file for both of its places: its panel, and above the conversation of the address the bar of the chosen hit. */
export default function Search({ id, isBar = false }: { id: number | null; isBar?: boolean }) {
  return isBar && id !== null ? <HitBar id={id} /> : <SearchPanel id={id} />;
}
