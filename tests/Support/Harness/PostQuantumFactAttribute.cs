namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A fact with a real OpenSSH that prefers ML-KEM: that of Debian 13, so in scripts/testing/in-trixie.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostQuantumFactAttribute : FactAttribute
{
    private const int FirstMajorVersion = 10;

    public PostQuantumFactAttribute()
    {
        Skip = Tools.Missing(["ssh", "sshd", "ssh-keygen", "bash"])
            ?? (Tools.OpenSshMajorVersion() >= FirstMajorVersion ? null : "Needs OpenSSH 10.0 or later, which prefers ML-KEM; make test-long runs this test on Debian 13.");
    }
}
