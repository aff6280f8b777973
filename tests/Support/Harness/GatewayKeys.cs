namespace SshGateway.Tests.Support.Harness;

/// <summary>The gateway's own keys: one host key of each type, and the user CA that the pods trust.</summary>
internal sealed record GatewayKeys(KeyPair Ed25519, KeyPair Ecdsa, KeyPair Rsa, KeyPair UserCa)
{
    public IReadOnlyList<KeyPair> HostKeys { get; init; } = [Ed25519, Ecdsa, Rsa];

    public static async Task<GatewayKeys> GenerateAsync()
    {
        string directory = ScratchDirectory.New("gateway-keys");
        return new GatewayKeys(
            await KeyPair.GenerateAsync(directory, "host_ed25519"),
            await KeyPair.GenerateAsync(directory, "host_ecdsa", "ecdsa", 256),
            await KeyPair.GenerateAsync(directory, "host_rsa", "rsa", 3072),
            await KeyPair.GenerateAsync(directory, "user_ca"));
    }
}
