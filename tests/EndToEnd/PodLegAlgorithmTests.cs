using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>Each algorithm that the gateway offers, with a pod whose sshd allows nothing else.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class PodLegAlgorithmTests(SharedGateway shared)
{
    private const string Session = "restricted";

    [RealSshTheory]
    [MemberData(nameof(Algorithms.KeyExchanges), MemberType = typeof(Algorithms))]
    public Task Every_key_exchange_works(string kex) => RoundTripAsync([$"KexAlgorithms {kex}"]);

    [RealSshTheory]
    [MemberData(nameof(Algorithms.CiphersAndMacs), MemberType = typeof(Algorithms))]
    public Task Every_cipher_and_mac_works(string cipher, string mac) =>
        RoundTripAsync([$"Ciphers {cipher}", $"MACs {Algorithms.OrDefault(mac)}"]);

    [RealSshTheory]
    [MemberData(nameof(Algorithms.HostKeys), MemberType = typeof(Algorithms))]
    public Task Every_host_key_type_works_when_it_is_trusted_on_first_use(string algorithm) =>
        RoundTripAsync([$"HostKeyAlgorithms {algorithm}"], hostKeys: [KeyFor(algorithm)]);

    [RealSshTheory]
    [MemberData(nameof(Algorithms.HostKeys), MemberType = typeof(Algorithms))]
    public Task Every_host_key_type_works_when_it_is_pinned(string algorithm) =>
        // The pod has keys of all types; the gateway must ask for the pinned one's.
        RoundTripAsync([], shared.Gateway.Keys.HostKeys, pinned: [KeyFor(algorithm).PublicLine]);

    /// <summary>The gateway's own host keys serve as a pod's here: one of each type is at hand.</summary>
    private KeyPair KeyFor(string algorithm) => algorithm switch
    {
        "ssh-ed25519" => shared.Gateway.Keys.Ed25519,
        "ecdsa-sha2-nistp256" => shared.Gateway.Keys.Ecdsa,
        _ => shared.Gateway.Keys.Rsa,
    };

    private async Task RoundTripAsync(
        IReadOnlyList<string> extra, IReadOnlyList<KeyPair>? hostKeys = null, IReadOnlyList<string>? pinned = null)
    {
        byte[] data = new byte[1_000_001];
        new Random(1).NextBytes(data);
        string id = $"{Session}-{Guid.NewGuid():n}"[..40];
        await using PodSshd pod = await shared.AddPodAsync(
            id,
            options => options with { ExtraConfig = [.. extra, "RekeyLimit 300K"], HostKeys = hostKeys },
            (session, _) => session with { HostKeys = pinned ?? [] });
        SshClient client = shared.ClientOf(1).With("Ciphers=aes128-gcm@openssh.com");
        CommandResult known = await client.RunWhenKnownAsync(id, "true");
        Assert.True(known.Succeeded, $"{known}\n{pod.Log}\n{shared.Gateway.Logs}");

        CommandResult result = await client.RunAsync(id, "cat", data);

        Assert.True(result.Succeeded, $"{result}\n{pod.Log}\n{shared.Gateway.Logs}");
        Assert.True(result.Stdout.AsSpan().SequenceEqual(data), $"{result.Stdout.Length} bytes came back, or others.");
        shared.Gateway.Manifests.Remove(id);
    }
}
