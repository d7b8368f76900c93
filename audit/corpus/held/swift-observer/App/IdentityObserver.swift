import FirebaseAuth
import FullStory

final class IdentityObserver {
    private var handle: AuthStateDidChangeListenerHandle?

    func start() {
        handle = Auth.auth().addStateDidChangeListener { _, user in
            if let user = user {
                FS.identify(user.uid, userVars: ["email": user.email ?? ""])
            } else {
                FS.anonymize()
            }
        }
    }
}

struct AccountView {
    func signOut() {
        try? Auth.auth().signOut()
    }
}
