"""Talks to SafeMedLabel's API with nothing but Python's standard library.

    SAFEMEDLABEL_KEY=sml_... python3 api.py http://localhost:5080

Makes no assumption about the images: it takes the next one from the first project's queue, loads its picture,
and answers with the first class - where a program of yours would show it to a reader.
"""
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

SERVER = sys.argv[1].rstrip("/") + "/api/v1/"
KEY = os.environ["SAFEMEDLABEL_KEY"]  # in no file, and in no address


def call(method, path, body=None, headers=None):
    """Sends a request and returns the answer's bytes. Waits where the server says that it was asked too often."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, data=data, method=method)
    request.add_header("Authorization", "Bearer " + KEY)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    while True:
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                problem = json.loads(error.read() or b"{}")
                raise SystemExit(f"{error.code}: {problem.get('detail') or problem.get('title')}") from None
            time.sleep(int(error.headers.get("Retry-After", "5")))


def parts(path):
    """All items of a list, part by part."""
    after = ""
    while after is not None:
        part = json.loads(call("GET", f"{path}?limit=500{'&after=' + after if after else ''}"))
        yield from part["items"]
        after = part["next"]


projects = list(parts("projects"))
print(f"{len(projects)} projects: {', '.join(p['name'] for p in projects)}")
project = projects[0]
queue = json.loads(call("POST", f"projects/{project['id']}/next"))
if queue["state"] != "Ready":
    raise SystemExit(f"Nothing to read: {queue['state']}")
image = queue["images"][0]
picture = call("GET", f"projects/{project['id']}/images/{image['id']}/picture")
print(f"Image of {image['width']} x {image['height']} pixels, {len(picture)} bytes")

# The key is made once for the answer: sent again after a lost connection, with the same key, it is stored once all the same.
# Another answer needs another key: the server refuses this one for anything else (422).
answer = {"image": image["id"], "kind": "Label", "class": project["classes"][0], "seconds": 2.5}
call("POST", f"projects/{project['id']}/labels", answer, {"Idempotency-Key": str(uuid.uuid4())})
print(f"Answered '{project['classes'][0]}'")
