package app.analytics

import com.fullstory.FS

interface Analytics {
    fun identify(id: String)
    fun resetUser()
}

class FullstoryAnalytics : Analytics {
    override fun identify(id: String) {
        FS.identify(id)
    }

    override fun resetUser() {
        FS.anonymize()
    }
}

class QuietAnalytics : Analytics {
    override fun identify(id: String) = Unit
    override fun resetUser() = Unit
}
