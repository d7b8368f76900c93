/** Every code that a call can fail with; the same words go to `note` (ID-9, LI-2, CL-12). */
export type ErrorCode =
  | 'invalid_uid' | 'placeholder_uid' | 'uid_and_anonymous' | 'invalid_anonymous' | 'empty_identity'
  | 'invalid_scope' | 'rate_limited' | 'not_capturing' | 'not_acknowledged' | 'not_released'
  | 'invalid_event_name' | 'invalid_event_type' | 'invalid_properties' | 'invalid_log' | 'unknown_call';

/**
 * Every other thing worth a note. The first two are followed by `:` and a code or a name; so are the server's notes on
 * properties, which are passed on as they are (PR-4).
 */
export type NoteCode =
  | 'refused' | 'too_many_properties'
  | 'already_anonymous' | 'suspicious_uid' | 'uid_in_properties' | 'properties_ignored' | 'page_name_kept'
  | 'foreign_record' | 'released_device_returned' | 'storage_failed' | 'broken_remains'
  | 'bundle_refused' | 'queue_full' | 'outbox_full';
