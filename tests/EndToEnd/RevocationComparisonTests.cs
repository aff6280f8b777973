using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.EndToEnd.Clients;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Lists of revoked keys beside the real ssh-keygen: the same keys are revoked, and the same lists refused.
/// </summary>
[Collection(OwnGatewayTests.Name)]
public sealed class RevocationComparisonTests
{
    private static readonly SshPrivateKey Ca = Ed25519PrivateKey.Generate();
    private static readonly SshPrivateKey OtherCa = PrivateKeys.Generate(SshKeyTypes.EcdsaP256);
    private static readonly SshPrivateKey[] Keys = [Ed25519PrivateKey.Generate(), PrivateKeys.Generate(SshKeyTypes.Rsa), Ed25519PrivateKey.Generate(), Ed25519PrivateKey.Generate()];
    private static readonly ulong[] Serials = [0, 1, 4, 5, 6, 9, 10, 20, 21, 1000, 1001, 1002, 1017, 1063, 1064, 5000, 1UL << 40, ulong.MaxValue];

    // Each beside the one before it: list, range and bitmap sections come of how near the serials are.
    private static string Specification =>
        $"""
        serial: 5
        serial: 10-20
        {string.Join('\n', Enumerable.Range(0, 33).Select(i => $"serial: {1000 + (2 * i) - (i % 3 == 0 ? 1 : 0)}"))}
        serial: {1UL << 40}
        serial: {ulong.MaxValue}
        id: mallory
        key: {Keys[1].PublicKey}
        sha1: {Keys[2].PublicKey}
        sha256: {Keys[3].PublicKey}

        """;

    [RealSshTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_same_keys_are_revoked_as_by_ssh_keygen(bool forOneCA)
    {
        string directory = ScratchDirectory.New("krl");
        string krl = Path.Combine(directory, "krl");
        string ca = Write(directory, "ca", Ca.PublicKey);
        string specification = Path.Combine(directory, "specification");
        await File.WriteAllTextAsync(specification, Specification);
        CommandResult made = await Command.RunAsync("ssh-keygen", ["-k", "-f", krl, "-s", forOneCA ? ca : "none", specification]);
        Assert.True(made.Succeeded, made.ToString());
        RevocationList list = RevocationList.Parse(await File.ReadAllBytesAsync(krl));

        var expected = new Dictionary<string, bool>();
        foreach (SshPrivateKey key in Keys)
        {
            expected[Write(directory, $"key-{expected.Count}", key.PublicKey)] = list.FindReason(key.PublicKey, null) is not null;
        }
        foreach (SshPrivateKey signer in new[] { Ca, OtherCa })
        {
            foreach (Certificate certificate in Serials.Select(serial => new Certificate(Keys[0].PublicKey, signer) { Serial = serial })
                .Concat(Keys.Select(key => new Certificate(key.PublicKey, signer) { Serial = 2 }))
                .Append(new Certificate(Keys[0].PublicKey, signer) { KeyId = "mallory", Serial = 0 })
                .Append(new Certificate(Keys[0].PublicKey, signer) { KeyId = "mallory2", Serial = 0 })
                .Append(new Certificate(Keys[0].PublicKey, Keys[1]) { Serial = 2 })
                .Append(new Certificate(Keys[0].PublicKey, Keys[3]) { Serial = 2 }))
            {
                string file = Path.Combine(directory, $"key-{expected.Count}.pub");
                await File.WriteAllTextAsync(file, $"{certificate.TypeName} {Convert.ToBase64String(certificate.ToBlob())} c\n");
                expected[file] = list.FindReason(certificate.Key, certificate.Parse()) is not null;
            }
        }
        CommandResult asked = await Command.RunAsync("ssh-keygen", ["-Q", "-f", krl, .. expected.Keys]);

        Assert.Equal(
            expected.Select(file => $"{file.Key} {(file.Value ? "REVOKED" : "ok")}"),
            asked.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"{line.Split(' ', ':')[0]} {line.Split(": ")[^1]}"));
        Assert.Contains(true, expected.Values);
        Assert.Contains(false, expected.Values);
    }

    private static byte[] Blob => Ca.PublicKey.Blob.ToArray();

    private static readonly (string Title, bool Taken, bool IsNew, Func<byte[]> Make)[] Lists =
    [
        ("nothing", true, false, () => new Krl().ToArray()),
        ("another version", false, false, () => new Krl(version: 2).ToArray()),
        ("a zero in the comment", false, false, () => new Krl(comment: "a\0b").ToArray()),
        ("a zero behind the comment", true, false, () => new Krl(comment: "a\0").ToArray()),
        ("a cut section", false, false, () => new Krl().Keys(Blob).ToArray()[..^1]),
        ("a byte too many", false, false, () => [.. new Krl().Keys(Blob).ToArray(), 2]),
        ("an unknown section", false, false, () => new Krl().Section(7, []).ToArray()),
        ("an unknown certificate section", false, false, () => new Krl().Certificates(Blob, (0x30, [])).ToArray()),
        ("no keys", true, false, () => new Krl().Keys().ToArray()),
        ("a key that is none", true, false, () => new Krl().Keys([1, 2, 3]).ToArray()),
        ("a hash that is too short", false, false, () => new Krl().Sha1(new byte[19]).ToArray()),
        ("a hash that is too long", false, false, () => new Krl().Sha256(new byte[33]).ToArray()),
        ("hashes out of order", true, false, () => new Krl().Sha256([.. Enumerable.Repeat((byte)9, 32)], new byte[32], new byte[32]).ToArray()),
        ("no serials", true, false, () => new Krl().Certificates(Blob, Krl.Serials()).ToArray()),
        ("serial 0", false, false, () => new Krl().Certificates(Blob, Krl.Serials(1, 0)).ToArray()),
        ("a cut serial", false, false, () => new Krl().Certificates(Blob, (0x20, [1, 2, 3])).ToArray()),
        ("a range from 0", false, false, () => new Krl().Certificates(Blob, Krl.Range(0, 5)).ToArray()),
        ("a range backwards", false, false, () => new Krl().Certificates(Blob, Krl.Range(6, 5)).ToArray()),
        ("a range of all", true, false, () => new Krl().Certificates(Blob, Krl.Range(1, ulong.MaxValue)).ToArray()),
        ("two ranges in a section", false, false, () => new Krl().Certificates(Blob, (0x21, [.. Krl.Range(1, 2).Data, .. Krl.Range(5, 6).Data])).ToArray()),
        ("an empty bitmap", true, false, () => new Krl().Certificates(Blob, Krl.Bitmap(5, [])).ToArray()),
        ("a bitmap with serial 0", false, false, () => new Krl().Certificates(Blob, Krl.Bitmap(0, [3])).ToArray()),
        ("a bitmap from 0 without serial 0", true, false, () => new Krl().Certificates(Blob, Krl.Bitmap(0, [2])).ToArray()),
        ("a negative bitmap", false, false, () => new Krl().Certificates(Blob, Krl.Bitmap(5, [0x80])).ToArray()),
        ("the longest bitmap", true, false, () => new Krl().Certificates(Blob, Krl.Bitmap(5, [0, 0xff, .. new byte[2047]])).ToArray()),
        ("a bitmap that is too long", false, false, () => new Krl().Certificates(Blob, Krl.Bitmap(5, [1, .. new byte[2048]])).ToArray()),
        ("a bitmap up to the last serial", true, false, () => new Krl().Certificates(Blob, Krl.Bitmap(ulong.MaxValue - 1, [3])).ToArray()),
        ("a bitmap beyond the last serial", false, false, () => new Krl().Certificates(Blob, Krl.Bitmap(ulong.MaxValue, [3])).ToArray()),
        ("a key id with a zero", false, false, () => new Krl().Certificates(Blob, Krl.KeyIds("a\0b")).ToArray()),
        ("an empty key id", true, false, () => new Krl().Certificates([], Krl.KeyIds("")).ToArray()),
        ("a CA that is none", false, false, () => new Krl().Certificates([1, 2, 3], Krl.Serials(1)).ToArray()),
        ("a CA that is cut", false, false, () => new Krl().Certificates(Blob[..^1], Krl.Serials(1)).ToArray()),
        // OpenSSH 9.4 learned extensions and gave signatures up.
        ("an extension", true, true, () => new Krl().Extension("x@example.com", false).ToArray()),
        ("a critical extension", false, true, () => new Krl().Extension("x@example.com", true).ToArray()),
        ("an extension of certificates", true, true, () => new Krl().Certificates(Blob, Krl.CertificateExtension("x@example.com", false)).ToArray()),
        ("a critical extension of certificates", false, true, () => new Krl().Certificates(Blob, Krl.CertificateExtension("x@example.com", true)).ToArray()),
        ("an extension with more behind it", false, true, () => new Krl().Section(255, [.. Krl.CertificateExtension("x", false).Data, 1]).ToArray()),
        ("a signature", true, true, () => new Krl().Signature().ToArray()),
        ("a key behind a signature", true, true, () => new Krl().Signature().Keys(Blob).ToArray()),
    ];

    [RealSshFact]
    public Task The_same_lists_are_refused_as_by_ssh_keygen() => CompareAsync(Lists.Where(list => !list.IsNew), (program, arguments) => Command.RunAsync(program, arguments));

    [TrixieClientFact]
    public Task The_same_lists_are_refused_as_by_a_newer_ssh_keygen() =>
        CompareAsync(Lists, (program, arguments) => Command.RunAsync(Repository.File("scripts/testing/in-trixie"), [program, .. arguments]));

    private static async Task CompareAsync(
        IEnumerable<(string Title, bool Taken, bool IsNew, Func<byte[]> Make)> lists, Func<string, IReadOnlyList<string>, Task<CommandResult>> run)
    {
        string directory = ScratchDirectory.New("krls");
        string key = Write(directory, "key", Keys[0].PublicKey);
        var different = new List<string>();
        foreach ((string title, bool taken, _, Func<byte[]> make) in lists)
        {
            byte[] krl = make();
            string file = Path.Combine(directory, title.Replace(' ', '-'));
            await File.WriteAllBytesAsync(file, krl);
            bool isTaken = Record.Exception(() => RevocationList.Parse(krl)) is not SshFormatException;
            CommandResult theirs = await run("ssh-keygen", ["-Q", "-f", file, key]);
            if (isTaken != taken || theirs.Succeeded != taken)
            {
                different.Add($"{title}: {taken} expected, {isTaken} here, {theirs}");
            }
        }
        Assert.Empty(different);
    }

    private static string Write(string directory, string name, SshPublicKey key)
    {
        string file = Path.Combine(directory, name + ".pub");
        File.WriteAllText(file, $"{key} c\n");
        return file;
    }
}
