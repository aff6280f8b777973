using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>A FIDO security key that vouches for whatever it is told to: OpenSSH PROTOCOL.u2f.</summary>
internal sealed class SecurityKey : IDisposable
{
    private readonly SshPrivateKey _key;
    private readonly string _application;

    public SecurityKey(string keyType, string application = "ssh:")
    {
        _application = application;
        _key = PrivateKeys.Generate(keyType == SshKeyTypes.SecurityKeyEd25519 ? SshKeyTypes.Ed25519 : SshKeyTypes.EcdsaP256);
        var fields = new SshReader(_key.PublicKey.Blob.Span);
        fields.ReadString();
        PublicKey = SshPublicKey.Parse(new SshWriter().WriteString(keyType).WriteBytes(fields.ReadRest()).WriteString(application).Written);
    }

    public SshPublicKey PublicKey { get; }

    public SignatureAlgorithm Algorithm => SignatureAlgorithm.Find(Encoding.ASCII.GetBytes(PublicKey.Type))!;

    public byte[] Sign(ReadOnlySpan<byte> message, SecurityKeyFlags flags = SecurityKeyFlags.UserPresent, uint counter = 7)
    {
        byte[] signed = new SshWriter()
            .WriteBytes(SHA256.HashData(Encoding.UTF8.GetBytes(_application))).WriteByte((byte)flags).WriteUInt32(counter).WriteBytes(SHA256.HashData(message)).ToArray();
        var signature = new SshReader(_key.Sign(signed));
        signature.ReadString();
        return new SshWriter().WriteString(PublicKey.Type).WriteString(signature.ReadString()).WriteByte((byte)flags).WriteUInt32(counter).ToArray();
    }

    public void Dispose() => _key.Dispose();
}
