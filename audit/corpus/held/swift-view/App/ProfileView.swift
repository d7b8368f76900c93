import SwiftUI
import FullStory

struct ProfileView: View {
    @EnvironmentObject var auth: AuthModel

    var body: some View {
        VStack {
            Text(auth.name)
            Button("Log out") {
                auth.logout()
            }
        }
        .onAppear {
            FS.identify(auth.userId, userVars: ["displayName": auth.name])
        }
    }
}

final class AuthModel: ObservableObject {
    @Published var name = ""
    @Published var userId = ""
    @Published var isLoggedIn = true

    func logout() {
        // expect: PB012
        FS.shutdown()
        UserDefaults.standard.removeObject(forKey: "authToken")
        isLoggedIn = false
    }
}
