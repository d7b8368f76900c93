import FullStory from '@fullstory/react-native';
import PostHog from 'posthog-react-native';

class Analytics {
  identify(user) {
    PostHog.identify(user.id);
    FullStory.identify(user.id, { displayName: user.fullName });
  }
  track(name, props) {
    PostHog.capture(name, props);
    FullStory.event(name, props);
  }
  reset() {
    PostHog.reset();
  }
}
export default new Analytics();
