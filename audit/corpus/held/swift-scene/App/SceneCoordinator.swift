import UIKit
import FullStory

class SceneCoordinator {
    var window: UIWindow?
    let session: SessionStore

    init(session: SessionStore) {
        self.session = session
    }

    func didLogin(user: User) {
        FS.identify(user.identifier, userVars: ["displayName": user.name])
        window?.rootViewController = HomeViewController()
    }

    func logout() {
        session.clear()
        window?.rootViewController = LoginViewController()
        // expect: PB002
        FS.anonymize()
    }
}
