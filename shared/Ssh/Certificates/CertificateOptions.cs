namespace SshGateway.Ssh.Certificates;

/// <summary>The names of critical options and extensions: OpenSSH PROTOCOL.certkeys.</summary>
internal static class CertificateOptions
{
    // Critical options.
    public const string ForceCommand = "force-command";
    public const string SourceAddress = "source-address";
    public const string VerifyRequired = "verify-required";

    // Extensions.
    public const string NoTouchRequired = "no-touch-required";

    /// <summary>The extensions that a normal login has, in the order that the format demands.</summary>
    public static IReadOnlyList<string> Permissions { get; } =
        ["permit-X11-forwarding", "permit-agent-forwarding", "permit-port-forwarding", "permit-pty", "permit-user-rc"];
}
