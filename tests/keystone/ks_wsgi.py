"""Keystone as a WSGI application, with what the servers around it would add."""

import fcntl
import io
import sys

# Keystone reads sys.argv at import, and would take gunicorn's arguments for its own.
sys.argv = sys.argv[:1]

from keystone.wsgi.api import application as keystone  # noqa: E402
from oslo_context.context import RequestContext  # noqa: E402

READ_ONLY = ("GET", "HEAD", "OPTIONS")


def application(environ, start_response):
    """Pass a request on; the header `X-Test-Remote-User` becomes REMOTE_USER.

    So a test plays the web server that has authenticated a user by its own means, which Keystone's method
    `external` believes. No real server may do this: the header is the client's.

    Requests that write go one by one, over all workers and threads. Keystone begins a transaction with a read, and
    sqlite refuses the write that follows if another one came between ("database is locked", answered with 500).
    """
    # The thread's last request has left its context, and with it all that it had read. Keystone looks at X-Auth-Token
    # before it makes a new one, and would now and then take a dead token for a live one.
    RequestContext(overwrite=True)
    # Keystone refuses a body that is too large without reading it; gunicorn then closes a connection that isn't its own.
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read())
    remote_user = environ.pop("HTTP_X_TEST_REMOTE_USER", None)
    if remote_user is not None:
        environ["REMOTE_USER"] = remote_user
    if environ["REQUEST_METHOD"] in READ_ONLY:
        return keystone(environ, start_response)
    # In gunicorn's current folder, which is this Keystone's own.
    with open("write.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return keystone(environ, start_response)
