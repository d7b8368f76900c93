import 'package:firebase_auth/firebase_auth.dart';
import 'package:fullstory_flutter/fs.dart';

void watchIdentity() {
  FirebaseAuth.instance.authStateChanges().listen((user) {
    if (user == null) {
      FS.anonymize();
    } else {
      FS.identify(user.uid, {'email': user.email});
    }
  });
}

class Menu {
  Future<void> signOut() => FirebaseAuth.instance.signOut();
}
