import React from 'react';
import { FullStory } from '@fullstory/browser';
export class ErrorBoundary extends React.Component<any, any> {
  state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  componentDidCatch(error: Error) {
    // expect: PB007
    FullStory('setIdentity', { anonymous: true });
    FullStory('log', { level: 'error', msg: error.message });
  }
  render() {
    return this.state.failed ? <p>Sorry</p> : this.props.children;
  }
}
