using System.Globalization;

namespace SshGateway.Tests.Support.Harness;

/// <summary>What a process says on /metrics.</summary>
internal sealed record Scrape(string Text)
{
    /// <summary>A sample's value, 0 where there is none; with its labels, as Prometheus writes them.</summary>
    public double this[string sample] => Text.Split('\n')
        .Where(line => line.StartsWith(sample + " ", StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture))
        .SingleOrDefault();

    /// <summary>All samples of a metric together, whatever their labels.</summary>
    public double Sum(string metric) => Text.Split('\n')
        .Where(line => line.StartsWith(metric + "{", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));

    public static async Task<Scrape> OfAsync(Uri process)
    {
        using HttpClient http = new() { BaseAddress = process };
        using HttpResponseMessage answer = await http.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        return new Scrape(await answer.Content.ReadAsStringAsync());
    }
}
