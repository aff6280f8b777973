using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using SshGateway.Feed;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Routing;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// What a schema that was relaxed or is missing lets through: the operator must not fail on any of it.
/// </summary>
public sealed class HostileObjectTests
{
    private const int Rounds = 4000;
    private const int MaxChoices = 200;

    private static readonly JsonObject Session = (JsonObject)JsonNode.Parse($$"""
        {
          "apiVersion": "tars.cloudwalk.network/v1alpha1", "kind": "ClaudeSession",
          "metadata": {"name": "abc12", "namespace": "default", "uid": "u1", "resourceVersion": "7", "generation": 2, "creationTimestamp": "2026-01-01T00:00:00Z"},
          "spec": {
            "owner": {"user": "ada", "team": "x"}, "pod": {"matchLabels": {"app": "claude"}, "uid": "p1"}, "access": "Enabled", "maxConnections": 5,
            "expiresAt": "2040-01-01T00:00:00Z", "idleTimeout": "1h", "recording": "None",
            "ssh": {"port": 2222, "targetUser": "claude", "passthrough": true, "authorizedKeys": ["{{KubernetesObjects.Key}}"], "hostKeys": ["{{KubernetesObjects.Key}}"],
              "trustedUserCAKeys": [], "hostCAKeys": []}
          },
          "status": {
            "observedGeneration": 1, "phase": "Ready", "authorizedKeyCount": 1,
            "endpoint": {"podName": "pod-1", "podUID": "p1", "ip": "10.0.0.1", "ips": ["10.0.0.1"], "port": 2222, "nodeName": "n", "hostKeyFingerprints": ["SHA256:x"], "readySince": "2026-01-01T00:00:00Z"},
            "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "EndpointReady", "message": "m"}]
          }
        }
        """)!;

    private static readonly JsonObject Pod = (JsonObject)JsonNode.Parse("""
        {
          "apiVersion": "v1", "kind": "Pod",
          "metadata": {"name": "pod-1", "namespace": "default", "uid": "p1", "resourceVersion": "8", "labels": {"app": "claude", "tars.cloudwalk.network/session": "abc12"}},
          "spec": {"hostNetwork": false, "nodeName": "n"},
          "status": {
            "phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}], "startTime": "2026-01-01T00:00:00Z",
            "conditions": [{"type": "Ready", "status": "False", "reason": "r", "message": "m"}, {"type": "PodScheduled", "status": "True"}],
            "initContainerStatuses": [{"name": "i", "state": {"terminated": {"reason": "Completed"}}}],
            "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "m"}}}]
          }
        }
        """)!;

    [Fact]
    public void Whatever_objects_say_they_are_decoded_or_named_and_then_routed_described_and_encoded()
    {
        int rounds = 0;
        int unreadable = 0;
        Choices.UpTo(MaxChoices).Sample(
            numbers =>
            {
                (JsonObject session, JsonObject pod) = Spoil(numbers);
                Interlocked.Increment(ref rounds);
                Interlocked.Add(ref unreadable, Run(session, pod));
            },
            iter: Rounds, print: numbers => $"{Spoil(numbers)}");
        Assert.InRange(unreadable, rounds / 20, rounds * 19 / 20);
    }

    private static (JsonObject Session, JsonObject Pod) Spoil(int[] numbers)
    {
        var hostile = new HostileJson(new Choices(numbers));
        return (hostile.Spoil(Session), hostile.Spoil(Pod));
    }

    /// <returns>How many of the sessions could not be decoded.</returns>
    private static int Run(JsonObject sessionJson, JsonObject podJson)
    {
        DecodedObject<ClaudeSession> session = Decode(sessionJson, ApiResources.Sessions);
        DecodedObject<Pod> pod = Decode(podJson, ApiResources.Pods);
        var router = new SessionRouter(new RoutingOptions(AllowLoopbackPods: true, AllowUnlabelledPods: true));
        RouteChanges changes = router.Apply(new ClusterChanges
        {
            Sessions = session.Object is { } decoded ? [decoded] : [],
            Pods = pod.Object is { } decodedPod ? [decodedPod] : [],
            Unreadable = session.Partial is { } partial ? [new UnreadableSession(partial, session.Problem!)] : [],
        });
        Assert.Empty(changes.Faults);
        foreach (RoutedSession route in changes.Routed)
        {
            Assert.NotEmpty(EntryEncoding.Encode(route, null, out string? problem).Wire.ToArray());
            Assert.Null(problem);
        }
        foreach (SessionState state in changes.States.Values.OfType<SessionState>())
        {
            SessionStatus status = StatusComposer.Compose(state, null, null, DateTimeOffset.UnixEpoch);
            StatusPatch.IsCurrent(state.Session, status);
            string reason = StatusPatch.Create(state.Session, status)["status"]!["conditions"]![0]!["reason"]!.GetValue<string>();
            Assert.True(session.Object is not null || reason == ReadyReasons.InvalidSpec, reason);
        }
        return session.Object is null ? 1 : 0;
    }

    private static DecodedObject<T> Decode<T>(JsonObject json, ApiResource<T> resource)
        where T : KubernetesObject
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json.ToJsonString()));
        reader.Read();
        DecodedObject<T> decoded = DecodedObject<T>.Read(ref reader, resource);
        Assert.Equal(json["metadata"]!["name"]!.GetValue<string>(), decoded.Key.Name);
        Assert.Equal(decoded.Object is null, decoded.Problem is not null);
        return decoded;
    }
}
