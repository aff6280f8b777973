using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;

namespace SshGateway.Proxy.Configuration;

/// <summary>The algorithms that clients are offered; those of the host keys each leg adds itself.</summary>
internal static class ClientOffer
{
    // Every OpenSSH client lists chacha20 first, and the client's order decides; it costs about twice as much as
    // AES-GCM, so it is offered only where Proxy:Ciphers asks for it.
    private const string OnlyOnRequest = "chacha20-poly1305@openssh.com";

    public static KexOffer Create(ProxyOptions options) => new(
        Choose(options.KexAlgorithms, KeyExchangeAlgorithm.All, kex => kex.Name),
        [],
        options.Ciphers.Count == 0
            ? [.. CipherAlgorithm.All.Where(cipher => cipher.Name != OnlyOnRequest)]
            : Choose(options.Ciphers, CipherAlgorithm.All, cipher => cipher.Name),
        Choose(options.Macs, MacAlgorithm.All, mac => mac.Name));

    private static IReadOnlyList<T> Choose<T>(IList<string> names, IReadOnlyList<T> all, Func<T, string> nameOf) =>
        names.Count == 0 ? all : [.. names.Select(name => all.First(algorithm => nameOf(algorithm) == name))];
}
