using System.Security.Cryptography;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A fact with a real OpenSSH that prefers ML-KEM, on a machine whose OpenSSL has it: Debian 13, so in
/// scripts/testing/in-trixie.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostQuantumFactAttribute : FactAttribute
{
    private const int FirstMajorVersion = 10;

    public PostQuantumFactAttribute()
    {
        Skip = Tools.Missing(["ssh", "sshd", "ssh-keygen", "bash"])
            ?? (MLKem.IsSupported ? null : "Needs OpenSSL 3.5 or later, which has ML-KEM; make test-long runs this test on Debian 13.")
            ?? (Tools.OpenSshMajorVersion() >= FirstMajorVersion ? null : "Needs OpenSSH 10.0 or later, which prefers ML-KEM.");
    }
}
