using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Ssh.Revocation;

/// <summary>
/// What a list revokes, and which lists are refused. The same beside the real ssh-keygen and sshd:
/// RevocationComparisonTests.
/// </summary>
public sealed class RevocationListTests
{
    private static readonly SshPrivateKey Ca = Ed25519PrivateKey.Generate();
    private static readonly SshPrivateKey OtherCa = Ed25519PrivateKey.Generate();
    private static readonly SshPublicKey Key = Ed25519PrivateKey.Generate().PublicKey;
    private static readonly SshPublicKey Other = Ed25519PrivateKey.Generate().PublicKey;

    [Fact]
    public void An_empty_list_revokes_nothing()
    {
        foreach (byte[] file in new[] { [], "\n# nothing\r\n  \n"u8.ToArray(), new Krl().ToArray() })
        {
            Assert.Null(RevocationList.Parse(file).FindReason(Key, Certify(5)));
        }
    }

    [Fact]
    public void A_line_revokes_a_key_its_certificates_and_what_it_has_signed()
    {
        foreach (string line in new[] { $"{Key}", $"  {Key} a comment\r", $"{Key.Fingerprint}", $"{Key.Fingerprint} laptop", LineOf(new Certificate(Key, OtherCa)) })
        {
            RevocationList list = Text($"# lost\n{line}\n");
            Assert.Equal("is revoked by its key", list.FindReason(Key, null));
            Assert.Equal("is revoked by its key", list.FindReason(Key, Certify(5)));
            Assert.Null(list.FindReason(Other, null));
            Assert.Equal(1, list.Count);
        }
        Assert.Equal("is revoked by its CA", Text($"{Ca.PublicKey}\n").FindReason(Key, Certify(5)));
        Assert.Null(Text($"{OtherCa.PublicKey}\n").FindReason(Key, Certify(5)));
    }

    // sshd refuses every login then; a line that is skipped would let in what it revokes.
    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("ssh-ed25519 !!!!")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINiB9r43tVlJK58ZSt8ZNBwLonFp")]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAINiB9r43tVlJK58ZSt8ZNBwLonFpiy8RhN+sEp2kUsmE")]
    [InlineData("restrict ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINiB9r43tVlJK58ZSt8ZNBwLonFpiy8RhN+sEp2kUsmE")]
    [InlineData("SHA256:AAAA")]
    [InlineData("MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff")]
    [InlineData("serial: 5")]
    [InlineData("SSHKRL")]
    public void A_line_that_is_not_understood_refuses_the_file(string line)
    {
        SshFormatException refusal = Assert.Throws<SshFormatException>(() => Text($"{Key}\n\n{line}\n"));
        Assert.StartsWith("line 3: ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(7, true)]
    [InlineData(9, false)]
    [InlineData(10, true)]
    [InlineData(15, true)]
    [InlineData(20, true)]
    [InlineData(21, false)]
    [InlineData(99, false)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    [InlineData(107, false)]
    [InlineData(109, true)]
    [InlineData(115, true)]
    [InlineData(116, false)]
    [InlineData(ulong.MaxValue - 1, false)]
    [InlineData(ulong.MaxValue, true)]
    [InlineData(0, false)]
    public void Serials_are_revoked_for_their_CA(ulong serial, bool isRevoked)
    {
        RevocationList list = RevocationList.Parse(new Krl().Certificates(
            Ca.PublicKey.Blob.ToArray(),
            Krl.Bitmap(100, [0, 0xaa, 0x55]), Krl.Range(15, 20), Krl.Serials(7, 1, ulong.MaxValue), Krl.Range(10, 18), Krl.Range(12, 13)).ToArray());
        Assert.Equal(isRevoked ? "is revoked by its serial" : null, list.FindReason(Key, Certify(serial)));
        Assert.Null(list.FindReason(Key, new Certificate(Key, OtherCa) { Serial = serial }.Parse()));
        Assert.Null(list.FindReason(Key, null));
    }

    [Fact]
    public void Key_ids_are_revoked_for_one_CA_or_for_all()
    {
        RevocationList one = RevocationList.Parse(new Krl().Certificates(Ca.PublicKey.Blob.ToArray(), Krl.KeyIds("bob", "alice@laptop")).ToArray());
        RevocationList all = RevocationList.Parse(new Krl().Certificates([], Krl.KeyIds("alice@laptop\0"), Krl.Serials(9)).ToArray());
        Assert.Equal("is revoked by its key id", one.FindReason(Key, Certify(0)));
        Assert.Null(one.FindReason(Key, new Certificate(Key, OtherCa).Parse()));
        Assert.Equal("is revoked by its key id", all.FindReason(Key, new Certificate(Key, OtherCa).Parse()));
        Assert.Equal("is revoked by its serial", all.FindReason(Key, new Certificate(Key, OtherCa) { KeyId = "carol", Serial = 9 }.Parse()));
        Assert.Null(all.FindReason(Key, new Certificate(Key, OtherCa) { KeyId = "alice" }.Parse()));
    }

    [Fact]
    public void Keys_and_hashes_are_revoked_by_themselves_and_as_CAs()
    {
        byte[] key = Key.Blob.ToArray();
#pragma warning disable CA5350 // KRLs have SHA-1 fingerprints.
        foreach (Krl krl in new[] { new Krl().Keys(Other.Blob.ToArray(), key), new Krl().Sha1(new byte[20], SHA1.HashData(key)), new Krl().Sha256(SHA256.HashData(key)) })
        {
            RevocationList list = RevocationList.Parse(krl.ToArray());
            Assert.Equal("is revoked by its key", list.FindReason(Key, null));
            Assert.Equal("is revoked by its key", list.FindReason(Key, Certify(1)));
            Assert.Null(list.FindReason(OtherCa.PublicKey, null));
        }
        Assert.Equal("is revoked by its CA", RevocationList.Parse(new Krl().Sha1(SHA1.HashData(Ca.PublicKey.Blob.Span)).ToArray()).FindReason(Key, Certify(1)));
#pragma warning restore CA5350
    }

    // A list made for other servers too must not be refused for CAs that let nobody in here.
    [Fact]
    public void A_CA_that_is_not_supported_is_passed_over()
    {
        byte[] dsa = new SshWriter().WriteString("ssh-dss").WriteString(new byte[] { 1 }).ToArray();
        byte[] shortRsa = new SshWriter().WriteString("ssh-rsa").WritePositiveMpint([1, 0, 1]).WritePositiveMpint([.. Enumerable.Repeat((byte)0xff, 128)]).ToArray();
        Assert.Null(RevocationList.Parse(new Krl().Certificates(dsa, Krl.Serials(5)).Certificates(shortRsa, Krl.Serials(5)).ToArray()).FindReason(Key, Certify(5)));
    }

    [Fact]
    public void The_size_of_a_list_is_bounded()
    {
        Assert.Contains("bytes", Assert.Throws<SshFormatException>(() => RevocationList.Parse(new byte[RevocationList.MaxSize + 1])).Message, StringComparison.Ordinal);
        byte[] everyOther = [.. Enumerable.Repeat((byte)0x55, 2048)];
        Krl krl = new();
        for (ulong i = 0; i < 130; i++)
        {
            krl.Certificates([], Krl.Bitmap(1 + (i * 20_000), everyOther));
        }
        Assert.Contains("more than 1000000", Assert.Throws<SshFormatException>(() => RevocationList.Parse(krl.ToArray())).Message, StringComparison.Ordinal);
    }

    private static SshGateway.Ssh.Certificates.SshCertificate Certify(ulong serial) => new Certificate(Key, Ca) { Serial = serial }.Parse();

    private static string LineOf(Certificate certificate) => $"{certificate.TypeName} {Convert.ToBase64String(certificate.ToBlob())} a comment";

    private static RevocationList Text(string text) => RevocationList.Parse(Encoding.UTF8.GetBytes(text));
}
