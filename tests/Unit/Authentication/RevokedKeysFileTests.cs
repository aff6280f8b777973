using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Hosting;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Authentication;

/// <summary>The file of revoked keys while the process runs.</summary>
public sealed class RevokedKeysFileTests : IDisposable
{
    private readonly ScratchFiles _files = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LogRecorder<RevokedKeysFile> _log = new();
    private readonly RevokedKeys _revokedKeys = new();
    private readonly SshPublicKey _key = Ed25519PrivateKey.Generate().PublicKey;
    private readonly SshPublicKey _other = Ed25519PrivateKey.Generate().PublicKey;
    private readonly string _path;

    public RevokedKeysFileTests() => _path = _files.PathOf("revoked");

    private (bool Key, bool Other) Revoked => (IsRevoked(_key), IsRevoked(_other));

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_file_that_changes_counts_without_a_restart()
    {
        File.WriteAllText(_path, $"{_key}\n");
        using RevokedKeysFile file = Open();
        Assert.Equal((true, false), Revoked);
        await file.StartAsync(CancellationToken.None);

        File.WriteAllBytes(_path, new Krl().Keys(_other.Blob.ToArray()).ToArray());
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(2));
                return Revoked == (false, true);
            },
            "the file is read again");
        await file.StopAsync(CancellationToken.None);
        Assert.Equal(2, _log.Count(1));
    }

    [Fact]
    public void A_file_that_cannot_be_used_any_more_leaves_the_last_good_list_and_is_said_once()
    {
        File.WriteAllText(_path, $"{_key}\n");
        using RevokedKeysFile file = Open();
        RevocationList good = _revokedKeys.List;
        foreach (Action spoil in new[] { () => File.WriteAllText(_path, $"{_other}\nnonsense\n"), () => File.WriteAllBytes(_path, "SSHKRL\n\0"u8.ToArray()), () => File.Delete(_path) })
        {
            spoil();
            file.Reload();
            file.Reload();
            Assert.Same(good, _revokedKeys.List);
        }
        Assert.Equal(3, _log.Count(2));
        Assert.DoesNotContain(_log.Lines, line => line.Text.Contains("AAAA", StringComparison.Ordinal));

        File.WriteAllText(_path, "");
        file.Reload();
        Assert.Equal((false, false), Revoked);
    }

    [Fact]
    public void At_the_start_it_has_to_be_good()
    {
        Assert.Contains(_path, Assert.Throws<SshFormatException>(Open).Message, StringComparison.Ordinal);
        File.WriteAllText(_path, $"{_key}\n\nssh-ed25519 half\n");
        Assert.Contains("line 3", Assert.Throws<SshFormatException>(Open).Message, StringComparison.Ordinal);
        using (FileStream huge = File.Create(_path))
        {
            huge.SetLength(RevocationList.MaxSize + 1L);
        }
        Assert.Contains($"{RevocationList.MaxSize} bytes", Assert.Throws<SshFormatException>(Open).Message, StringComparison.Ordinal);
        Assert.Contains(
            "is no regular file",
            Assert.Throws<SshFormatException>(() => new RevokedKeysFile("/dev/zero", _revokedKeys, _time, _log)).Message,
            StringComparison.Ordinal);
    }

    private RevokedKeysFile Open() => new(_path, _revokedKeys, _time, _log);

    private bool IsRevoked(SshPublicKey key) => _revokedKeys.FindReason(key, null, Sessions.Entry()) is not null;
}
