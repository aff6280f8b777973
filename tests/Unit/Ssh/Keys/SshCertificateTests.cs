using System.Text;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Ssh.Keys;

/// <summary>Reading certificates: those of ssh-keygen, and malformed ones.</summary>
public sealed class SshCertificateTests : IDisposable
{
    private readonly SshPrivateKey _ca = Ed25519PrivateKey.Generate();
    private readonly SshPrivateKey _key = Ed25519PrivateKey.Generate();

    private Certificate Good => new(_key.PublicKey, _ca);

    public void Dispose()
    {
        _ca.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData("ed25519", null, "ed25519")]
    [InlineData("ecdsa", 256, "ecdsa")]
    [InlineData("ecdsa", 384, "rsa")]
    [InlineData("ecdsa", 521, "ed25519")]
    [InlineData("rsa", 2048, "rsa")]
    public async Task A_certificate_of_ssh_keygen_is_read(string type, int? bits, string caType)
    {
        using var files = new ScratchFiles();
        string ca = files.GenerateKey("ca", caType);
        string key = files.GenerateKey("key", type, bits);
        await Command.OutputAsync(
            "ssh-keygen", "-q", "-s", ca, "-I", "an id, with spaces", "-n", "abc12,alice", "-z", "18446744073709551615", "-V", "20260101Z:20270101Z",
            "-O", "force-command=/bin/date -u", "-O", "source-address=192.0.2.0/24", "-O", "no-agent-forwarding", key + ".pub");

        SshCertificate certificate = SshCertificate.Parse(Convert.FromBase64String((await File.ReadAllTextAsync(key + "-cert.pub")).Split(' ')[1]));

        Assert.Equal(SshPublicKey.ParseLine(await File.ReadAllTextAsync(key + ".pub")).Fingerprint, certificate.Key.Fingerprint);
        Assert.Equal(SshPublicKey.ParseLine(await File.ReadAllTextAsync(ca + ".pub")).Fingerprint, certificate.SignatureKey.Fingerprint);
        Assert.Equal((CertificateType.User, ulong.MaxValue, "an id, with spaces"), (certificate.Type, certificate.Serial, certificate.KeyId));
        Assert.Equal(["abc12", "alice"], certificate.Principals.Select(Encoding.UTF8.GetString));
        Assert.Equal(["force-command", "source-address"], certificate.CriticalOptions.Keys);
        Assert.Equal(["permit-X11-forwarding", "permit-port-forwarding", "permit-pty", "permit-user-rc"], certificate.Extensions.Keys);
        Assert.Null(certificate.ProblemAt(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.True(certificate.IsSigned());
    }

    // sshkey.c, sshkey_type_from_name: RSA's signature algorithms name the type of keys and certificates as well.
    [Theory]
    [InlineData("rsa-sha2-256")]
    [InlineData("rsa-sha2-512")]
    public void An_RSA_certificate_and_its_CA_may_name_themselves_by_an_algorithm(string name)
    {
        using SshPrivateKey rsa = PrivateKeys.Generate(SshKeyTypes.Rsa);
        var fields = new SshReader(rsa.PublicKey.Blob.Span);
        fields.ReadString();
        byte[] ca = new SshWriter().WriteString(name).WriteBytes(fields.ReadRest()).ToArray();

        SshCertificate certificate = new Certificate(rsa.PublicKey, rsa) { OtherTypeName = name + "-cert-v01@openssh.com", SignatureKey = ca }.Parse();

        Assert.Equal(rsa.PublicKey.Blob.ToArray(), certificate.Key.Blob.ToArray());
        Assert.Equal(rsa.PublicKey.Blob.ToArray(), certificate.SignatureKey.Blob.ToArray());
        Assert.True(certificate.IsSigned());
    }

    [Fact]
    public void Any_bit_that_is_changed_is_found_out()
    {
        byte[] good = Good.ToBlob();
        Assert.True(SshCertificate.Parse(good).IsSigned());
        for (int i = 0; i < good.Length; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= 0x01;
            Assert.False(IsGood(changed), $"byte {i}");
        }
        for (int length = 0; length < good.Length; length++)
        {
            Assert.False(IsGood(good[..length]), $"{length} bytes");
        }
        Assert.False(IsGood([.. good, 0]));
    }

    [Fact]
    public void A_CA_that_is_itself_certified_is_none()
    {
        using var root = Ed25519PrivateKey.Generate();
        byte[] certifiedCa = new Certificate(_ca.PublicKey, root).ToBlob();
        Assert.Throws<SshFormatException>(() => (Good with { SignatureKey = certifiedCa }).Parse());
    }

    // RFC 8332: the name ssh-rsa in a signature is SHA-1.
    [Fact]
    public void A_CA_that_signs_with_SHA_1_has_not_signed()
    {
        using System.Security.Cryptography.RSA rsa = System.Security.Cryptography.RSA.Create(2048);
        System.Security.Cryptography.RSAParameters numbers = rsa.ExportParameters(includePrivateParameters: false);
        byte[] caBlob = new SshWriter().WriteString(SshKeyTypes.Rsa).WritePositiveMpint(numbers.Exponent).WritePositiveMpint(numbers.Modulus).ToArray();
        byte[] unsigned = (Good with { SignatureKey = caBlob, Signature = [] }).ToBlob()[..^4];
        foreach ((string name, System.Security.Cryptography.HashAlgorithmName hash) in new[]
        {
            ("ssh-rsa", System.Security.Cryptography.HashAlgorithmName.SHA1), ("rsa-sha2-256", System.Security.Cryptography.HashAlgorithmName.SHA256),
        })
        {
            byte[] value = rsa.SignData(unsigned, hash, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
            byte[] signature = new SshWriter().WriteString(name).WriteString(value).ToArray();
            Assert.Equal(name != "ssh-rsa", (Good with { SignatureKey = caBlob, Signature = signature }).Parse().IsSigned());
        }
    }

    public static TheoryData<string> Malformed =>
        ["key id", "principals", "options", "option twice", "options out of order", "size", "weak CA", "unknown type"];

    [Theory]
    [MemberData(nameof(Malformed))]
    public void What_is_too_much_or_out_of_order_is_refused(string what)
    {
        Certificate bad = what switch
        {
            "key id" => Good with { KeyId = new string('x', 1025) },
            "principals" => Good with { Principals = [.. Enumerable.Range(0, 257).Select(i => $"p{i}")] },
            "options" => Good with { Extensions = [.. Enumerable.Range(0, 65).Select(i => $"x{i:d2}")] },
            "option twice" => Good with { CriticalOptions = [("force-command", "a"), ("force-command", "b")] },
            "options out of order" => Good with { CriticalOptions = [("source-address", "192.0.2.1"), ("force-command", "a")] },
            "size" => Good with { Principals = [.. Enumerable.Range(0, 256).Select(i => new string('p', 130))] },
            "weak CA" => Good with { SignatureKey = new SshWriter().WriteString(SshKeyTypes.Rsa).WritePositiveMpint([1, 0, 1]).WritePositiveMpint([.. Enumerable.Repeat((byte)0xff, 128)]).ToArray() },
            _ => Good,
        };
        byte[] blob = bad.ToBlob();
        if (what == "unknown type")
        {
            blob[5] = (byte)'x';
        }
        Assert.Throws<SshFormatException>(() => SshCertificate.Parse(blob));
        Assert.True((Good with { KeyId = new string('x', 1024), Principals = [.. Enumerable.Range(0, 256).Select(i => $"p{i}")] }).Parse().IsSigned());
    }

    private static bool IsGood(byte[] blob)
    {
        try
        {
            return SshCertificate.Parse(blob).IsSigned();
        }
        catch (SshFormatException)
        {
            return false;
        }
    }
}
