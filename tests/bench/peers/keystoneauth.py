"""keystoneauth.py URL STATE: one check of a token, with the session's token out of a file."""

import sys

from keystoneauth1.identity import v3
from keystoneauth1.session import Session

url, state = sys.argv[1:]
auth = v3.Password(auth_url=f"{url}/v3", user_id="a1b2", password="s3cret")
session = Session(auth=auth)
try:
    with open(state) as file:
        auth.set_auth_state(file.read())
except FileNotFoundError:
    auth.get_access(session)
    with open(state, "w") as file:
        file.write(auth.get_auth_state())
session.head(f"{url}/v3/auth/tokens", headers={"X-Subject-Token": "gAAAAABsubject"})
