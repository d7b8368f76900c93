import { useEffect } from 'react';
import { useRouter } from 'next/router';
import { FullStory } from '@fullstory/browser';
export default function App({ Component, pageProps }) {
  const router = useRouter();
  useEffect(() => {
    // expect: PB008
    FullStory('setIdentity', { anonymous: true });
  }, [router.pathname]);
  return <Component {...pageProps} />;
}
