package com.shop.session

import android.content.SharedPreferences

class TokenPrefs(private val prefs: SharedPreferences) {
    fun save(token: String) = prefs.edit().putString("token", token).apply()
    fun clearToken() = prefs.edit().remove("token").apply()
}
