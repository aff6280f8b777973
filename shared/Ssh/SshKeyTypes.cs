namespace SshGateway.Shared.Ssh;

/// <summary>Public key types by their names in the protocol.</summary>
public static class SshKeyTypes
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
}
