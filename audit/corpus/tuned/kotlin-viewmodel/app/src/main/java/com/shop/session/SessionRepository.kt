package com.shop.session

class SessionRepository(private val api: ShopApi) {
    suspend fun login(email: String, password: String): User = api.login(LoginBody(email, password))
    suspend fun logout() {
        api.logout()
    }
}
