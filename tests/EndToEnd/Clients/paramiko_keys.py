#!/usr/bin/python3
"""paramiko with several keys (class:file), of which the last one is the right one: it asks for the service again before each."""
import os
import sys

import paramiko

transport = paramiko.Transport((os.environ["HOST"], int(os.environ["PORT"])))
transport.start_client(timeout=20)
for key in sys.argv[1:]:
    kind, file = key.split(":", 1)
    try:
        transport.auth_publickey(os.environ["SESSION"], getattr(paramiko, kind).from_private_key_file(file))
    except paramiko.AuthenticationException:
        print("refused:", kind)
channel = transport.open_session(timeout=20)
channel.exec_command("echo $POD")
print(channel.makefile().read().decode(), end="")
transport.close()
