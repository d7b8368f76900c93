package net

import com.fullstory.FS
import okhttp3.Interceptor

class AuthInterceptor(private val store: TokenStore, private val navigator: Navigator) : Interceptor {
    override fun intercept(chain: Interceptor.Chain): Response {
        val response = chain.proceed(chain.request())
        if (response.code == 401) {
            // expect: PB001
            store.clearTokens()
            navigator.navigateToLogin()
        }
        return response
    }
}

class Login(private val store: TokenStore) {
    fun onLoggedIn(user: User) {
        store.save(user.token)
        FS.identify(user.id, mapOf("displayName" to user.name))
    }
    fun logout() {
        FS.event("Logged out", mapOf("how" to "button"))
        FS.anonymize()
        store.clearTokens()
    }
}
