"""An operator in Python: answers one proxy with a snapshot and a delta, and prints what the proxy says."""
import concurrent.futures
import hashlib
import json

import grpc
from google.protobuf.json_format import MessageToDict

import endpoint_feed_pb2 as feed
import endpoint_feed_pb2_grpc as feed_grpc


def report(**fields):
    print(json.dumps(fields))


def entry(session_id):
    return feed.Entry(
        session_id=session_id, state=feed.ENDPOINT_STATE_READY, access=feed.ACCESS_ENABLED, pod_name="pod", pod_uid="u",
        pod_ip=bytes([10, 0, 0, 1]), port=2222, target_user="claude")


def table_hash(*entries):
    digests = (hashlib.sha256(e.SerializeToString(deterministic=True)).digest() for e in entries)
    return sum(int.from_bytes(digest[:8], "big") for digest in digests) % 2**64


class Operator(feed_grpc.EndpointFeedServicer):
    def Watch(self, requests, context):
        report(**MessageToDict(next(requests)))
        yield feed.FeedMessage(snapshot=feed.SnapshotChunk(entries=[entry("a"), entry("b")]))
        yield feed.FeedMessage(sync_complete=feed.SyncComplete(
            epoch="e", sequence=5, count=2, hash=table_hash(entry("a"), entry("b"))))
        report(**MessageToDict(next(requests)))
        yield feed.FeedMessage(delta=feed.Delta(
            upserts=[entry("c")], removals=[feed.Removal(session_id="a", pod_uid="u")], sequence=6))
        report(**MessageToDict(next(requests)))
        yield feed.FeedMessage(heartbeat=feed.Heartbeat(sequence=6, count=2, hash=table_hash(entry("b"), entry("c"))))
        context.abort(grpc.StatusCode.UNAVAILABLE, "fini: 100 % naïve")


server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=4))
feed_grpc.add_EndpointFeedServicer_to_server(Operator(), server)
report(port=server.add_insecure_port("127.0.0.1:0"))
server.start()
server.wait_for_termination()
