import Foundation
import FullStory

final class AuthManager: ObservableObject {
    @Published var currentUser: User?
    private let api: APIClient
    private let keychain: Keychain

    init(api: APIClient, keychain: Keychain) {
        self.api = api
        self.keychain = keychain
    }

    func signIn(email: String, password: String) async throws {
        let user = try await api.signIn(email: email, password: password)
        keychain.set(user.token, forKey: "token")
        currentUser = user
        FS.identify(user.id, userVars: ["displayName": user.name])
    }

    func signOut() async {
        do {
            try await api.post("/logout")
            FS.anonymize()
        } catch {
            print("logout failed: \(error)")
        }
        // expect: PB001
        keychain.delete("token")
        currentUser = nil
    }

    func deleteAccount() async throws {
        try await api.delete("/account")
        FS.anonymize()
        keychain.delete("token")
        currentUser = nil
    }
}
