using System.Text.Json;
using SshGateway.Hosting;
using SshGateway.Operator.Listing;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Crd;
using SshGateway.Tests.Support.Yaml;

namespace SshGateway.Tests.Unit.Listing;

/// <summary><c>sessions</c> on a directory of manifests.</summary>
public sealed class SessionsCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    [Fact]
    public async Task The_sessions_of_a_directory_have_the_status_that_they_would_have_in_a_cluster()
    {
        _directory.Write("b.yaml", Samples.Session("waiting"));
        _directory.Write("a.yaml", Samples.Session("ready", port: 2022) + "---\n" + Samples.Pod("ready", "10.1.2.3"));
        _directory.Write("d.yaml", Samples.Session("exec").Replace("  owner:", "  backend: Exec\n  owner:", StringComparison.Ordinal));
        _directory.Write("c.yaml", Samples.Session("expired").Replace("  owner:", "  expiresAt: \"2020-02-03T04:05:06Z\"\n  owner:", StringComparison.Ordinal));

        Assert.Equal(0, await RunAsync("-o", "wide"));
        Assert.Equal(
            """
            NAME      PHASE     READY   REASON          USER    POD         CONNS   AGE         BACKEND   IP         PORT   NODE   KEYS   EXPIRES                MESSAGE
            exec      Pending   False   WaitingForPod   alice                       <unknown>   Exec                               1                             no pod of the namespace carries the label tars.cloudwalk.network/session=exec yet
            expired   Ended     False   Expired         alice                       <unknown>   SSH                                1      2020-02-03T04:05:06Z   the session expired at 2020-02-03T04:05:06Z
            ready     Ready     True    EndpointReady   alice   ready-pod           <unknown>   SSH       10.1.2.3   2022          1                             logins go to pod ready-pod at 10.1.2.3 port 2022
            waiting   Pending   False   WaitingForPod   alice                       <unknown>   SSH                                1                             no pod of the namespace carries the label tars.cloudwalk.network/session=waiting yet

            """, _output.ToString());
        Assert.Equal("", _errors.ToString());
    }

    [Fact]
    public async Task Sessions_of_two_namespaces_are_told_apart()
    {
        _directory.Write("a.yaml", Samples.Session("one") + "---\n" + Samples.Session("two").Replace("  name: two", "  name: two\n  namespace: another", StringComparison.Ordinal));

        Assert.Equal(0, await RunAsync());
        Assert.Equal(
            """
            NAMESPACE   NAME   PHASE     READY   REASON          USER    POD   CONNS   AGE
            another     two    Pending   False   WaitingForPod   alice                 <unknown>
            default     one    Pending   False   WaitingForPod   alice                 <unknown>

            """, _output.ToString());
    }

    [Fact]
    public async Task Of_two_sessions_with_one_id_one_has_it_whatever_the_manifest_says_of_its_status()
    {
        string[] namespaces = ["first", "second"];
        _directory.Write("a.yaml", string.Join("---\n", namespaces.Select(space =>
            Samples.Session("twin").Replace("  name: twin", $"  name: twin\n  namespace: {space}", StringComparison.Ordinal)
            + "status: {conditions: [{type: Ready, status: \"False\", reason: SessionIDTaken, message: copied}]}\n")));

        Assert.Equal(0, await RunAsync());
        Assert.Equal(
            """
            NAMESPACE   NAME   PHASE      READY   REASON           USER    POD   CONNS   AGE
            first       twin   Pending    False   WaitingForPod    alice                 <unknown>
            second      twin   Conflict   False   SessionIDTaken   alice                 <unknown>

            """, _output.ToString());
    }

    [Fact]
    public async Task An_empty_directory_is_no_failure()
    {
        Assert.Equal(0, await RunAsync());
        Assert.Equal(("", $"There are no ClaudeSessions in {_directory.Path}.\n"), (_output.ToString(), _errors.ToString()));
    }

    [Theory]
    [InlineData("-o", "json")]
    [InlineData("-o")]
    [InlineData("--output=yaml")]
    [InlineData("-n", "default")]
    public async Task What_it_does_not_know_it_says(params string[] arguments)
    {
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => RunAsync(arguments));

        Assert.Contains("-o wide", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_columns_are_those_of_the_resource()
    {
        IEnumerable<ListedColumn> ofResource = CustomResource.Version.GetProperty("additionalPrinterColumns").EnumerateArray().Select(c =>
            new ListedColumn(c.GetProperty("name").GetString()!, c.TryGetProperty("priority", out JsonElement priority) && priority.GetInt32() > 0));

        Assert.Equal([new ListedColumn("Name", false), .. ofResource], SessionColumns.CreateTable([], DateTimeOffset.UnixEpoch).Columns);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        SessionsCommand.RunAsync([.. arguments, $"--Operator:Directory={_directory.Path}"], _output, _errors, CancellationToken.None);
}
