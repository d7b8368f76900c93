from passerby_client import FS


class Session:
    def __init__(self, api, keyring):
        self.api = api
        self.keyring = keyring
        self.user = None

    def login(self, name, password):
        user = self.api.login(name, password)
        self.user = user
        FS.identify(user["id"], {"displayName": user["name"]})

    def logout(self):
        try:
            self.api.post("/logout")
        finally:
            FS.anonymize()
            self.user = None
            self.keyring.delete("token")

    def expire_token(self):
        # expect: PB001
        self.user = None
        self.keyring.delete("token")
