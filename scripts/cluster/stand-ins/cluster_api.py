"""What the cluster's stand-ins read of its API server, with the administrator's certificate, by Python's standard library alone."""
import base64
import http.client
import json
import re
import ssl
import tempfile
import urllib.parse


class Cluster:
    def __init__(self, directory):
        with open(f"{directory}/admin.kubeconfig", encoding="utf-8") as file:
            text = file.read()
        # A kubeconfig of scripts/cluster/certificates: Python's standard library reads no YAML.
        fields = dict(re.findall(r'([a-z-]+): "?([^",}\s]+)"?[,}]', text))
        server = urllib.parse.urlparse(fields["server"])
        self._address = (server.hostname, server.port)
        self._tls = ssl.create_default_context(cadata=base64.b64decode(fields["certificate-authority-data"]).decode())
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(base64.b64decode(fields["client-certificate-data"]) + base64.b64decode(fields["client-key-data"]))
            pair.flush()
            self._tls.load_cert_chain(pair.name)

    def _get(self, path, timeout):
        connection = http.client.HTTPSConnection(*self._address, context=self._tls, timeout=timeout)
        connection.request("GET", path)
        response = connection.getresponse()
        if response.status != 200:
            raise OSError(f"GET {path}: {response.status} {response.read(500)!r}")
        return response

    def list(self, path):
        """The items at a path, and the version that a watch goes on from."""
        answer = json.load(self._get(path, 10))
        return answer["items"], answer["metadata"]["resourceVersion"]

    def watch(self, path, version):
        """Every change, without end: (type, object). Ends when the server ends it."""
        for line in self._get(f"{path}?watch=1&resourceVersion={version}", 3600):
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            yield event["type"], event["object"]
