using System.Diagnostics;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>What happens to logins when manifests come, change and go.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class TableChangeTests(SharedGateway shared)
{
    private static readonly TimeSpan Promptly = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [RealSshTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_login_works_within_a_second_of_its_manifest(int proxy)
    {
        string id = $"new-{proxy}";
        SshClient client = shared.ClientOf(proxy);
        CommandResult unknown = await client.RunAsync(id, "true");
        Assert.Contains("Permission denied (publickey)", unknown.ErrorText, StringComparison.Ordinal);
        await using PodSshd pod = await shared.AddPodAsync(id);

        // The clock starts after the write and counts until the start of the first login that works.
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan started = default;
        await Eventually.TrueAsync(
            async () =>
            {
                started = clock.Elapsed;
                return (await client.RunAsync(id, "true")).Succeeded;
            },
            Soon,
            () => shared.Gateway.Logs);

        Assert.True(started < Promptly, $"The login worked {started.TotalSeconds:f2} s after the manifest's write only.");
        shared.Gateway.Manifests.Remove(id);
    }

    [RealSshFact]
    public async Task Changed_keys_admit_the_new_key_and_refuse_the_old_one()
    {
        const string Id = "rekeyed-user";
        KeyPair next = await KeyPair.GenerateAsync(ScratchDirectory.New("user"), "next");
        SshClient old = shared.ClientOf(0);
        SshClient young = shared.ClientOf(0, next);
        SessionManifest? manifest = null;
        await using PodSshd pod = await shared.AddPodAsync(Id, session: (session, _) => manifest = session);
        Assert.True((await old.RunWhenKnownAsync(Id, "true")).Succeeded);
        await using LineDialog open = LineDialog.Start(old, Id, "cat");
        Assert.Equal("before", await open.EchoAsync("before"));
        PodManifest podManifest = new(Id, Id, pod.Endpoint.Address) { Uid = "same-uid" };

        shared.Gateway.Manifests.Write(manifest! with { AuthorizedKeys = [next.PublicLine] }, podManifest);

        CommandResult admitted = await young.RunWhenKnownAsync(Id, "echo $POD");
        Assert.True(admitted.Succeeded, $"{admitted}\n{shared.Gateway.Logs}");
        CommandResult refused = await old.RunAsync(Id, "echo $POD");
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Permission denied (publickey)", refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal("after", await open.EchoAsync("after"));
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task A_removed_session_takes_no_logins_and_its_open_session_lives_on()
    {
        const string Id = "removed";
        await using PodSshd pod = await shared.AddPodAsync(Id);
        Assert.True((await shared.Client.RunWhenKnownAsync(Id, "true")).Succeeded);
        await using LineDialog open = LineDialog.Start(shared.Client, Id, "cat");
        Assert.Equal("before", await open.EchoAsync("before"));

        shared.Gateway.Manifests.Remove(Id);

        await RefusedAsync(Id, "Permission denied (publickey)");
        Assert.Equal("after", await open.EchoAsync("after"));
        Assert.Equal(0, await open.FinishAsync());
    }

    [RealSshFact]
    public async Task A_draining_session_says_so_and_its_open_session_lives_on()
    {
        const string Id = "draining";
        SessionManifest? manifest = null;
        await using PodSshd pod = await shared.AddPodAsync(Id, session: (session, _) => manifest = session);
        PodManifest podManifest = new(Id, Id, pod.Endpoint.Address);
        Assert.True((await shared.Client.RunWhenKnownAsync(Id, "true")).Succeeded);
        await using LineDialog open = LineDialog.Start(shared.Client, Id, "cat");
        Assert.Equal("before", await open.EchoAsync("before"));

        shared.Gateway.Manifests.Write(manifest! with { Access = "Draining" }, podManifest);

        await RefusedAsync(Id, "accepts no new logins");
        Assert.Equal("after", await open.EchoAsync("after"));
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task New_logins_go_to_the_pods_successor()
    {
        const string Id = "replaced";
        SessionManifest? manifest = null;
        await using PodSshd first = await shared.AddPodAsync(
            Id, session: (session, pod) => manifest = session with { HostKeys = [pod.HostKeys[0].PublicLine] });
        Assert.Equal("replaced\n", (await shared.Client.RunWhenKnownAsync(Id, "echo $POD")).Text);
        await using LineDialog open = LineDialog.Start(shared.Client, Id, "while read line; do echo $POD $line; done");
        Assert.Equal("replaced before", await open.EchoAsync("before"));
        await using PodSshd second = await PodSshd.StartAsync(
            new PodOptions("successor", Id, shared.Gateway.Keys.UserCa.PublicFile));

        // Another UID, address, port and host key under the same names, as after a restart of the session's pod.
        shared.Gateway.Manifests.Write(
            manifest! with { Port = second.Endpoint.Port, HostKeys = [second.HostKeys[0].PublicLine] },
            new PodManifest(Id, Id, second.Endpoint.Address));

        await AnswersAsync(Id, "successor\n");
        Assert.Equal("replaced after", await open.EchoAsync("after"));
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task A_successor_at_the_same_address_is_trusted_anew()
    {
        const string Id = "replaced-in-place";
        SessionManifest? manifest = null;
        await using PodSshd pod = await shared.AddPodAsync(Id, session: (session, _) => manifest = session);
        Assert.True((await shared.Client.RunWhenKnownAsync(Id, "true")).Succeeded);
        await pod.StopAsync();
        await pod.StartAsync([await KeyPair.GenerateAsync(ScratchDirectory.New("host-key"), "other")]);

        shared.Gateway.Manifests.Write(manifest!, new PodManifest(Id, Id, pod.Endpoint.Address));

        await AnswersAsync(Id, "replaced-in-place\n");
        shared.Gateway.Manifests.Remove(Id);
    }

    [RealSshFact]
    public async Task A_bad_manifest_takes_no_good_session_away()
    {
        shared.Gateway.Manifests.Write("bad-yaml", "apiVersion: [unclosed\n\t- nonsense");
        shared.Gateway.Manifests.Write("bad-kind", "apiVersion: v1\nkind: Gremlin\nmetadata:\n  name: x\n");
        await using PodSshd pod = await shared.AddPodAsync("beside-bad");

        CommandResult added = await shared.Client.RunWhenKnownAsync("beside-bad", "echo $POD");
        CommandResult old = await shared.Client.RunAsync(SharedGateway.Alpha, "echo $POD");

        Assert.Equal("beside-bad\n", added.Text);
        Assert.Equal("alpha\n", old.Text);
        // The operator's log names the file that somebody has to correct.
        await Eventually.TrueAsync(
            () => shared.Gateway.Logs.Contains("bad-yaml.yaml", StringComparison.Ordinal), Soon, () => shared.Gateway.Logs);
        foreach (string name in new[] { "bad-yaml", "bad-kind", "beside-bad" })
        {
            shared.Gateway.Manifests.Remove(name);
        }
    }

    private async Task RefusedAsync(string id, string sentence)
    {
        CommandResult? last = null;
        await Eventually.TrueAsync(
            async () =>
            {
                last = await shared.Client.RunAsync(id, "true");
                return last.ExitCode == 255 && last.ErrorText.Contains(sentence, StringComparison.Ordinal);
            },
            Soon,
            () => $"a login is not refused with \"{sentence}\"\n{last}\n{shared.Gateway.Logs}");
    }

    private async Task AnswersAsync(string id, string pod)
    {
        CommandResult? last = null;
        await Eventually.TrueAsync(
            async () =>
            {
                last = await shared.Client.RunAsync(id, "echo $POD");
                return last.Text == pod;
            },
            Soon,
            () => $"{id} is not at {pod}\n{last}\n{shared.Gateway.Logs}");
    }
}
