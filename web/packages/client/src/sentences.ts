import type { ErrorCode } from './types.ts';

/** The reasons of the client itself, beside those of the service. */
type OwnCode = 'network' | 'files_lost' | 'not_sent' | 'conversation_gone';

const SENTENCES: Record<ErrorCode | OwnCode, string> = {
  invalid_json: 'The request is not valid JSON.',
  invalid_request: 'Something in the request is missing or of the wrong kind.',
  unknown_type: 'The service does not know this kind of frame.',
  not_authenticated: 'Nobody is signed in.',
  token_expired: 'The access token has expired.',
  token_invalid: 'The access token is not valid.',
  scope_required: 'The access token does not allow this.',
  origin_not_allowed: 'This website is not allowed to use the service.',
  not_found: 'There is nothing at this address.',
  attachment_not_found: 'There is no such file any more.',
  method_not_allowed: 'The service does not do this here.',
  request_timeout: 'It took too long to send. Try again.',
  payload_too_large: 'The files are too large.',
  too_many_files: 'There are too many files.',
  image_too_large: 'The image has too many pixels.',
  unsupported_file_type: 'This type of file cannot be sent.',
  range_not_satisfiable: 'The file does not have this part.',
  rate_limited: 'Too many messages at once. Wait a moment.',
  unavailable: 'The service is not available right now.',
  internal_error: 'The service made a mistake.',
  not_subscribed: 'You no longer follow this community. Follow it again to write.',
  not_confession_admin: 'This person no longer administers the community.',
  confession_required: 'Choose which community it is about.',
  not_an_admin: 'You can write only to the admins of your communities.',
  one_admin_at_a_time: 'A conversation can be opened with one admin at a time.',
  admins_only: 'Only admins can take part in such a conversation.',
  too_many_participants: 'There are too many participants.',
  outreach_not_allowed: 'You can reply to members, but you cannot write to them first.',
  cannot_message_self: 'You cannot write to yourself.',
  user_not_found: 'There is no such person.',
  user_inactive: "This person's account is closed.",
  confession_not_found: 'There is no such community.',
  conversation_not_found: 'There is no such conversation.',
  message_not_found: 'There is no such message.',
  not_sender: 'Only the sender can do this.',
  edit_window_closed: 'The time for editing is over.',
  message_deleted: 'The message was deleted.',
  not_staff: 'Only admins can do this.',
  not_pin_authority: "Only the community's admin can pin.",
  invalid_reply: 'The message you reply to is no longer there.',
  empty_message: 'The message is empty.',
  content_too_long: 'The message is too long.',
  invalid_content: 'The message contains characters that cannot be sent.',
  client_id_conflict: 'The message was already sent elsewhere.',
  network: 'There is no connection.',
  files_lost: 'The page was reloaded, so the files are gone. Retry sends the text.',
  not_sent: 'This was written a while ago and not sent.',
  conversation_gone: 'This conversation no longer exists. Copy the text and send it in a new one.',
};

/** What a code means, in English. Front ends in other languages translate the codes. */
export function sentenceOf(code: string | null): string {
  return SENTENCES[code as ErrorCode] ?? 'That could not be done. Please try again.';
}
