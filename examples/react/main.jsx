import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { AuthProvider, useAuth } from './auth.jsx';

function Notes() {
  const { user, logIn, logOut } = useAuth();
  if (user === undefined) return <p>One moment…</p>;
  if (user === null) return <button onClick={() => logIn('ana')}>Log in as Ana</button>;
  return (
    <>
      <p>Hello {user.uid}</p>
      <button onClick={() => FS('trackEvent', { name: 'Note Written' })}>Write a note</button>
      <button onClick={() => logOut('button')}>Log out</button>
    </>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <AuthProvider>
      <Notes />
    </AuthProvider>
  </StrictMode>,
);
