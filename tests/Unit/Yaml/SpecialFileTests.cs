using System.Runtime.Versioning;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Yaml;

/// <summary>What is no plain file is refused without waiting, and a link that is turned is noticed.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SpecialFileTests : IDisposable
{
    // Less than the rescan that would find everything in the end.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("mkfifo")]
    [InlineData("ln -s /dev/zero")]
    [InlineData("ln -s /dev/null")]
    [InlineData("ln -s /dev/tty")]
    [InlineData("ln -s /proc/kmsg")]
    public async Task What_is_no_regular_file_is_refused_and_nothing_waits_for_it(string make)
    {
        _directory.Write("a.yaml", Samples.Session("one"));
        await Command.OutputAsync("sh", "-c", $"{make} {_directory.File("b.yaml")}");
        _directory.Write("c.yaml", Samples.Session("two"));
        await using var run = new DirectoryRun(_directory.Path);

        Assert.Equal(["one", "two"], (await run.NextAsync()).Sessions.Select(s => s.Name).Order());
        await run.SaysAsync("b.yaml: cannot be read");
    }

    [Fact]
    public async Task A_file_that_grows_while_it_is_read_is_refused()
    {
        _directory.Write("a.yaml", Samples.Session("one"));
        // /proc says that it has no bytes, and gives more and more of them.
        File.CreateSymbolicLink(_directory.File("b.yaml"), "/proc/kallsyms");
        await using var run = new DirectoryRun(_directory.Path);

        Assert.Equal("one", Assert.Single((await run.NextAsync()).Sessions).Name);
        await run.SaysAsync("has more than 4194304 bytes, the maximum");
    }

    [Fact]
    public async Task A_link_to_the_whole_directory_that_is_turned_is_in_force_soon()
    {
        MakeVersions();
        File.CreateSymbolicLink(_directory.File("current"), "v1");
        await using var run = new DirectoryRun(_directory.File("current/manifests"));
        Assert.Equal(22, Assert.Single((await run.NextAsync()).Sessions).Spec!.Ssh!.Port);

        // As git-sync does it.
        await TurnAsync("current", "v2");

        Assert.Equal(23, Assert.Single((await run.NextAsync(Soon)).Sessions).Spec!.Ssh!.Port);

        // And the directory that the link leads to now is the one that is watched.
        _directory.Write("v2/manifests/b.yaml", Samples.Session("two"));
        Assert.Equal(2, (await run.NextAsync(Soon)).Sessions.Count);
    }

    [Fact]
    public async Task A_link_outside_of_the_directory_that_is_turned_is_in_force_soon()
    {
        MakeVersions();
        File.CreateSymbolicLink(_directory.File("current"), "v1");
        Directory.CreateDirectory(_directory.File("watched"));
        File.CreateSymbolicLink(_directory.File("watched/a.yaml"), "../current/manifests/a.yaml");
        await using var run = new DirectoryRun(_directory.File("watched"));
        Assert.Equal(22, Assert.Single((await run.NextAsync()).Sessions).Spec!.Ssh!.Port);

        await TurnAsync("current", "v2");

        Assert.Equal(23, Assert.Single((await run.NextAsync(Soon)).Sessions).Spec!.Ssh!.Port);
    }

    [Fact]
    public async Task A_file_that_a_link_leads_to_and_that_changes_is_in_force_soon()
    {
        Directory.CreateDirectory(_directory.File("watched"));
        _directory.Write("elsewhere", Samples.Session("one", port: 22));
        File.CreateSymbolicLink(_directory.File("watched/a.yaml"), "../elsewhere");
        await using var run = new DirectoryRun(_directory.File("watched"));
        Assert.Equal(22, Assert.Single((await run.NextAsync()).Sessions).Spec!.Ssh!.Port);

        _directory.WriteByRename("elsewhere", Samples.Session("one", port: 23));

        ClusterObjects state = await run.NextAsync(Soon);
        Assert.Equal(23, Assert.Single(state.Sessions).Spec!.Ssh!.Port);
    }

    public void Dispose() => _directory.Dispose();

    private void MakeVersions()
    {
        foreach ((string version, int port) in new[] { ("v1", 22), ("v2", 23) })
        {
            Directory.CreateDirectory(_directory.File($"{version}/manifests"));
            _directory.Write($"{version}/manifests/a.yaml", Samples.Session("one", port: port));
        }
    }

    private async Task TurnAsync(string link, string target)
    {
        File.CreateSymbolicLink(_directory.File("next"), target);
        await Command.OutputAsync("mv", "-T", _directory.File("next"), _directory.File(link));
    }
}
