using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>A certificate of any content, right and wrong ones: OpenSSH PROTOCOL.certkeys.</summary>
/// <param name="Key">The key that it is about.</param>
/// <param name="Ca">Who signs.</param>
internal sealed record Certificate(SshPublicKey Key, SshPrivateKey Ca)
{
    public CertificateType Type { get; init; } = CertificateType.User;

    public string KeyId { get; init; } = "alice@laptop";

    public ulong Serial { get; init; } = 42;

    public IReadOnlyList<string> Principals { get; init; } = ["abc12"];

    public ulong ValidAfter { get; init; }

    public ulong ValidBefore { get; init; } = ulong.MaxValue;

    /// <summary>Names and values; a value is wrapped as the format wants it, null is no data.</summary>
    public IReadOnlyList<(string Name, string? Value)> CriticalOptions { get; init; } = [];

    public IReadOnlyList<string> Extensions { get; init; } = [.. CertificateOptions.Permissions];

    /// <summary>What is said to have signed, where that is not true.</summary>
    public byte[]? SignatureKey { get; init; }

    /// <summary>The signature, where it is to be another.</summary>
    public byte[]? Signature { get; init; }

    /// <summary>What it says that it is, where that is another name for the same.</summary>
    public string? OtherTypeName { get; init; }

    public string TypeName => OtherTypeName ?? PublicKeyAlgorithm.CertificateName(Key.Type);

    public byte[] ToBlob()
    {
        var fields = new SshReader(Key.Blob.Span);
        fields.ReadString();
        SshWriter blob = new SshWriter(2048)
            .WriteString(TypeName)
            .WriteString(new byte[32])
            .WriteBytes(fields.ReadRest())
            .WriteUInt64(Serial)
            .WriteUInt32((uint)Type)
            .WriteString(KeyId)
            .WriteString(Join(Principals.Select(principal => new SshWriter().WriteString(principal))))
            .WriteUInt64(ValidAfter)
            .WriteUInt64(ValidBefore)
            .WriteString(Join(CriticalOptions.Select(option => Option(option.Name, option.Value))))
            .WriteString(Join(Extensions.Select(extension => Option(extension, null))))
            .WriteString("")
            .WriteString(SignatureKey ?? Ca.PublicKey.Blob.ToArray());
        return blob.WriteString(Signature ?? Ca.Sign(blob.Written)).ToArray();
    }

    public SshCertificate Parse() => SshCertificate.Parse(ToBlob());

    private static SshWriter Option(string name, string? value) =>
        new SshWriter().WriteString(name).WriteString(value is null ? [] : new SshWriter().WriteString(value).ToArray());

    private static byte[] Join(IEnumerable<SshWriter> parts) => [.. parts.SelectMany(part => part.ToArray())];
}
