using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Support;

/// <summary>What the kernel holds for TCP connections: skmem of ss(8), from sock_diag(7).</summary>
internal static partial class KernelMemory
{
    /// <summary>Of all connections that have this address as their own; what they may hold at most, too.</summary>
    public static Task<(long Held, long Limit)> FromAsync(IPEndPoint local) => SumAsync($"src = {local}");

    /// <summary>Of all connections to there.</summary>
    public static Task<(long Held, long Limit)> ToAsync(IPEndPoint remote) => SumAsync($"dst = {remote}");

    /// <summary>Of all connections of a process.</summary>
    public static async Task<long> OfProcessAsync(int id)
    {
        string sockets = await ListAsync("-p");
        return Sum(string.Join('\n', sockets.Split('\n').Where(line => line.Contains($"pid={id},", StringComparison.Ordinal)))).Held;
    }

    private static async Task<(long Held, long Limit)> SumAsync(string filter) => Sum(await ListAsync($"state established '{filter}'"));

    // A line for each.
    private static async Task<string> ListAsync(string arguments)
    {
        CommandResult listing = await Command.ShellAsync($"ss -HOtmn {arguments}", TimeSpan.FromMinutes(1));
        Assert.True(listing.Succeeded, $"{listing}");
        return listing.Text;
    }

    private static (long Held, long Limit) Sum(string sockets)
    {
        long held = 0, limit = 0;
        foreach (Match memory in SocketMemory().Matches(sockets))
        {
            held += Number("r") + Number("f") + Number("w");
            limit += Number("rb") + Number("tb");

            long Number(string name) => long.Parse(memory.Groups[name].ValueSpan, CultureInfo.InvariantCulture);
        }
        return (held, limit);
    }

    //  skmem:(r<received>,rb<limit>,t<of w, in the device's queue>,tb<limit>,f<reserved>,w<to be sent>,...
    [GeneratedRegex(@"skmem:\(r(?<r>\d+),rb(?<rb>\d+),t(?<t>\d+),tb(?<tb>\d+),f(?<f>\d+),w(?<w>\d+),")]
    private static partial Regex SocketMemory();
}
