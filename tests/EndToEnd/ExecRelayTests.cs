using System.Net;
using System.Text.Json;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Sessions with the backend Exec, up to the relay. A real sshd stands where the relay stands: it trusts the user CA
/// for the principal of the session, and logs in the user of the session's name. So the session is called like the user
/// that the tests run as.
/// </summary>
[Collection(OwnRelayTests.Name)]
public sealed class ExecRelayTests
{
    private const string Id = "root";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    // Nothing listens there: who dials the pod itself does not get in.
    private static readonly PodManifest Pod = new("execpod", Id, IPAddress.Parse("127.9.9.9")) { Container = "main" };

    private readonly string _pinned = ScratchDirectory.New("relay-host-keys");
    private readonly string _audit = Path.Combine(ScratchDirectory.New("exec-audit"), "audit.log");

    [RealSshFact]
    public async Task A_login_goes_to_the_relay_as_the_session_and_the_audit_log_says_so()
    {
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        await using PodSshd relay = await StartRelayAsync(keys);
        (Gateway gateway, SshClient client) = await StartAsync(keys, relay);
        await using Gateway disposal = gateway;

        CommandResult result = await client.RunWhenKnownAsync(Id, "echo $POD; cat", "input"u8.ToArray());

        Assert.True(result.Succeeded, $"{result}\n{gateway.Logs}");
        Assert.Equal("relay-1\ninput", result.Text);
        await relay.WaitForLogAsync("Accepted publickey for root");
        Assert.Contains($"ID session={Id} client=", relay.Log, StringComparison.Ordinal);
        Assert.Contains($"at exec relay {relay.Endpoint}", gateway.Logs, StringComparison.Ordinal);
        // Besides those of logins before the proxy knew the session.
        JsonElement[] lines = [];
        await Eventually.TrueAsync(() => (lines = [.. ReadAudit().Where(line => Text(line, "pod") is not null)]).Length == 2, Soon, () => gateway.Logs);
        Assert.All(lines, line => Assert.Equal(("exec", Pod.Name, Pod.Uid), (Text(line, "backend"), Text(line, "pod"), Text(line, "podUid"))));
        Assert.Equal(["login", "end"], lines.Select(line => Text(line, "event")));
    }

    [RealSshFact]
    public async Task A_relay_that_is_gone_or_refuses_is_passed_over_for_another()
    {
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        await using PodSshd good = await StartRelayAsync(keys);
        await using PodSshd ignorant = await StartRelayAsync(keys, principal: "another", hostKeys: good.HostKeys);
        await using PodSshd impostor = await StartRelayAsync(keys);
        IPEndPoint gone = Loopback.ForPod();
        (Gateway gateway, SshClient client) = await StartAsync(keys, good, $"{ignorant.Endpoint}", $"{impostor.Endpoint}", $"{gone}");
        await using Gateway disposal = gateway;

        // Whichever of the four is taken first.
        for (int login = 0; login < 8; login++)
        {
            CommandResult result = await client.RunWhenKnownAsync(Id, "echo $POD");
            Assert.True(result.Text == "relay-1\n", $"{result}\n{gateway.Logs}");
        }
        Assert.DoesNotContain("Accepted publickey", impostor.Log, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task What_is_wrong_with_the_relays_is_told_with_an_end_of_its_own()
    {
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        await using PodSshd ignorant = await StartRelayAsync(keys, principal: "another");
        await using PodSshd impostor = await StartRelayAsync(keys);
        IPEndPoint gone = Loopback.ForPod();
        foreach ((PodSshd pinned, string relay, string sentence, string end) in new[]
        {
            (ignorant, $"{ignorant.Endpoint}", "The exec relay of session root did not accept the gateway's certificate", "ExecRelayRefusedLogin"),
            (ignorant, $"{impostor.Endpoint}", "The exec relay of session root presented an unexpected host key", "ExecRelayHostKeyMismatch"),
            (ignorant, $"{gone}", "The exec relay of session root cannot be reached", "ExecRelayUnreachable"),
            (ignorant, "no-such-relay.invalid:2222", "No exec relay for session root can be found", "ExecRelayUnreachable"),
        })
        {
            (Gateway gateway, SshClient client) = await StartAsync(keys, pinned, [relay], isPinnedOnly: true);
            await using Gateway disposal = gateway;
            await AssertRefusedAsync(gateway, client, sentence, end);
        }
    }

    [RealSshFact]
    public async Task Without_a_relay_the_user_reads_that_there_is_none()
    {
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        await using Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions { ProxyArguments = [[$"--Proxy:AuditLog={_audit}"]] });
        SshClient client = await AddSessionAsync(gateway);

        await AssertRefusedAsync(gateway, client, "The pod of session root has no sshd, and this gateway has no exec relay for such pods", "ExecRelayMissing");
    }

    [RealSshFact]
    public async Task A_relays_new_host_key_is_expected_without_a_restart()
    {
        GatewayKeys keys = await GatewayKeys.GenerateAsync();
        await using PodSshd relay = await StartRelayAsync(keys);
        await using PodSshd renewed = await StartRelayAsync(keys);
        (Gateway gateway, SshClient client) = await StartAsync(keys, relay, [$"{renewed.Endpoint}"], isPinnedOnly: true);
        await using Gateway disposal = gateway;
        await AssertRefusedAsync(gateway, client, "presented an unexpected host key", "ExecRelayHostKeyMismatch");

        File.Copy(renewed.HostKeys[0].PublicFile, Path.Combine(_pinned, "ssh_host_ed25519_key.pub"), overwrite: true);

        await Eventually.TrueAsync(async () => (await client.RunAsync(Id, "true")).Succeeded, Soon, () => gateway.Logs);
    }

    private static Task<PodSshd> StartRelayAsync(GatewayKeys keys, string principal = Id, IReadOnlyList<KeyPair>? hostKeys = null) =>
        PodSshd.StartAsync(new PodOptions("relay-1", principal, keys.UserCa.PublicFile) { HostKeys = hostKeys });

    private Task<(Gateway Gateway, SshClient Client)> StartAsync(GatewayKeys keys, PodSshd relay, params string[] others) => StartAsync(keys, relay, others, isPinnedOnly: false);

    /// <param name="pinned">The relay whose host key the proxy expects.</param>
    /// <param name="relays">Where relays are, besides.</param>
    /// <param name="isPinnedOnly">The first one only lends its host key.</param>
    private async Task<(Gateway Gateway, SshClient Client)> StartAsync(GatewayKeys keys, PodSshd pinned, string[] relays, bool isPinnedOnly)
    {
        File.Copy(pinned.HostKeys[0].PublicFile, Path.Combine(_pinned, "ssh_host_ed25519_key.pub"), overwrite: true);
        string[] all = isPinnedOnly ? relays : [$"{pinned.Endpoint}", .. relays];
        Gateway gateway = await Gateway.StartAsync(keys, new GatewayOptions
        {
            ProxyArguments =
            [
                [$"--Proxy:AuditLog={_audit}", $"--Proxy:ExecRelayHostKeys={_pinned}", .. all.Select((relay, number) => $"--Proxy:ExecRelays:{number}={relay}")],
            ],
        });
        return (gateway, await AddSessionAsync(gateway));
    }

    private static async Task<SshClient> AddSessionAsync(Gateway gateway)
    {
        KeyPair user = await KeyPair.GenerateAsync(ScratchDirectory.New("exec-user"), "user");
        gateway.Manifests.Write(new SessionManifest(Id, [user.PublicLine]) { PodName = Pod.Name, TargetUser = "nobody", Limits = ["backend: Exec"] }, Pod);
        return SshClient.Create(gateway.Proxies[0].Ssh, user, gateway.Keys.HostKeys);
    }

    private async Task AssertRefusedAsync(Gateway gateway, SshClient client, string sentence, string end)
    {
        CommandResult result = await client.RunWhenKnownAsync(Id, "echo in");

        Assert.Equal(255, result.ExitCode);
        Assert.Contains(sentence, result.ErrorText, StringComparison.Ordinal);
        await Eventually.TrueAsync(
            () => ReadAudit().Any(line => line.TryGetProperty("end", out JsonElement ended) && ended.GetString() == end && Text(line, "blame") == "Gateway"), Soon,
            () => string.Join('\n', ReadAudit()) + gateway.Logs);
    }

    private JsonElement[] ReadAudit() =>
        File.Exists(_audit) ? [.. File.ReadAllLines(_audit).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<JsonElement>(line))] : [];

    private static string? Text(JsonElement line, string property) => line.TryGetProperty(property, out JsonElement value) ? value.GetString() : null;
}
