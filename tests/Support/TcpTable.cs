using System.Globalization;
using System.Net;

namespace SshGateway.Tests.Support;

/// <summary>The kernel's list of IPv4 connections (proc(5), /proc/net/tcp).</summary>
internal static class TcpTable
{
    private const string Established = "01";
    private const string SynSent = "02";
    private const string Listen = "0A";

    // The timer that asks a peer, who takes nothing, whether it does again.
    private const string ZeroWindowProbe = "04";

    /// <param name="local">An address.</param>
    /// <param name="process">In whose network it is.</param>
    public static bool IsListening(IPEndPoint local, int process) =>
        Rows($"/proc/{process}/net/tcp").Any(row => row.Local == Text(local) && row.State == Listen);

    /// <summary>Whether somebody waits for a connection to there.</summary>
    public static bool IsDialled(IPEndPoint remote) => Rows("/proc/net/tcp").Any(row => row.Remote == Text(remote) && row.State == SynSent);

    /// <summary>Connections with more to send from there than their peers take.</summary>
    public static int StuckFrom(IPEndPoint local) => Rows("/proc/net/tcp").Count(row => row.Local == Text(local) && row.Timer == ZeroWindowProbe);

    /// <summary>Connections with more to send to there than it takes.</summary>
    public static int StuckTo(IPEndPoint remote) => Rows("/proc/net/tcp").Count(row => row.Remote == Text(remote) && row.Timer == ZeroWindowProbe);

    /// <summary>
    /// Of the connections that a listener has accepted, the most keep-alive probes that went unanswered.
    /// </summary>
    /// <param name="local">The listener's address.</param>
    /// <param name="process">In whose network it is.</param>
    public static int UnansweredProbes(IPEndPoint local, int process) => Rows($"/proc/{process}/net/tcp")
        .Where(row => row.Local == Text(local) && row.State == Established).Select(row => row.Probes).DefaultIfEmpty().Max();

    //  sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout ...
    private static IEnumerable<(string Local, string Remote, string State, string Timer, int Probes)> Rows(string file) => File.ReadLines(file).Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(fields => (fields[1], fields[2], fields[3], fields[5].Split(':')[0], int.Parse(fields[8], CultureInfo.InvariantCulture)));

    private static string Text(IPEndPoint address) =>
        string.Create(CultureInfo.InvariantCulture, $"{BitConverter.ToUInt32(address.Address.GetAddressBytes()):X8}:{address.Port:X4}");
}
