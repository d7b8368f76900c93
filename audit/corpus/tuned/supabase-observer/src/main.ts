import { createClient } from '@supabase/supabase-js';
import { FullStory as FS } from '@fullstory/browser';
export const supabase = createClient(import.meta.env.VITE_URL, import.meta.env.VITE_KEY);
supabase.auth.onAuthStateChange((event, session) => {
  if (event === 'SIGNED_IN' && session) {
    FS('setIdentity', { uid: session.user.id, properties: { email: session.user.email } });
  }
  if (event === 'SIGNED_OUT') {
    FS('setIdentity', { anonymous: true });
  }
});
export const leave = () => supabase.auth.signOut();
