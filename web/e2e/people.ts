import type { Directory } from './service.ts';

export const AZIZ = 1;
export const MALIKA = 2;
export const OLGA = 3;
export const RUSTAM = 4;
export const STRANGER = 5;

/** A small town: two members, two admins, a stranger. */
export const TOWN: Directory = {
  users: [
    { id: AZIZ, username: 'aziz', first_name: 'Aziz', last_name: 'Karimov', role: 'user' },
    { id: MALIKA, username: 'malika', first_name: 'Malika', last_name: 'Yusupova', role: 'admin' },
    { id: OLGA, username: 'olga', first_name: 'Ольга', last_name: 'Соколова', role: 'admin' },
    { id: RUSTAM, username: 'rustam', first_name: 'Rustam', last_name: 'Tosh', role: 'user' },
    { id: STRANGER, username: 'dilnoza', first_name: 'Dilnoza', last_name: 'Alieva', role: 'user' },
  ],
  confessions: [
    { id: 1, name: 'Chorsu jamoasi', slug: 'chorsu', admin_id: MALIKA },
    { id: 2, name: 'Православная община', slug: 'pravoslavie', admin_id: OLGA },
  ],
  subscriptions: [
    { user_id: AZIZ, confession_id: 1 },
    { user_id: AZIZ, confession_id: 2 },
    { user_id: RUSTAM, confession_id: 1 },
  ],
};
