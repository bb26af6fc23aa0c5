import { AZIZ, MALIKA } from './people.ts';
import { expect, field, rows, test, write } from './test.ts';

test('Enter of an input method sends nothing', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await field(aziz).focus();
  const session = await aziz.context().newCDPSession(aziz);
  await session.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await field(aziz).dispatchEvent('keydown', { key: 'Enter', keyCode: 229, isComposing: true });
  await session.send('Input.insertText', { text: '日本' });
  await expect(field(aziz)).toHaveValue('日本');
  await expect(rows(aziz)).toHaveCount(0);
  await field(aziz).press('Enter');
  await expect(rows(aziz)).toHaveCount(1);
});

test('text goes as typed, blank is refused, the counter counts code points', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await write(aziz, '   ');
  await expect(field(aziz)).toHaveValue('   ');
  await field(aziz).fill('  two\nlines  ');
  await field(aziz).press('Enter');
  await expect(rows(aziz).first()).toContainText('two');
  await field(aziz).fill('😀'.repeat(9_999));
  await expect(aziz.getByText('1 character left').first()).toBeVisible();
  await field(aziz).fill('😀'.repeat(10_002));
  await expect(aziz.getByText('2 characters too many').first()).toBeVisible();
  await field(aziz).press('Enter');
  await expect(rows(aziz)).toHaveCount(1);
});

test('drafts stay with their conversation and over a reload', async ({ as, chat, service }) => {
  const other = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', { target_user_id: 3, confession_id: 2 })) as {
    id: number;
  };
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await field(aziz).fill('to Malika');
  await aziz.keyboard.press('Alt+ArrowDown');
  await aziz.keyboard.press('Alt+ArrowUp');
  await aziz.locator(`[data-row="${other.id}"]`).click();
  await expect(field(aziz)).toHaveValue('');
  await expect(aziz.locator(`[data-row="${chat}"]`)).toContainText('Draft: to Malika');
  await aziz.reload();
  await aziz.locator(`[data-row="${chat}"]`).click();
  await expect(field(aziz)).toHaveValue('to Malika');
  await field(aziz).press('Enter');
  await expect(rows(aziz)).toHaveCount(1);
  await expect(field(aziz)).toHaveValue('');
});

test('files are judged before they are sent, each with its reason, pasted and dropped ones too', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await aziz.locator('input[type=file]').setInputFiles([
    { name: 'ok.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') },
    { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
    { name: 'tool.exe', mimeType: 'application/x-msdownload', buffer: Buffer.from('MZ') },
    { name: 'cod\u202eexe.txt', mimeType: 'text/plain', buffer: Buffer.from('x') },
  ]);
  const tray = aziz.getByRole('list', { name: 'Files to send' });
  await expect(tray.getByRole('listitem')).toHaveCount(4);
  await expect(tray).toContainText('The file is empty');
  await expect(tray).toContainText('This type of file cannot be sent');
  await expect(tray).toContainText('cod\ufffdexe.txt');
  await expect(aziz.getByRole('button', { name: 'Send', exact: true })).toHaveAttribute('aria-disabled', 'true');
  await aziz.getByRole('button', { name: 'Remove empty.txt' }).click();
  await aziz.getByRole('button', { name: 'Remove tool.exe' }).click();
  await expect(aziz.getByRole('button', { name: 'Send', exact: true })).toHaveAttribute('aria-disabled', 'false');

  const drop = await aziz.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
    return transfer;
  });
  await field(aziz).dispatchEvent('drop', { dataTransfer: drop });
  await expect(tray.getByRole('listitem')).toHaveCount(3);

  const paste = (isOfOffice: boolean) =>
    field(aziz).evaluate((element, office) => {
      const clipboardData = new DataTransfer();
      if (office) clipboardData.setData('text/rtf', '{}');
      clipboardData.items.add(new File(['pasted'], 'pasted.txt', { type: 'text/plain' }));
      return element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, isOfOffice);
  expect(await paste(true)).toBe(true);
  await expect(tray.getByRole('listitem')).toHaveCount(3);
  expect(await paste(false)).toBe(false);
  await expect(tray).toContainText('pasted.txt');
});

test('an emoji is picked from our own data', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const foreign: string[] = [];
  aziz.on('request', request => {
    if (!request.url().startsWith('http://127.0.0.1')) foreign.push(request.url());
  });
  await field(aziz).fill('salom ');
  await aziz.getByRole('button', { name: 'Emoji', exact: true }).click();
  await aziz.getByRole('searchbox', { name: 'Search emoji' }).fill('handshake');
  await aziz.getByRole('gridcell', { name: 'Handshake' }).first().click();
  await expect(field(aziz)).toHaveValue('salom 🤝');
  expect(foreign.filter(url => url.startsWith('http'))).toEqual([]);
});

test('everything works without a mouse', async ({ as, chat, service }) => {
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'from Malika' });
  const aziz = await as(AZIZ);
  await expect(aziz.locator('[data-row]')).toBeVisible();
  await aziz.keyboard.press('F6');
  await expect(aziz.locator('[data-row]')).toBeFocused();
  await aziz.keyboard.press('Enter');
  await expect(field(aziz)).toBeFocused();
  await aziz.keyboard.type('by keys');
  await aziz.keyboard.press('Enter');
  await expect(rows(aziz)).toHaveCount(2);
  await expect(field(aziz)).toBeFocused();
  await aziz.keyboard.press('Shift+F6');
  await expect(rows(aziz).last()).toBeFocused();
  await aziz.keyboard.press('ArrowUp');
  await expect(rows(aziz).first()).toBeFocused();
  await aziz.keyboard.press('Enter');
  await expect(aziz.getByRole('menuitem', { name: 'Reply' })).toBeFocused();
  const [menu, bubble] = [await aziz.getByRole('menu').boundingBox(), await rows(aziz).first().locator('[data-bubble]').boundingBox()];
  expect((menu?.y ?? 0) + (menu?.height ?? 0), 'the menu leaves its message in sight').toBeLessThanOrEqual(bubble?.y ?? 0);
  await aziz.keyboard.press('Enter');
  await expect(field(aziz)).toBeFocused();
  await expect(aziz.getByText('Reply to Malika Yusupova')).toBeVisible();
  await aziz.keyboard.press('Escape');
  await expect(aziz.getByText('Reply to Malika Yusupova')).toHaveCount(0);
  await aziz.keyboard.press('ArrowUp');
  await expect(aziz.getByRole('textbox', { name: 'Edit message' })).toBeFocused();
  await aziz.keyboard.type('!');
  await aziz.keyboard.press('Enter');
  await expect(rows(aziz).last()).toContainText('by keys!');
  await expect(field(aziz)).toBeFocused();
  await aziz.keyboard.press('Shift+F6');
  await aziz.keyboard.press('Shift+F10');
  await aziz.keyboard.press('End');
  await aziz.keyboard.press('Enter');
  await expect(aziz.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await aziz.keyboard.press('Tab');
  await aziz.keyboard.press('Enter');
  await expect(rows(aziz)).toHaveCount(1);
  await expect(rows(aziz).first()).toBeFocused();
  await aziz.keyboard.press('Escape');
  await expect(field(aziz)).toBeFocused();
  await aziz.keyboard.press('Tab');
  await aziz.keyboard.press('Tab');
  await aziz.keyboard.press('F6');
  await aziz.keyboard.type('?');
  await expect(aziz.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});
