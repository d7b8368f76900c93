package com.acme;

import android.content.SharedPreferences;
import com.fullstory.FS;

public class SessionManager {
    private final SharedPreferences prefs;

    public SessionManager(SharedPreferences prefs) {
        this.prefs = prefs;
    }

    public void onLogin(User user) {
        prefs.edit().putString("token", user.getToken()).apply();
        // expect: PB010
        FS.identify(user.getEmail(), user.vars());
    }

    public void logout() {
        // expect: PB001
        prefs.edit().clear().apply();
    }
}
