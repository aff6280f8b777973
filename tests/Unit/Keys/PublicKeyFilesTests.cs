using SshGateway.Hosting.Keys;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Keys;

/// <summary>Public key files that change while the process runs.</summary>
public sealed class PublicKeyFilesTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly ScratchFiles _files = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LogRecorder<PublicKeyFilesTests> _log = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_file_has_a_key_on_each_line_besides_comments()
    {
        string path = _files.PathOf("user_ca.pub");
        File.WriteAllText(path, $"# the old CA\n{Line("old")}\n\n  # the new one\r\n{Line("new")}\r\n");

        Assert.Equal([Line("old"), Line("new")], Read(path).Current.Select(key => key.ToString()));
    }

    [Fact]
    public void Of_a_directory_only_public_keys_count_and_a_new_one_does_after_two_seconds()
    {
        string directory = Directory.CreateDirectory(_files.PathOf("ca")).FullName;
        File.WriteAllText(Path.Combine(directory, "a.pub"), Line("a"));
        File.WriteAllText(Path.Combine(directory, "a"), "not looked at");
        File.WriteAllText(Path.Combine(directory, ".hidden.pub"), "not looked at");
        PublicKeyFiles files = Read(directory);
        Assert.Single(files.Current);

        File.WriteAllText(Path.Combine(directory, "b.pub"), Line("b"));
        _time.Advance(Interval);

        Assert.Equal([Line("a"), Line("b")], files.Current.Select(key => key.ToString()));
        Assert.Contains(_log.Lines, line => line.Text.StartsWith($"The public keys in {directory} changed.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "no public key is in")]
    [InlineData("# nothing\n", "no public key is in")]
    [InlineData("\nssh-ed25519 AAAA\n", "line 2: ")]
    public void A_file_without_usable_keys_is_named_and_changes_nothing(string content, string problem)
    {
        string path = _files.PathOf("user_ca.pub");
        File.WriteAllText(path, content);
        Assert.Contains(problem, Assert.Throws<SshFormatException>(() => Read(path)).Message, StringComparison.Ordinal);

        File.WriteAllText(path, Line("good"));
        PublicKeyFiles files = Read(path);
        IReadOnlyList<SshPublicKey> good = files.Current;
        File.WriteAllText(path, content);

        Assert.Contains(problem, files.Reload(), StringComparison.Ordinal);
        Assert.Same(good, files.Current);
    }

    private string Line(string name)
    {
        string path = _files.PathOf(name);
        return string.Join(' ', File.ReadAllText((File.Exists(path) ? path : _files.GenerateKey(name, "ed25519")) + ".pub").Split(' ')[..2]).TrimEnd();
    }

    private PublicKeyFiles Read(string path) => new("Exec:UserCa", [path], _time, _log);
}
