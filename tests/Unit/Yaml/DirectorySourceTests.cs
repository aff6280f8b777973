using SshGateway.Operator.Model;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Yaml;

/// <summary>The directory source on a real directory.</summary>
public sealed class DirectorySourceTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LogRecorder<DirectorySource> _log = new();
    private readonly CancellationTokenSource _end = new();
    private readonly ClusterState _state = new();
    private IAsyncEnumerator<ClusterChanges>? _changes;

    [Fact]
    public async Task All_files_are_read_before_the_first_state()
    {
        _directory.Write("a.yaml", Samples.Session("one") + "---\n" + Samples.Pod("one", "10.0.0.1"));
        _directory.Write("b.yml", Samples.Session("two"));
        _directory.Write("c.txt", Samples.Session("three"));
        _directory.Write(".d.yaml", Samples.Session("four"));

        ClusterObjects first = await NextAsync();

        Assert.Equal(["one", "two"], first.Sessions.Select(s => s.Name));
        Assert.Equal("one-pod", Assert.Single(first.Pods).Name);
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_appears_changes_and_goes_is_followed(bool byRename)
    {
        Action<string, string> write = byRename ? _directory.WriteByRename : _directory.Write;
        Assert.Empty((await NextAsync()).Sessions);

        write("a.yaml", Samples.Session("one", port: 22));
        Assert.Equal(22, Assert.Single((await NextAsync()).Sessions).Spec!.Ssh!.Port);
        write("a.yaml", Samples.Session("one", port: 23));
        Assert.Equal(23, Assert.Single((await NextAsync()).Sessions).Spec!.Ssh!.Port);
        File.Delete(_directory.File("a.yaml"));
        Assert.Empty((await NextAsync()).Sessions);
    }

    [Fact]
    public async Task A_document_that_becomes_bad_keeps_its_object_and_its_neighbours_change()
    {
        _directory.Write("a.yaml", Samples.Session("one") + "---\n" + Samples.Session("two") + "---\n" + Samples.Session("three"));
        await NextAsync();

        _directory.WriteByRename("a.yaml", Samples.Session("one", port: 0) + "---\n" + Samples.Session("two", port: 23));
        ClusterObjects state = await NextAsync();

        // "three" is really gone: the bad document says that it is about "one".
        Assert.Equal([("one", 2222), ("two", 23)], state.Sessions.Select(s => (s.Name, s.Spec!.Ssh!.Port!.Value)).Order());
        Assert.Equal(
            "a.yaml: document 1, line 9: spec.ssh.port: must be between 1 and 65535 "
            + "(until this is mended, the file's last good ClaudeSession default/one stays in force)",
            Assert.Single(_log.Lines).Text);
    }

    [Fact]
    public async Task A_document_that_cannot_be_told_keeps_everything_that_is_missing()
    {
        _directory.Write("a.yaml", Samples.Session("one") + "---\n" + Samples.Session("two"));
        await NextAsync();

        _directory.WriteByRename("a.yaml", "]broken[\n---\n" + Samples.Session("two", port: 23));
        ClusterObjects state = await NextAsync();

        Assert.Equal([("one", 2222), ("two", 23)], state.Sessions.Select(s => (s.Name, s.Spec!.Ssh!.Port!.Value)).Order());

        _directory.WriteByRename("a.yaml", Samples.Session("two", port: 23));
        Assert.Equal("two", Assert.Single((await NextAsync()).Sessions).Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \n")]
    [InlineData("{{{ nonsense")]
    public async Task A_file_of_nothing_or_nonsense_takes_no_session_away(string content)
    {
        _directory.Write("a.yaml", Samples.Session("one"));
        await NextAsync();

        _directory.WriteByRename("a.yaml", content);
        _directory.WriteByRename("b.yaml", Samples.Session("two"));
        ClusterObjects state = await NextAsync();
        if (state.Sessions.Count < 2)
        {
            state = await NextAsync();
        }

        Assert.Equal(["one", "two"], state.Sessions.Select(s => s.Name));
        Assert.Contains(_log.Lines, l => l.Text.StartsWith("a.yaml", StringComparison.Ordinal) && l.Text.Contains("ClaudeSession default/one", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_problem_is_logged_once_and_not_at_every_scan()
    {
        _directory.Write("bad.yaml", "kind: Nothing");
        await NextAsync();
        for (int i = 1; i <= 3; i++)
        {
            _directory.WriteByRename("good.yaml", Samples.Session("one", port: i));
            await NextAsync();
        }

        Assert.Single(_log.Lines);
    }

    [Fact]
    public async Task Of_two_files_with_one_object_the_first_by_name_counts()
    {
        _directory.Write("a.yaml", Samples.Session("one", port: 22));
        _directory.Write("b.yaml", Samples.Session("one", port: 23));

        Assert.Equal(22, Assert.Single((await NextAsync()).Sessions).Spec!.Ssh!.Port);
        Assert.Equal("b.yaml: ClaudeSession default/one is in a.yaml already; remove it from one of the two", Assert.Single(_log.Lines).Text);

        File.Delete(_directory.File("a.yaml"));
        Assert.Equal(23, Assert.Single((await NextAsync()).Sessions).Spec!.Ssh!.Port);
    }

    [Fact]
    public async Task Only_what_a_changed_file_says_is_told_again()
    {
        _directory.Write("a.yaml", Samples.Session("one"));
        _directory.Write("b.yaml", Samples.Session("two"));
        await NextAsync();

        _directory.WriteByRename("b.yaml", Samples.Session("two", port: 23));
        await NextAsync();

        Assert.Equal("two", Assert.Single(_changes!.Current.Sessions).Name);
        Assert.Empty(_changes.Current.Removed);
    }

    [Fact]
    public async Task A_link_that_is_turned_is_noticed_as_a_config_map_mount_does_it()
    {
        Directory.CreateDirectory(_directory.File("v1"));
        Directory.CreateDirectory(_directory.File("v2"));
        _directory.Write("v1/a.yaml", Samples.Session("one", port: 22));
        _directory.Write("v2/a.yaml", Samples.Session("one", port: 23));
        File.CreateSymbolicLink(_directory.File("..data"), "v1");
        File.CreateSymbolicLink(_directory.File("a.yaml"), "..data/a.yaml");
        Assert.Equal(22, Assert.Single((await NextAsync()).Sessions).Spec!.Ssh!.Port);

        File.CreateSymbolicLink(_directory.File("..next"), "v2");
        await Command.OutputAsync("mv", "-T", _directory.File("..next"), _directory.File("..data"));

        Assert.Equal(23, Assert.Single((await NextAsync()).Sessions).Spec!.Ssh!.Port);
    }

    [Fact]
    public async Task A_directory_that_vanishes_takes_nothing_away_and_is_followed_again_when_it_is_back()
    {
        _directory.Write("a.yaml", Samples.Session("one"));
        await NextAsync();

        Directory.Delete(_directory.Path, recursive: true);
        ValueTask<bool> next = _changes!.MoveNextAsync();
        await Eventually.TrueAsync(() => _log.Lines.Any(l => l.Text.Contains("all sessions stay in force", StringComparison.Ordinal)), "the loss is logged");
        Assert.False(next.IsCompleted);

        Directory.CreateDirectory(_directory.Path);
        _directory.Write("a.yaml", Samples.Session("two"));
        Assert.True(await next);
        Assert.Equal("two", Assert.Single(_changes.Current.Sessions).Name);
        Assert.Equal("one", Assert.Single(_changes.Current.Removed).Name);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_changes is not null)
        {
            await _changes.DisposeAsync();
        }
        _end.Dispose();
        _directory.Dispose();
    }

    private async Task<ClusterObjects> NextAsync()
    {
        _changes ??= new DirectorySource(_directory.Path, TimeProvider.System, _log).ReadAsync(_end.Token).GetAsyncEnumerator(_end.Token);
        Assert.True(await _changes.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        _state.Apply(_changes.Current);
        return _state.Objects;
    }
}
