using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Logins that are earlier than their pod. The second proxy waits a minute for one, as is the default, and the first a
/// second.
/// </summary>
[Collection(EndToEndTests.Name)]
public sealed class PodWaitTests(SharedGateway shared)
{
    [RealSshTheory]
    [InlineData("early-no-pod", false, "Session early-no-pod has no pod. Asking for one. Waiting up to 1 minute for it.")]
    [InlineData("early-unready", true, "The pod of session early-unready is not ready. Waiting up to 1 minute for it.")]
    public async Task A_login_waits_for_its_pod_and_says_so(string id, bool hasPod, string sentence)
    {
        await using PodSshd pod = await PodSshd.StartAsync(new PodOptions(id, id, shared.Gateway.Keys.UserCa.PublicFile));
        var session = new SessionManifest(id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port };
        var manifest = new PodManifest(id, id, pod.Endpoint.Address);
        shared.Gateway.Manifests.Write(session, hasPod ? manifest with { Ready = false } : null);
        await using Daemon ssh = await WaitingAsync(id, "echo pod: $POD");
        await ssh.WaitForLineAsync(sentence);

        shared.Gateway.Manifests.Write(session, manifest);

        await ssh.WaitForLineAsync($"pod: {id}");
        shared.Gateway.Manifests.Remove(id);
    }

    [RealSshFact]
    public async Task A_wait_ends_with_a_sentence_when_the_session_ends_first()
    {
        const string Id = "early-drained";
        var session = new SessionManifest(Id, [shared.UserKey.PublicLine]);
        shared.Gateway.Manifests.Write(session);
        await using Daemon drained = await WaitingAsync(Id);
        shared.Gateway.Manifests.Write(session with { Access = "Draining" });
        await drained.WaitForLineAsync($"Session {Id} is closing and accepts no new logins.");

        shared.Gateway.Manifests.Write(session);
        await using Daemon deleted = await WaitingAsync(Id);
        shared.Gateway.Manifests.Remove(Id);
        await deleted.WaitForLineAsync($"Session {Id} changed during the login.");
    }

    [RealSshFact]
    public async Task A_wait_that_takes_too_long_ends_with_what_is_missing()
    {
        const string Id = "early-in-vain";
        shared.Gateway.Manifests.Write(new SessionManifest(Id, [shared.UserKey.PublicLine]));
        CommandResult result = await shared.Client.RunWhenKnownAsync(Id, "true");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Waiting up to 1 second for it.", result.ErrorText, StringComparison.Ordinal);
        Assert.Contains($"The pod that session {Id} names does not exist.", result.ErrorText, StringComparison.Ordinal);
        shared.Gateway.Manifests.Remove(Id);
    }

    // A proxy that does not know the session yet refuses it at once.
    private async Task<Daemon> WaitingAsync(string id, string command = "true")
    {
        while (true)
        {
            Daemon ssh = shared.ClientOf(1).Start(id, [], command);
            await Eventually.TrueAsync(() => ssh.HasExited || ssh.Output.Contains("Waiting up to 1 minute for it", StringComparison.Ordinal), $"{id} waits");
            if (!ssh.HasExited)
            {
                return ssh;
            }

            await ssh.DisposeAsync();
        }
    }
}
