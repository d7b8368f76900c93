import 'package:flutter/material.dart';
import 'package:fullstory_flutter/fs.dart';
import 'package:shared_preferences/shared_preferences.dart';

class AuthProvider with ChangeNotifier {
  User? _user;

  Future<void> login(String email, String password) async {
    _user = await api.login(email, password);
    FS.identify(_user!.id, {'displayName': _user!.name});
    notifyListeners();
  }

  Future<void> logout() async {
    FS.event('Logged out', {});
    FS.anonymize();
    final prefs = await SharedPreferences.getInstance();
    await prefs.remove('token');
    _user = null;
    notifyListeners();
  }

  Future<void> handleUnauthorized(BuildContext context) async {
    final prefs = await SharedPreferences.getInstance();
    // expect: PB001
    await prefs.remove('token');
    _user = null;
    Navigator.of(context).pushReplacementNamed('/login');
  }
}
