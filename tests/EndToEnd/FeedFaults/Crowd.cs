namespace SshGateway.Tests.EndToEnd.FeedFaults;

/// <summary>Many sessions that nobody logs into, in one manifest.</summary>
internal static class Crowd
{
    public static string Of(int first, int count, string targetUser = "claude") => string.Concat(Enumerable.Range(first, count).Select(i => $"""
        apiVersion: tars.cloudwalk.network/v1alpha1
        kind: ClaudeSession
        metadata:
          name: {Id(i)}
          namespace: claude
          creationTimestamp: "2026-01-01T00:00:00Z"
        spec:
          owner:
            user: e2e
          ssh:
            targetUser: {targetUser}
            authorizedKeys:
              - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
        ---

        """));

    public static string Id(int number) => $"crowd-{number}";
}
