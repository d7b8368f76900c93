package app.ui

import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import com.fullstory.FS

@Composable
fun AccountScreen(viewModel: AccountViewModel, onSignedOut: () -> Unit) {
    val user = viewModel.user
    LaunchedEffect(user) {
        if (user != null) FS.identify(user.id, mapOf("displayName" to user.name)) else FS.anonymize()
    }
    Button(onClick = { viewModel.signOut(); onSignedOut() }) { Text("Sign out") }
}
