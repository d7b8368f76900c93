import AsyncStorage from '@react-native-async-storage/async-storage';
import { Alert } from 'react-native';
import analytics from '../analytics';

export default function Settings({ navigation }) {
  const performLogout = async () => {
    analytics.track('Logged out');
    analytics.reset();
    // expect: PB001
    await AsyncStorage.multiRemove(['accessToken', 'refreshToken']);
    navigation.reset({ index: 0, routes: [{ name: 'Login' }] });
  };
  const ask = () => Alert.alert('Leave?', '', [{ text: 'Yes', onPress: performLogout }, { text: 'No' }]);
  return <Button title="Log out" onPress={ask} />;
}
