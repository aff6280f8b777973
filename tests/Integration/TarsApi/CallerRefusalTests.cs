using System.Net;
using SshGateway.Operator.TarsApi;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;

namespace SshGateway.Tests.Integration.TarsApi;

/// <summary>Who may ask about sessions, as far as no API server decides.</summary>
public sealed class CallerRefusalTests
{
    [Fact]
    public async Task Without_an_API_server_there_are_no_answers()
    {
        using var directory = new TemporaryDirectory();
        await using OperatorRun run = await OperatorRun.StartAsync(directory.Path, arguments: ["--Operator:InternalListen=127.0.0.1:0"]);
        using HttpClient http = run.Keys.CreateClient(run.Internal, "token");

        using HttpResponseMessage response = await http.GetAsync(new Uri("/internal/sessions/abc12/pod", UriKind.Relative));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("Operator:Source=Kubernetes", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tars:tars", "system:serviceaccount:tars:tars")]
    [InlineData("system:serviceaccount:tars:tars", "system:serviceaccount:tars:tars")]
    [InlineData("a-1:b.c-2", "system:serviceaccount:a-1:b.c-2")]
    [InlineData("tars", null)]
    [InlineData("tars:", null)]
    [InlineData(":tars", null)]
    [InlineData("tars/tars", null)]
    [InlineData("tars:tars:tars", null)]
    [InlineData("tars:Tars", null)]
    [InlineData("system:serviceaccount:tars", null)]
    [InlineData("tars:tars\n", null)]
    public void ServiceAccounts_are_written_as_namespace_and_name(string text, string? user)
    {
        Assert.Equal(user is not null, ServiceAccountName.TryParse(text, out string? parsed));
        Assert.Equal(user, parsed);
    }
}
