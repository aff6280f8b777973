namespace SshGateway.Tests.Support.Yaml;

/// <summary>Manifests that are good.</summary>
internal static class Samples
{
    public const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    public static string Session(string name, int port = 2222) => $"""
        apiVersion: tars.cloudwalk.network/v1alpha1
        kind: ClaudeSession
        metadata:
          name: {name}
        spec:
          owner:
            user: alice
          ssh:
            port: {port}
            authorizedKeys:
              - {Key}

        """;

    public static string Pod(string session, string address, string? uid = null) => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {session}-pod
          uid: {uid ?? $"uid-of-{session}"}
          labels:
            tars.cloudwalk.network/session: {session}
        status:
          phase: Running
          podIP: {address}
          startTime: "2026-01-01T00:00:00Z"
          conditions:
            - type: Ready
              status: "True"

        """;
}
