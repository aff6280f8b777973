namespace SshGateway.Ssh.KeyExchange;

/// <summary>Names in the method list of the first KEXINIT that are no methods.</summary>
internal static class ExtensionMarker
{
    /// <summary>Strict key exchange, the answer to Terrapin (CVE-2023-48795): OpenSSH PROTOCOL section 1.10.</summary>
    public const string StrictClient = "kex-strict-c-v00@openssh.com";

    /// <summary>The server's side of it.</summary>
    public const string StrictServer = "kex-strict-s-v00@openssh.com";

    /// <summary>The client takes EXT_INFO: RFC 8308 section 2.1.</summary>
    public const string ExtInfoClient = "ext-info-c";
}
