import requests
from passerby_client import FS


class Tray:
    def sign_in(self, token):
        me = requests.get("/me", headers={"Authorization": token}).json()
        FS.identify(me["id"], {"displayName": me["name"]})
        self.token = token

    def sign_out(self):
        # expect: PB001
        requests.post("/logout")
        self.token = None
