using System.Text;
using System.Text.Json;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>The lines of a watch, however they arrive.</summary>
public sealed class WatchReaderTests
{
    private const string Whole = """{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"one","namespace":"n","resourceVersion":"7"}}}""" + "\n";

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("""{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"two","na""")]
    // Whole but for the end of the line: whether more of it was to come cannot be known.
    [InlineData("""{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"two","namespace":"n","resourceVersion":"8"}}}""")]
    public async Task What_the_end_cut_off_is_nothing(string rest)
    {
        List<WatchEvent<Pod>> events = await ReadAsync(Whole + rest);
        Assert.Equal("7", Assert.Single(events).Object.ResourceVersion);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("""{"type":"ADDED"}""")]
    [InlineData("""{"type":"MOVED","object":{}}""")]
    [InlineData("""{"type":"ADDED","object":{"kind":"Pod"}""")]
    public async Task A_line_that_is_no_event_is_an_error(string line) =>
        await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync($"{Whole}{line}\n"));

    private static async Task<List<WatchEvent<Pod>>> ReadAsync(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        List<WatchEvent<Pod>> events = [];
        await foreach (WatchEvent<Pod> watchEvent in new WatchReader<Pod>(ApiResources.Pods).ReadAsync(stream, CancellationToken.None))
        {
            events.Add(watchEvent);
        }
        return events;
    }
}
