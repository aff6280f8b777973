using System.Globalization;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>
/// ObscureKeystrokeTiming of OpenSSH 9.5 and later hides keystrokes among pings, which its server must answer (OpenSSH
/// PROTOCOL section 1.8).
/// </summary>
[Collection(ClientTests.Name)]
[Trait("Category", "Long")]
public sealed class KeystrokeTests(ClientGateway shared, ITestOutputHelper output)
{
    private const string Id = "typing";

    // packet_length and 16 bytes of padded payload; ssh does not count tags.
    private const int MinPacket = 4 + 16;

    [TrixieClientFact]
    public async Task Pings_among_keystrokes_are_answered_here_and_a_pod_that_knows_none_sees_none()
    {
        await using PodSshd pod = await PodSshd.StartAsync(new PodOptions(Id, Id, shared.Gateway.Keys.UserCa.PublicFile) { ExtraConfig = ["LogLevel DEBUG3"] });
        shared.Gateway.Manifests.Write(
            new SessionManifest(Id, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port }, new PodManifest(Id, Id, pod.Endpoint.Address));
        SshClient client = SshClient.Create(shared.Gateway.Proxies[0].Ssh, shared.UserKey, shared.Gateway.Keys.HostKeys);
        Assert.True((await client.RunWhenKnownAsync(Id, "true")).Succeeded);

        CommandResult hidden = await TypeAsync(client.With("ObscureKeystrokeTiming=interval:20"));
        CommandResult plain = await TypeAsync(client.With("ObscureKeystrokeTiming=no"));

        int pings = Number(hidden, "\\((\\d+) chaff packets sent\\)");
        Assert.True(pings > 10, hidden.ErrorText);
        // ssh's log has no word of the answers, and they are all that the gateway sends in addition. The last ones may
        // find the client gone.
        int answered = (Number(hidden, "received (\\d+) bytes") - Number(plain, "received (\\d+) bytes")) / MinPacket;
        output.WriteLine($"{pings} pings and {answered} answers");
        Assert.True(answered > pings * 3 / 4, $"{pings} pings and {answered} answers\n{hidden.ErrorText}");
        Assert.DoesNotContain("type 192", pod.Log, StringComparison.Ordinal);
    }

    // Without echo, and only once somebody reads it: what else the gateway sends is the same each time.
    private static async Task<CommandResult> TypeAsync(SshClient client)
    {
        string ssh = client.With("LogLevel=DEBUG3").CommandLine(Id);
        CommandResult typed = await Command.RunAsync(
            Repository.File("scripts/testing/in-trixie"),
            [
                "bash", "-c",
                $$"""
                coproc { {{ssh}} -tt {{SshClient.Host}} 'stty -echo; echo ready; read word; echo "$word was typed"'; }
                pid=$COPROC_PID
                exec 3<&"${COPROC[0]}" 4>&"${COPROC[1]}"
                read -r ready <&3
                for key in {1..20}; do printf x; sleep 0.05; done >&4
                echo >&4
                cat <&3
                wait "$pid"
                """,
            ]);
        Assert.True(typed.Succeeded, $"{typed}");
        Assert.Contains("xxxxxxxxxxxxxxxxxxxx was typed", typed.Text, StringComparison.Ordinal);
        return typed;
    }

    private static int Number(CommandResult ssh, string pattern)
    {
        Match match = Regex.Match(ssh.ErrorText, pattern);
        Assert.True(match.Success, $"no {pattern} in\n{ssh.ErrorText}");
        return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
