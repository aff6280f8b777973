using System.Net;
using System.Net.Sockets;
using SshGateway.Bench.Processes;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// Debian's HAProxy as a plain TCP relay, with what it does by itself: as many threads as there are cores, and its own
/// buffer and pipe sizes.
/// </summary>
internal static class HaProxy
{
    public const string Splicing = "HAProxy splice";
    public const string Copying = "HAProxy copying";

    /// <param name="configFile">Where its configuration is written to.</param>
    /// <param name="splice">Whether bytes stay in the kernel, as its documentation's splice-request and splice-response
    /// say.</param>
    /// <param name="upstreams">Which it takes in turn.</param>
    public static async Task<Relay> StartAsync(string configFile, bool splice, IEnumerable<IPEndPoint> upstreams)
    {
        var clients = new IPEndPoint(IPAddress.Loopback, Ports.Free());
        await File.WriteAllTextAsync(
            configFile,
            $"""
            global
              maxconn 5000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 10m
              timeout server 10m
              {(splice ? "option splice-request" : "no option splice-request")}
              {(splice ? "option splice-response" : "no option splice-response")}
            listen relay
              bind {clients}
            {string.Join('\n', upstreams.Select((upstream, number) => $"  server upstream-{number} {upstream}"))}

            """);
        var process = BenchProcess.Start("HAProxy", "haproxy", "-db", "-f", configFile);
        try
        {
            await process.UntilAsync(() => ListensAsync(clients));
            return new Relay(splice ? Splicing : Copying, process, clients, IsGateway: false);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> ListensAsync(IPEndPoint endpoint)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
