using System.Text.RegularExpressions;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>What ssh-audit has to say of the gateway's offer.</summary>
[Collection(EndToEndTests.Name)]
public sealed partial class SshAuditTests(SharedGateway shared)
{
    // Newer ones know them.
    private static readonly string[] UnknownTo25 = ["(kex) kex-strict-s-v00@openssh.com [warn]", "(kex) mlkem768x25519-sha256 [warn]"];

    [RealSshFact("ssh-audit")]
    public async Task It_finds_nothing_in_the_default_offer_that_has_no_reason()
    {
        string[] allowed = [.. File.ReadAllLines(Repository.File("tests/EndToEnd/ssh-audit-allowed.txt"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('#', 2))
            .Select(parts => parts.Length == 2 && parts[1].Trim().Length > 0 ? parts[0].Trim() : $"without a reason: {parts[0]}")];

        IReadOnlyList<string> found = await AuditAsync(shared.Gateway.Proxies[0]);

        Assert.Empty(found.Except(allowed));
        Assert.Contains("(kex) ecdh-sha2-nistp256 [fail]", found);
    }

    [RealSshFact("ssh-audit")]
    public async Task It_finds_nothing_in_the_profile_hardened()
    {
        string config = Path.Combine(ScratchDirectory.New("hardened"), "hardened.json");
        await File.WriteAllTextAsync(config, Profile().Match(await File.ReadAllTextAsync(Repository.File("docs/configuration.md"))).Groups[1].Value);
        GatewayKeys keys = shared.Gateway.Keys;
        await using Gateway hardened = await Gateway.StartAsync(
            keys with { HostKeys = [keys.Ed25519, keys.Rsa] }, new GatewayOptions { ProxyArguments = [["--config", config]] });

        IReadOnlyList<string> found = await AuditAsync(hardened.Proxies[0]);

        Assert.Empty(found.Except(UnknownTo25));
    }

    private static async Task<IReadOnlyList<string>> AuditAsync(ProxyProcess proxy)
    {
        CommandResult result = await Command.RunAsync("ssh-audit", ["--batch", "--no-colors", "-p", $"{proxy.Ssh.Port}", $"{proxy.Ssh.Address}"]);
        // It must have seen the whole offer, down to the MACs.
        Assert.Contains("(mac) hmac-sha2-256-etm@openssh.com", result.Text, StringComparison.Ordinal);
        return [.. Condition().Matches(result.Text).Select(line => $"{line.Groups["algorithm"].Value} [{line.Groups["level"].Value}]").Distinct()];
    }

    [GeneratedRegex(@"^(?<algorithm>\(\w+\) \S+).*? -- \[(?<level>fail|warn)\]", RegexOptions.Multiline)]
    private static partial Regex Condition();

    [GeneratedRegex(@"<!-- the profile hardened -->\s*```json\s*(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Profile();
}
