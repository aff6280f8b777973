namespace SshGateway.Tests.Support.Harness;

/// <summary>Every algorithm that the gateway offers, on either leg.</summary>
public static class Algorithms
{
    /// <summary>What OpenSSH prints for the MAC of a cipher that authenticates by itself.</summary>
    private const string Implicit = "<implicit>";

    public static TheoryData<string> KeyExchanges =>
    [
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group14-sha256",
        // OpenSSH has it from 9.9 on.
        .. Tools.OpenSshMajorVersion() >= 10 ? new[] { "mlkem768x25519-sha256" } : [],
    ];

    public static TheoryData<string, string> CiphersAndMacs
    {
        get
        {
            TheoryData<string, string> pairs = new()
            {
                { "aes128-gcm@openssh.com", Implicit },
                { "aes256-gcm@openssh.com", Implicit },
                { "chacha20-poly1305@openssh.com", Implicit },
            };
            foreach (string cipher in new[] { "aes128-ctr", "aes192-ctr", "aes256-ctr" })
            {
                foreach (string mac in new[] { "hmac-sha2-256", "hmac-sha2-512" })
                {
                    pairs.Add(cipher, mac);
                    pairs.Add(cipher, mac + "-etm@openssh.com");
                }
            }

            return pairs;
        }
    }

    public static TheoryData<string> HostKeys =>
    [
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "rsa-sha2-256",
        "rsa-sha2-512",
    ];

    /// <summary>A MAC for the option that must name one even if the cipher needs none.</summary>
    public static string OrDefault(string mac) => mac == Implicit ? "hmac-sha2-256" : mac;
}
