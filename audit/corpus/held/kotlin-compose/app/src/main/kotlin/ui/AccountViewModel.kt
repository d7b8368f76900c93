package app.ui

class AccountViewModel(private val auth: FirebaseAuth) : ViewModel() {
    var user: User? = null
    fun signOut() {
        auth.signOut()
        user = null
    }
}
