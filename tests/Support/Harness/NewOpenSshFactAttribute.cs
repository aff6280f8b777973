namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A fact with a real sshd that penalises source addresses (OpenSSH 9.8; tested with 10): Debian 13, so in
/// scripts/testing/in-trixie.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NewOpenSshFactAttribute : FactAttribute
{
    private const int FirstMajorVersion = 10;

    public NewOpenSshFactAttribute()
    {
        Skip = Tools.Missing(["ssh", "sshd", "ssh-keygen", "bash"])
            ?? (Tools.OpenSshMajorVersion() >= FirstMajorVersion ? null : "Needs OpenSSH 10.0 or later, whose sshd has PerSourcePenalties; make test-long runs this test on Debian 13.");
    }
}
