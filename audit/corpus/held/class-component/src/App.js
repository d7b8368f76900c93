import React from 'react';
import Auth from './Auth';
import Header from './Header';

export default class App extends React.Component {
  state = { user: null };
  componentDidUpdate(prevProps, prevState) {
    if (prevState.user && !this.state.user) {
      window.FS.identify(false);
    }
    if (!prevState.user && this.state.user) {
      window.FS.identify(this.state.user.id, { displayName: this.state.user.name });
    }
  }
  signOut = () => {
    Auth.clear();
    this.setState({ user: null });
  };
  render() {
    return <Header user={this.state.user} onSignOut={this.signOut} />;
  }
}
