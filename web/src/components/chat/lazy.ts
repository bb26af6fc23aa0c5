import { lazyPart } from '../parts.tsx';

/** The parts of a chat that few need: files of their own. */
export const SelectionBar = lazyPart(() => import('./SelectionBar.tsx'));
export const DateDialog = lazyPart(() => import('./DateDialog.tsx'));
export const PrintView = lazyPart(() => import('./PrintView.tsx'));
