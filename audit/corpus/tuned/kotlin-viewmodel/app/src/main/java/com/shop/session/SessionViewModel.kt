package com.shop.session

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import com.fullstory.FS
import kotlinx.coroutines.launch

class SessionViewModel(private val repository: SessionRepository, private val prefs: TokenPrefs) : ViewModel() {
    val state = MutableStateFlow<User?>(null)

    fun login(email: String, password: String) {
        viewModelScope.launch {
            val user = repository.login(email, password)
            prefs.save(user.token)
            FS.identify(user.id, mapOf("displayName" to user.name))
            state.value = user
        }
    }

    fun logout() {
        viewModelScope.launch {
            repository.logout()
            // expect: PB001
            prefs.clearToken()
            state.value = null
        }
    }
}
