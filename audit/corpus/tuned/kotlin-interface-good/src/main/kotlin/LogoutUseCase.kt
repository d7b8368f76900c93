package app.auth

import app.analytics.Analytics

class LogoutUseCase(private val analytics: Analytics, private val store: TokenStore, private val api: AuthApi) {
    suspend fun logout() {
        try {
            api.logout()
        } catch (e: Exception) {
            Log.w("auth", e)
        } finally {
            analytics.resetUser()
            store.clear()
        }
    }
}
