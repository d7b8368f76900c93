import React from 'react';
import * as FullStory from '@fullstory/browser';
import { useMe } from './me';
export const Shell = ({ children }) => {
  const me = useMe();
  if (me) {
    // expect: PB014
    FullStory.identify(me.id, { displayName: me.name });
  }
  return <main>{children}</main>;
};
