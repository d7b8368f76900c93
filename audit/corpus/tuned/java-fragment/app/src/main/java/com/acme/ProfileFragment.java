package com.acme;

import android.content.Intent;
import com.fullstory.FS;
import com.google.firebase.auth.FirebaseAuth;

public class ProfileFragment extends Fragment {
    @Override
    public void onViewCreated(View view, Bundle state) {
        User user = Session.current().getUser();
        if (user != null) {
            FS.identify(user.getId(), user.toMap());
        }
        view.findViewById(R.id.logout).setOnClickListener(v -> logout());
    }

    private void logout() {
        FirebaseAuth.getInstance().signOut();
        startActivity(new Intent(getContext(), LoginActivity.class));
        // expect: PB002
        FS.anonymize();
    }
}
