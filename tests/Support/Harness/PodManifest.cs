using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A Pod as the operator's directory source reads it: the fields of the API server that routing reads.
/// </summary>
internal sealed record PodManifest(string Name, string SessionId, IPAddress Ip)
{
    public string Uid { get; init; } = Guid.NewGuid().ToString();

    public bool Ready { get; init; } = true;

    /// <summary>Its container, running and as ready as the pod; null: none is named.</summary>
    public string? Container { get; init; }

    /// <summary>It has been deleted, and is going.</summary>
    public bool Terminating { get; init; }

    public override string ToString() =>
        $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {Name}
          namespace: claude
          uid: {Uid}
          creationTimestamp: "2026-01-01T00:00:00Z"{(Terminating ? "\n  deletionTimestamp: \"2026-01-01T01:00:00Z\"" : "")}
          labels:
            tars.cloudwalk.network/session: {SessionId}
        spec:
          nodeName: node-1{(Container is null ? "" : $"\n  containers: [{{name: {Container}}}]")}
        status:
          phase: Running
          podIP: {Ip}
          podIPs:
            - ip: {Ip}
          startTime: "2026-01-01T00:00:01Z"{(Container is null ? "" : $"\n  containerStatuses: [{{name: {Container}, ready: {(Ready ? "true" : "false")}, state: {{running: {{}}}}}}]")}
          conditions:
            - type: Ready
              status: "{(Ready ? "True" : "False")}"
              lastTransitionTime: "2026-01-01T00:00:02Z"

        """;
}
