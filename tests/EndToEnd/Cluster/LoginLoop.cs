using System.Collections.Concurrent;
using System.Diagnostics;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// Stock ssh clients that log in again and again, each one login at a time, while something happens to the cluster.
/// </summary>
internal static class LoginLoop
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Fails when one login fails, or when what happens takes longer than the logins may.</summary>
    /// <param name="cluster">Where: a failure shows its state at that moment.</param>
    /// <param name="clients">Each logs in to its session; a client may be there twice.</param>
    /// <returns>What to print as a figure.</returns>
    public static async Task<string> WhileAsync(GatewayCluster cluster, (SshClient Client, string Session)[] clients, Func<Task> happens)
    {
        var logins = new ConcurrentBag<TimeSpan>();
        var failures = new ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource(Limit);
        Stopwatch clock = Stopwatch.StartNew();
        Task all = Task.WhenAll([.. clients.Select(client => LogInAgainAndAgainAsync(client.Client, client.Session))]);
        try
        {
            await happens();
            Assert.False(enough.IsCancellationRequested, $"It took longer than {Limit}, in which logins were made.");
        }
        finally
        {
            await enough.CancelAsync();
            await all;
        }
        Assert.True(failures.IsEmpty, $"{failures.Count} of {failures.Count + logins.Count} logins failed:\n{string.Join('\n', failures.Take(3))}");
        return $"{logins.Count} logins in {clock.Elapsed.TotalSeconds:f0} s, {clients.Length} at a time, none failed; the slowest took {logins.Max().TotalSeconds:f1} s";

        async Task LogInAgainAndAgainAsync(SshClient client, string session)
        {
            while (!enough.IsCancellationRequested)
            {
                CommandResult login = await client.RunAsync(session, "hostname");
                if (login.Succeeded && login.Text == $"claude-{session}\n")
                {
                    logins.Add(login.Elapsed);
                }
                else
                {
                    string state = failures.IsEmpty ? await cluster.DescribeServiceAsync() : "";
                    failures.Enqueue($"{clock.Elapsed.TotalSeconds:f1} s after the first login began: {login}\n{state}");
                }
            }
        }
    }
}
