using SshGateway.Ssh.Keys;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>Private keys that ssh-keygen wrote.</summary>
internal static class KeyFile
{
    public static SshPrivateKey Load(string path) => OpenSshKeyFile.Parse(File.ReadAllBytes(path), path);
}
