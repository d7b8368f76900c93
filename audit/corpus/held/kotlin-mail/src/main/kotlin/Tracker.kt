package app

import com.fullstory.FS

object Tracker {
    fun onLogin(user: User) {
        // expect: PB010
        FS.identify(user.email, mapOf("displayName" to user.name))
    }
    fun onLogout() {
        FS.anonymize()
    }
}
