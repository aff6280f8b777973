namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A security key in software, from Debian's openssh-tests: it is touched at once, or not at all where the key asks for
/// no touch.
/// </summary>
internal static class SoftwareSecurityKey
{
    /// <summary>What ssh and ssh-keygen load in place of the library that talks to devices.</summary>
    public const string Provider = "/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so";

    /// <param name="type">ed25519-sk or ecdsa-sk.</param>
    /// <param name="options">ssh-keygen's -O: no-touch-required, verify-required.</param>
    public static Task<KeyPair> GenerateAsync(string type, params string[] options) => KeyPair.GenerateAsync(
        ScratchDirectory.New(type), "id", type, null, ["-w", Provider, .. options.SelectMany(option => new[] { "-O", option })]);

    public static SshClient Client(SharedGateway gateway, KeyPair key) => gateway.ClientOf(0, key).With($"SecurityKeyProvider={Provider}");
}
