import { start } from './start.tsx';

// The page lives wherever its script does: one folder above it. So it works behind any path prefix.
const here = import.meta.url;
void start(new URL('../', here).href, here);
