"""A proxy in Python: checks the operator's health, then follows its feed and prints each message as a line of JSON.

feed_client.py <host:port> <CA file> <token file>
"""
import json
import queue
import sys

import grpc
from google.protobuf.json_format import MessageToDict

import endpoint_feed_pb2 as feed
import endpoint_feed_pb2_grpc as feed_grpc
import health_pb2 as health
import health_pb2_grpc as health_grpc


def report(**fields):
    print(json.dumps(fields))


def status_of(call):
    try:
        call()
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


target, authorities, token = sys.argv[1], open(sys.argv[2], "rb").read(), open(sys.argv[3]).read().strip()
tls = grpc.ssl_channel_credentials(authorities)

with grpc.secure_channel(target, tls) as stranger:
    report(
        server=health_grpc.HealthStub(stranger).Check(health.HealthCheckRequest()).status,
        no_token=status_of(lambda: list(feed_grpc.EndpointFeedStub(stranger).Watch(iter(queue.Queue().get, None)))),
    )

with grpc.secure_channel(target, grpc.composite_channel_credentials(tls, grpc.access_token_call_credentials(token))) as channel:
    checks = health_grpc.HealthStub(channel)
    report(
        server=checks.Check(health.HealthCheckRequest()).status,
        service=checks.Check(health.HealthCheckRequest(service="sshgateway.v1.EndpointFeed")).status,
        unknown_service=status_of(lambda: checks.Check(health.HealthCheckRequest(service="nothing"))),
        unknown_method=status_of(lambda: channel.unary_unary("/sshgateway.v1.EndpointFeed/Nothing")(b"")),
        no_hello=status_of(lambda: list(feed_grpc.EndpointFeedStub(channel).Watch(iter([feed.ProxyMessage()])))),
        deadline=status_of(lambda: list(feed_grpc.EndpointFeedStub(channel).Watch(iter(queue.Queue().get, None), timeout=0.2))),
    )
    outgoing = queue.Queue()
    outgoing.put(feed.ProxyMessage(hello=feed.Hello(proxy_id="python", version="1")))
    for message in feed_grpc.EndpointFeedStub(channel).Watch(iter(outgoing.get, None)):
        report(**MessageToDict(message))
        if message.HasField("sync_complete"):
            outgoing.put(feed.ProxyMessage(applied=feed.Applied(sequence=message.sync_complete.sequence)))
        if message.HasField("delta"):
            outgoing.put(None)
    report(end="OK")
