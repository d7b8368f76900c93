import * as FullStory from '@fullstory/browser';

export function startRecording(orgId: string | null, person: { id: string; name: string } | null) {
  if (!orgId) return;
  FullStory.init({ orgId });
  if (person) FullStory.identify(person.id, { displayName: person.name });
}
