using SshGateway.Hosting.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Keys;

/// <summary>Key files that change while the process runs.</summary>
public sealed class KeyFilesTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ScratchFiles _files = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LogRecorder<KeyFilesTests> _log = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_file_that_changes_counts_from_the_next_look_on()
    {
        string path = _files.GenerateKey("key", "ed25519");
        KeyFiles<string> keys = Keys(path);
        string first = keys.Current;
        File.Move(_files.GenerateKey("next", "ed25519"), path, overwrite: true);
        _time.Advance(Interval - TimeSpan.FromMilliseconds(1));
        Assert.Equal(first, keys.Current);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotEqual(first, keys.Current);
        Assert.Contains(_log.Lines, line => line.Text.Contains(keys.Current.Split(' ')[1], StringComparison.Ordinal));
    }

    // As Kubernetes does it: files are links into ..data, which is a link that is replaced by rename.
    [Fact]
    public async Task A_mounted_secret_that_is_swapped_is_noticed()
    {
        string mount = Directory.CreateDirectory(_files.PathOf("mount")).FullName;
        foreach (string version in new[] { "..v1", "..v2" })
        {
            Directory.CreateDirectory(Path.Combine(mount, version));
            File.Move(_files.GenerateKey($"key{version}", "ed25519"), Path.Combine(mount, version, "ssh_host_ed25519_key"));
        }
        File.Move(_files.GenerateKey("more", "ecdsa"), Path.Combine(mount, "..v2", "ssh_host_ecdsa_key"));
        Directory.CreateSymbolicLink(Path.Combine(mount, "..data"), "..v1");
        File.CreateSymbolicLink(Path.Combine(mount, "ssh_host_ed25519_key"), "..data/ssh_host_ed25519_key");
        KeyFiles<string> keys = Keys(mount);
        string first = Assert.Single(keys.Current.Split('\n'));

        File.CreateSymbolicLink(Path.Combine(mount, "ssh_host_ecdsa_key"), "..data/ssh_host_ecdsa_key");
        Directory.CreateSymbolicLink(Path.Combine(mount, "..tmp"), "..v2");
        await Command.OutputAsync("mv", "-T", Path.Combine(mount, "..tmp"), Path.Combine(mount, "..data"));
        _time.Advance(Interval);

        string[] now = keys.Current.Split('\n');
        Assert.Equal(2, now.Length);
        Assert.StartsWith("ecdsa-sha2-nistp256 ", now[0], StringComparison.Ordinal);
        Assert.StartsWith("ssh-ed25519 ", now[1], StringComparison.Ordinal);
        Assert.DoesNotContain(first, now);
    }

    [Fact]
    public void What_cannot_be_read_changes_nothing_and_is_said_once()
    {
        string directory = Directory.CreateDirectory(_files.PathOf("keys")).FullName;
        string path = Path.Combine(directory, "a");
        File.Move(_files.GenerateKey("key", "ed25519"), path);
        File.WriteAllText(Path.Combine(directory, "a.pub"), "not looked at");
        KeyFiles<string> keys = Keys(directory);
        string first = keys.Current;
        string good = File.ReadAllText(path);
        foreach (Action spoil in new[] { () => File.WriteAllText(path, good[..50]), () => File.WriteAllText(path, good.Replace("AAAA", "!!!!", StringComparison.Ordinal)), () => File.Delete(path) })
        {
            spoil();
            _time.Advance(Interval);
            Assert.Equal(first, keys.Current);
            _time.Advance(Interval);
            Assert.Equal(first, keys.Current);
        }
        Assert.Equal(3, _log.Lines.Count(line => line.Text.Contains("keeping the previous ones", StringComparison.Ordinal)));
        File.Move(_files.GenerateKey("next", "rsa"), path);
        _time.Advance(Interval);
        Assert.StartsWith("ssh-rsa ", keys.Current, StringComparison.Ordinal);
    }

    [Fact]
    public void At_the_start_they_have_to_be_there()
    {
        string empty = Directory.CreateDirectory(_files.PathOf("empty")).FullName;
        Assert.Contains("1 to 16", Assert.Throws<SshFormatException>(() => Keys(empty)).Message, StringComparison.Ordinal);
        File.WriteAllText(_files.PathOf("huge"), new string('x', 100_000));
        Assert.Contains("more than 65536 bytes", Assert.Throws<SshFormatException>(() => Keys(_files.PathOf("huge"))).Message, StringComparison.Ordinal);
        Assert.Contains("missing", Assert.Throws<SshFormatException>(() => Keys(_files.PathOf("missing"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Public_keys_are_lines_of_the_pub_files_of_a_directory()
    {
        string directory = Directory.CreateDirectory(_files.PathOf("public")).FullName;
        foreach ((string name, string type) in new[] { ("a", "ed25519"), ("b", "ecdsa") })
        {
            File.Move(_files.GenerateKey(name, type) + ".pub", Path.Combine(directory, name + ".pub"));
        }
        File.WriteAllText(Path.Combine(directory, "private"), "not looked at");
        File.AppendAllText(Path.Combine(directory, "a.pub"), $"\n# another one\n{File.ReadAllText(_files.GenerateKey("c", "rsa") + ".pub")}");
        PublicKeyFiles<string> keys = PublicKeys(directory);
        Assert.Equal(["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"], keys.Current.Split('\n').Select(key => key.Split(' ')[0]));
        string before = keys.Current;

        File.WriteAllText(Path.Combine(directory, "a.pub"), "ssh-ed25519 AAAA");
        Assert.Contains("a.pub' cannot be used", keys.Reload(), StringComparison.Ordinal);
        Assert.Equal(before, keys.Current);
        Assert.Contains(_log.Lines, line => line.Text.Contains("Cannot use the changed public keys", StringComparison.Ordinal));
        File.Delete(Path.Combine(directory, "a.pub"));
        Assert.Null(keys.Reload());
        Assert.StartsWith("ecdsa-sha2-nistp256 ", Assert.Single(keys.Current.Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Public_keys_have_to_be_there_and_not_too_many()
    {
        string path = _files.PathOf("relays.pub");
        string line = File.ReadAllText(_files.GenerateKey("key", "ed25519") + ".pub");
        foreach (string content in new[] { "", "# none\n", string.Concat(Enumerable.Repeat(line, 17)) })
        {
            File.WriteAllText(path, content);
            Assert.Contains("write 1 to 16", Assert.Throws<SshFormatException>(() => PublicKeys(path)).Message, StringComparison.Ordinal);
        }
        File.WriteAllText(path, File.ReadAllText(_files.GenerateKey("private", "ed25519")));
        Assert.Contains("relays.pub' cannot be used", Assert.Throws<SshFormatException>(() => PublicKeys(path)).Message, StringComparison.Ordinal);
    }

    private PublicKeyFiles<string> PublicKeys(string path) => new(
        "Proxy:ExecRelayHostKeys", [path], keys => string.Join('\n', keys.Select(key => $"{key.Type} {key.Fingerprint}")), _time, _log);

    private KeyFiles<string> Keys(params string[] paths) => new(
        "Proxy:HostKeys", paths, keys => string.Join('\n', keys.Select(key => $"{key.PublicKey.Type} {key.PublicKey.Fingerprint}")), _time, _log);
}
