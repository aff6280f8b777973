namespace SshGateway.Tests.Support.Harness;

/// <summary>A fact with the real OpenSSH; a declared skip where it, or a further named program, is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealSshFactAttribute : FactAttribute
{
    public RealSshFactAttribute(params string[] programs)
    {
        Programs = programs;
        Skip = Tools.Missing(["ssh", "sshd", "ssh-keygen", "bash", .. programs]);
    }

    public string[] Programs { get; }
}
