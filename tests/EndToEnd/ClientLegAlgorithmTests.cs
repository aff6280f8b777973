using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Each algorithm that the gateway offers, with a client that allows nothing else.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class ClientLegAlgorithmTests(SharedGateway shared)
{
    /// <summary>About 1 MB there and back: many packets of all sizes, and some more key exchanges.</summary>
    private static readonly byte[] Data = Payload();

    [RealSshTheory]
    [MemberData(nameof(Algorithms.KeyExchanges), MemberType = typeof(Algorithms))]
    public async Task Every_key_exchange_works(string kex)
    {
        string debug = await RoundTripAsync(shared.ClientOf(1).With($"KexAlgorithms={kex}", "RekeyLimit=300K"));

        Assert.Contains($"kex: algorithm: {kex}\n", debug, StringComparison.Ordinal);
    }

    [RealSshTheory]
    [MemberData(nameof(Algorithms.CiphersAndMacs), MemberType = typeof(Algorithms))]
    public async Task Every_cipher_and_mac_works(string cipher, string mac)
    {
        string debug = await RoundTripAsync(shared.ClientOf(1).With(
            $"Ciphers={cipher}", $"MACs={Algorithms.OrDefault(mac)}", "RekeyLimit=300K"));

        Assert.Contains($"kex: client->server cipher: {cipher} MAC: {mac} compression: none\n", debug, StringComparison.Ordinal);
        Assert.Contains($"kex: server->client cipher: {cipher} MAC: {mac} compression: none\n", debug, StringComparison.Ordinal);
    }

    [RealSshTheory]
    [MemberData(nameof(Algorithms.HostKeys), MemberType = typeof(Algorithms))]
    public async Task Every_host_key_type_works_with_strict_checking(string hostKey)
    {
        string debug = await RoundTripAsync(shared.ClientOf(1).With($"HostKeyAlgorithms={hostKey}", "StrictHostKeyChecking=yes"));

        Assert.Contains($"kex: host key algorithm: {hostKey}\n", debug, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task The_default_offer_has_no_chacha20()
    {
        CommandResult refused = await shared.ClientOf(0).With("Ciphers=chacha20-poly1305@openssh.com")
            .RunAsync(SharedGateway.Alpha, "true");

        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("no matching cipher found", refused.ErrorText, StringComparison.Ordinal);
    }

    private async Task<string> RoundTripAsync(SshClient client)
    {
        CommandResult result = await client.RunAsync(SharedGateway.Alpha, "cat", Data, flags: "-vv");

        Assert.True(result.Succeeded, $"{result}\n{shared.Gateway.Logs}");
        Assert.True(result.Stdout.AsSpan().SequenceEqual(Data), $"{result.Stdout.Length} bytes came back, or others.");
        return result.ErrorText.ReplaceLineEndings("\n");
    }

    private static byte[] Payload()
    {
        byte[] data = new byte[1_000_001];
        new Random(1).NextBytes(data);
        return data;
    }
}
