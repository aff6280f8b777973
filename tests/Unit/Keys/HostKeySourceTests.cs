using SshGateway.Hosting.Keys;
using SshGateway.Proxy.Hosting;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Keys;

/// <summary>Host certificates beside the host keys. With the real ssh: EndToEnd/GatewayHostCertificateTests.</summary>
public sealed class HostKeySourceTests : IDisposable
{
    private const string Algorithm = "ssh-ed25519-cert-v01@openssh.com";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ScratchFiles _files = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LogRecorder<HostKeySource> _log = new();
    private readonly SshPrivateKey _ca = Ed25519PrivateKey.Generate();
    private readonly string _path;
    private readonly SshPublicKey _key;

    public HostKeySourceTests()
    {
        _path = _files.GenerateKey("ssh_host_ed25519_key", "ed25519");
        _key = SshPublicKey.ParseLine(File.ReadAllText(_path + ".pub"));
    }

    private Certificate Good => new(_key, _ca) { Type = CertificateType.Host, Principals = ["gateway.example.com"], Extensions = [] };

    public void Dispose()
    {
        _files.Dispose();
        _ca.Dispose();
    }

    [Fact]
    public void A_certificate_beside_its_key_is_offered_and_renewed_without_a_restart()
    {
        HostKeySource source = Source(_path);
        HostKeySet plain = source.Current;
        Assert.DoesNotContain(Algorithm, plain.Algorithms);

        byte[] first = Write(Good);
        Assert.Same(plain, source.Current);
        _time.Advance(Interval);
        HostKeySet current = source.Current;
        Assert.Equal(["ssh-ed25519", Algorithm], current.Algorithms);
        Assert.Equal(first, current.Find(Algorithm).Blob.ToArray());
        Assert.Equal(_key.Blob.ToArray(), current.Find("ssh-ed25519").Blob.ToArray());
        _time.Advance(Interval);
        Assert.Same(current, source.Current);

        byte[] second = Write(Good with { Serial = 43 });
        _time.Advance(Interval);
        Assert.Equal(second, source.Current.Find(Algorithm).Blob.ToArray());
        File.Delete(_path + "-cert.pub");
        _time.Advance(Interval);
        Assert.Equal(["ssh-ed25519"], source.Current.Algorithms);
        Assert.Equal(2, _log.Count(1));
        Assert.Equal(0, _log.Count(2));
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "user certificate", "it is a user certificate" },
        { "another key's", "which is none of the host keys" },
        { "expired", "it has expired" },
        { "not yet valid", "it is not valid yet" },
        { "forged", "it is not signed by the CA" },
        { "critical option", "critical option" },
        { "too large", "at most 4096 fit" },
        { "plain key", "it is no certificate" },
        { "noise", "it is no certificate" },
        { "no base64", "not base64" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_certificate_that_cannot_be_used_is_said_once_and_takes_nothing_away(string what, string problem)
    {
        ulong now = (ulong)_time.GetUtcNow().ToUnixTimeSeconds();
        using var other = Ed25519PrivateKey.Generate();
        string file = _path + "-cert.pub";
        Write(what switch
        {
            "user certificate" => Good with { Type = CertificateType.User },
            "another key's" => Good with { Key = other.PublicKey },
            "expired" => Good with { ValidBefore = now },
            "not yet valid" => Good with { ValidAfter = now + 60 },
            "forged" => Good with { Signature = other.Sign([1]) },
            "critical option" => Good with { CriticalOptions = [("force-command", "x")] },
            "too large" => Good with { Principals = [.. Enumerable.Range(0, 200).Select(i => $"gateway-{i}.example.com")] },
            _ => Good,
        });
        switch (what)
        {
            case "plain key":
                File.WriteAllText(file, $"{_key}\n");
                break;
            case "noise":
                File.WriteAllBytes(file, [0xff, 0, 1, 2, 3]);
                break;
            case "no base64":
                File.WriteAllText(file, $"{Algorithm} !!!!\n");
                break;
        }
        HostKeySource source = Source(_path);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(["ssh-ed25519"], source.Current.Algorithms);
            _time.Advance(Interval);
        }
        string line = Assert.Single(_log.Lines).Text;
        Assert.Contains(problem, line, StringComparison.Ordinal);
        Assert.Contains("The key itself stays in use", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_is_offered_from_its_first_second_to_its_last()
    {
        ulong now = (ulong)_time.GetUtcNow().ToUnixTimeSeconds();
        Write(Good with { ValidAfter = now + 10, ValidBefore = now + 20 });
        HostKeySource source = Source(_path);
        Assert.DoesNotContain(Algorithm, source.Current.Algorithms);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Contains(Algorithm, source.Current.Algorithms);
        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.Contains(Algorithm, source.Current.Algorithms);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.DoesNotContain(Algorithm, source.Current.Algorithms);
        Assert.Contains(_log.Lines, line => line.Text.Contains("it has expired", StringComparison.Ordinal));
    }

    // ssh-keygen does not write it by rename.
    [Fact]
    public void A_certificate_that_is_half_written_leaves_the_one_before_it()
    {
        byte[] first = Write(Good);
        HostKeySource source = Source(_path);
        Assert.Equal(first, source.Current.Find(Algorithm).Blob.ToArray());
        File.WriteAllText(_path + "-cert.pub", "ssh-ed25519-cert-v01@openssh.com AAAA");
        _time.Advance(Interval);
        Assert.Equal(first, source.Current.Find(Algorithm).Blob.ToArray());
        Assert.Equal(1, _log.Count(2));
    }

    [Fact]
    public void A_directory_has_keys_and_certificates()
    {
        string directory = Directory.CreateDirectory(_files.PathOf("keys")).FullName;
        File.Move(_path, Path.Combine(directory, "host"));
        byte[] blob = Write(Good, Path.Combine(directory, "another-name-cert.pub"));
        File.WriteAllText(Path.Combine(directory, ".hidden-cert.pub"), "not looked at");
        Assert.Equal(blob, Source(directory).Current.Find(Algorithm).Blob.ToArray());
        Assert.Equal(0, _log.Count(2));
    }

    private byte[] Write(Certificate certificate, string? file = null)
    {
        byte[] blob = certificate.ToBlob();
        File.WriteAllText(file ?? _path + "-cert.pub", $"{certificate.TypeName} {Convert.ToBase64String(blob)} host\n");
        return blob;
    }

    private HostKeySource Source(string path) =>
        new([path], new KeyFiles<HostKeySet>("Proxy:HostKeys", [path], keys => new HostKeySet(keys), _time, new LogRecorder<KeyFilesTests>()), _time, _log);
}
