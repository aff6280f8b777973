namespace SshGateway.Ssh.Keys;

/// <summary>Public key types by their names in the protocol.</summary>
internal static class SshKeyTypes
{
    /// <summary>RFC 8709.</summary>
    public const string Ed25519 = "ssh-ed25519";

    /// <summary>RFC 5656.</summary>
    public const string EcdsaP256 = "ecdsa-sha2-nistp256";

    /// <summary>RFC 5656.</summary>
    public const string EcdsaP384 = "ecdsa-sha2-nistp384";

    /// <summary>RFC 5656.</summary>
    public const string EcdsaP521 = "ecdsa-sha2-nistp521";

    /// <summary>RFC 4253: names the key format; signatures with it use the rsa-sha2 algorithms of RFC 8332.</summary>
    public const string Rsa = "ssh-rsa";

    /// <summary>An Ed25519 key in a FIDO security key: OpenSSH PROTOCOL.u2f.</summary>
    public const string SecurityKeyEd25519 = "sk-ssh-ed25519@openssh.com";

    /// <summary>An ECDSA key in a FIDO security key: OpenSSH PROTOCOL.u2f.</summary>
    public const string SecurityKeyEcdsaP256 = "sk-ecdsa-sha2-nistp256@openssh.com";

    /// <summary>Every type that is supported.</summary>
    public static IReadOnlyList<string> All { get; } = [Ed25519, EcdsaP256, EcdsaP384, EcdsaP521, Rsa, SecurityKeyEd25519, SecurityKeyEcdsaP256];

    /// <summary>Whether the private half is in a security key: a person's or a CA's key, not a host's.</summary>
    public static bool IsSecurityKey(string type) => type is SecurityKeyEd25519 or SecurityKeyEcdsaP256;

    /// <summary>Whether signing and verifying take at most about 0.2 ms each; of the others, one takes more.</summary>
    public static bool IsQuick(string type) => type is Ed25519 or SecurityKeyEd25519;
}
