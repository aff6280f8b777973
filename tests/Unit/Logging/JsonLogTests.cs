using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SshGateway.Hosting;
using SshGateway.Hosting.Logging;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Outcomes;
using Xunit;

namespace SshGateway.Tests.Unit.Logging;

/// <summary><c>Logging:Format=json</c>: lines for programs.</summary>
public sealed class JsonLogTests
{
    [Fact]
    public void Each_line_is_an_object_with_the_connection_as_a_field()
    {
        JsonElement[] lines = Write("json", logger =>
        {
            ConnectionLog.Ended(
                logger, LogLevel.Information, "0badcafe-7", IPEndPoint.Parse("192.0.2.7:50222"), "words", "eve\"\n\u2028", ConnectionEnd.AuthenticationFailed, Blame.Client, 0.5, 1, 2, "detail");
            ConnectionLog.Defect(logger, new InvalidOperationException("two\nlines"), "0badcafe-8", IPEndPoint.Parse("192.0.2.7:50222"), "root");
        });

        Assert.Equal(["0badcafe-7", "0badcafe-8"], lines.Select(line => line.GetProperty("State").GetProperty("Connection").GetString()));
        Assert.Equal(["Information", "Error"], lines.Select(line => line.GetProperty("LogLevel").GetString()));
        Assert.Equal("AuthenticationFailed", lines[0].GetProperty("State").GetProperty("End").ToString());
        Assert.StartsWith("Connection 0badcafe-7 from 192.0.2.7:50222 closed: words", lines[0].GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.Matches(@"\A[0-9-]{10}T[0-9:.]{12}Z\z", lines[0].GetProperty("Timestamp").GetString());
        Assert.Contains("two\nlines", lines[1].GetProperty("Exception").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("text", true)]
    [InlineData("JSON", true)]
    [InlineData("xml", false)]
    [InlineData("", false)]
    public void A_form_is_text_or_json(string? format, bool good) => Assert.Equal(good, !LogLevelSettings.FindProblems(Configure(format)).Any());

    private static JsonElement[] Write(string format, Action<ILogger> log)
    {
        using var output = new MemoryStream();
        using (ILoggerFactory loggers = LoggerFactory.Create(logging => logging.UseGatewayConsole(Configure(format), output)))
        {
            log(loggers.CreateLogger("SshGateway.Tests"));
        }
        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }

    private static IConfiguration Configure(string? format) =>
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Logging:LogLevel:Default"] = "Debug" })
            .AddInMemoryCollection(format is null ? [] : new Dictionary<string, string?> { ["Logging:Format"] = format }).Build();
}
